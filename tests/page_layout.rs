//! Every page holds its words in every language, on a telephone and on a large screen, in the real Chromium.

use std::fs;

use serde_json::{Value, json};

use crate::lab::{
    browser::{Browser, is_picture, pictures},
    instance::Instance,
    project,
};

/// The narrowest telephone, and a desk.
const WIDTHS: [u32; 2] = [320, 1280];
const LOGO: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 60" width="900"
    height="60"><path fill="#173" d="M0 0h900v60z"/></svg>"##;

/// Title and message of every page that has both, by the file of the language.
fn notices(tag: &str) -> Vec<[String; 2]> {
    let file = project().join(format!("src/language/messages/{tag}.ftl"));
    let text = fs::read_to_string(file).expect("a message file");
    let mut found = Vec::new();
    let mut title = "";
    for line in text.lines() {
        match line.strip_prefix("    .message = ") {
            Some(message) => found.push([title.to_owned(), message.to_owned()]),
            None => title = line.split_once(" = ").map_or("", |(_, title)| title),
        }
    }
    assert!(found.len() > 40, "{tag}: {}", found.len());
    found
}

fn tags() -> Vec<String> {
    let folder = project().join("src/language/messages");
    let files = fs::read_dir(folder).expect("the message files").flatten();
    let mut tags: Vec<_> = files
        .filter_map(|file| {
            let name = file.file_name().into_string().expect("a name");
            name.strip_suffix(".ftl").map(str::to_owned)
        })
        .collect();
    tags.sort();
    assert_eq!(tags.len(), 10, "{tags:?}");
    tags
}

/// An instance whose every page has a logo, a name and help, all of them long.
fn branded(site: &str) -> Instance {
    let builder = Instance::builder().file("logo.svg", LOGO.as_bytes());
    builder
        .set("SITE_NAME", site)
        .set("SITE_LOGO", "logo.svg")
        .set("HELP_TEXT", "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft: 5555")
        .set("HELP_URL", "mailto:it-service-desk-of-the-whole-company@a-long-name.corp.example")
        .start()
}

#[test]
fn no_page_is_wider_than_its_screen_in_any_language() {
    let instance = branded("בית הבז — Bundesverbraucherschutzministerialverwaltungsgesellschaft");
    let url = |path: &str| format!("https://login.corp.example:{}{path}", instance.port);
    let mut steps: Vec<Value> = Vec::new();
    for tag in tags() {
        steps.push(json!({ "accept": tag }));
        for path in [
            "/",
            "/wsfed?ad-edge-retry=1",
            "/wsfed?wprompt=login",
            "/wsfed?ad-edge-method=certificate",
            "/wsfed?wtrealm=urn:a-realm-with-a-name-that-is-much-longer-than-any-line-on-a-telephone",
        ] {
            steps.push(json!({ "goto": url(path) }));
            steps.push(json!({ "fits": WIDTHS }));
        }
        // With the form, and every message that a page may show.
        steps.push(json!({ "goto": url("/wsfed?ad-edge-method=certificate") }));
        steps.push(json!({ "fits": WIDTHS, "with": notices(&tag) }));
        steps.push(json!({ "goto": url("/logout") }));
        steps.push(json!({ "fits": WIDTHS, "with": notices(&tag) }));
    }
    let page = Browser::new().open(&url("/logout"), &json!(steps));
    assert!(page.url.contains("/logout"), "{page:?}");
}

/// For people to look at: target/pictures.
#[test]
fn the_form_is_drawn_under_a_logo_in_german_and_japanese() {
    let instance = branded("بيت الصقر");
    let url = format!(
        "https://login.corp.example:{}/wsfed?ad-edge-method=password",
        instance.port
    );
    let mut steps = Vec::new();
    let mut files = Vec::new();
    for tag in ["de", "ja"] {
        steps.push(json!({ "accept": tag }));
        steps.push(json!({ "goto": url }));
        for (scheme, width) in [("light", 320), ("dark", 1024)] {
            let file = pictures().join(format!("language-{tag}-{width}.png"));
            steps.push(json!({ "shot": file, "scheme": scheme, "width": width, "whole": true }));
            files.push(file);
        }
    }
    Browser::new().open(&url, &json!(steps));
    for file in files {
        assert!(is_picture(&file), "{}", file.display());
    }
}
