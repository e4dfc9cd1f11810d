//! What a logo may hold.

use tempfile::TempDir;

use std::fs;

use super::*;

fn read(content: &[u8]) -> Result<Logo, LogoError> {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("logo");
    fs::write(&file, content).expect("written");
    Logo::read(file)
}

/// Of these sides, as far as a reader of headers looks.
fn png_of(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = [PNG, &[0, 0, 0, 13], b"IHDR"].concat();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend([8, 6, 0, 0, 0]);
    bytes
}

fn clean(svg: &str) -> String {
    let logo = read(svg.as_bytes()).unwrap_or_else(|error| panic!("{svg}: {error}"));
    assert_eq!(logo.kind, LogoKind::Svg);
    String::from_utf8(logo.bytes.to_vec()).expect("UTF-8")
}

#[test]
fn what_draws_stays() {
    let text = clean(
        r#"<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10" width="40"><style>.a{fill:#123}</style>
        <defs><linearGradient id="g"><stop offset="0" stop-color="red"/></linearGradient></defs>
        <path class="a" d="M0 0h10v10z" fill="url(#g)"/><text x="1">Kestrel</text></svg>"#,
    );
    for part in [
        "viewBox",
        ".a{fill:#123}",
        "url(#g)",
        "M0 0h10v10z",
        "Kestrel",
        "stop-color",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn what_runs_loads_or_leads_elsewhere_is_taken_out() {
    let wrap = |inside: &str| {
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" onload="evil()"><path d="M1 1"/>{inside}</svg>"#
        )
    };
    for bad in [
        "<script>evil()</script>",
        "<script href='https://evil.example/x.js'/>",
        "<foreignObject><body xmlns='http://www.w3.org/1999/xhtml' onclick='evil()'/></foreignObject>",
        "<g onclick='evil()' onmouseover='evil()'/>",
        "<a href='javascript:evil()'><path d='M2 2'/></a>",
        "<a xlink:href='https://evil.example/'><path d='M2 2'/></a>",
        "<image href='https://evil.example/x.png'/>",
        "<image xlink:href='//evil.example/x.png'/>",
        "<image href='data:text/html,evil'/>",
        "<image href='data:image/svg+xml,evil'/>",
        "<use href='https://evil.example/x.svg#a'/>",
        "<style>@import 'https://evil.example/x.css'; a{fill:url(https://evil.example/x)}</style>",
        "<g style='fill:url(https://evil.example/x)'/>",
        "<animate attributeName='href' to='javascript:evil()'/>",
        "<set attributeName='onload' to='evil()'/>",
        "<iframe xmlns='http://www.w3.org/1999/xhtml' src='https://evil.example/'/>",
        "<handler type='text/ecmascript'>evil()</handler>",
        "<?xml-stylesheet href='https://evil.example/x.css'?>",
        "<!-- evil -->",
    ] {
        let text = clean(&wrap(bad));
        assert!(text.contains("M1 1"), "{bad}: {text}");
        // What an animation would set is text as long as it names no attribute.
        let left = text.contains("evil.example")
            || text.contains("attributeName")
            || (text.contains("evil()") && !text.contains("to=\""));
        let tags = ["<script", "foreignObject", " on", "iframe", "@import"];
        let bad_tag = tags.iter().find(|tag| text.contains(**tag));
        assert!(!left && bad_tag.is_none(), "{bad}: {text}");
    }
}

#[test]
fn what_is_no_logo_is_refused() {
    for (content, problem) in [
        (b"".to_vec(), "neither"),
        (b"GIF89a".to_vec(), "neither"),
        (b"<html><body>svg</body></html>".to_vec(), "neither"),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'><path>".to_vec(),
            "not a whole SVG",
        ),
        (b"<svg><path d='M1 1'/></svg>".to_vec(), "not a whole SVG"),
        (vec![b' '; 256 * 1024 + 1], "larger than 256 KiB"),
        (png_of(0, 5), "sides"),
        (png_of(5, 5000), "sides"),
        (PNG.to_vec(), "neither"),
    ] {
        let error = read(&content).expect_err(problem).to_string();
        assert!(error.contains(problem), "{error}");
    }
    let missing = Logo::read("/nonexistent/logo.svg".into()).expect_err("not there");
    assert!(missing.to_string().contains("no such file"), "{missing}");
}

#[test]
fn entities_make_no_giant_of_it() {
    let mut text =
        "<!DOCTYPE svg [<!ENTITY a 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'>".to_owned();
    for (name, of) in [("b", "a"), ("c", "b"), ("d", "c"), ("e", "d"), ("f", "e")] {
        let many = format!("&{of};").repeat(50);
        text.extend(["<!ENTITY ", name, " '", &many, "'>"]);
    }
    text.push_str("]><svg xmlns='http://www.w3.org/2000/svg'><text>&f;</text></svg>");
    assert!(read(text.as_bytes()).is_err());
}

#[test]
fn a_png_is_sent_as_it_is() {
    let bytes = png_of(512, 128);
    let logo = read(&bytes).expect("a logo");
    assert_eq!((logo.kind, &*logo.bytes), (LogoKind::Png, &*bytes));
    assert_eq!(logo.digest.len(), 16);
    let other = read(&png_of(512, 127)).expect("a logo");
    assert_ne!(logo.digest, other.digest);
    assert_ne!(
        format!("{logo:?}"),
        format!("{other:?}"),
        "the configuration is another"
    );
}
