//! Text of canonical XML, so that what is written is what is signed.
//!
//! Exclusive Canonical XML (W3C, 2002) with the escapes of Canonical XML 1.0, section 2.3.

use std::fmt::Write as _;

/// Appends character data: `&`, `<`, `>` and CR are references, as a canonicaliser writes them.
pub(super) fn text(out: &mut String, value: &str) {
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#xD;"),
            c => out.push(allowed(c)),
        }
    }
}

/// Appends an attribute's value: `&`, `<`, `"`, tab, LF and CR are references.
pub(super) fn attribute(out: &mut String, value: &str) {
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#x9;"),
            '\n' => out.push_str("&#xA;"),
            '\r' => out.push_str("&#xD;"),
            c => out.push(allowed(c)),
        }
    }
}

/// Appends ` name="value"`.
pub(super) fn named(out: &mut String, name: &str, value: &str) {
    // Writing to a String cannot fail.
    let _ = write!(out, " {name}=\"");
    attribute(out, value);
    out.push('"');
}

/// Appends `<name>value</name>`.
pub(super) fn element(out: &mut String, name: &str, value: &str) {
    let _ = write!(out, "<{name}>");
    text(out, value);
    let _ = write!(out, "</{name}>");
}

/// XML 1.0 (section 2.2) has no way to write most control characters, and a directory may hold them.
fn allowed(c: char) -> char {
    match c {
        '\t' | '\n' => c,
        '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_as_a_canonicaliser_does() {
        let mut out = String::new();
        text(&mut out, "a<b>&\"'\t\n\r\u{1F600}\u{0}\u{b}\u{ffff}");
        assert_eq!(
            out,
            "a&lt;b&gt;&amp;\"'\t\n&#xD;\u{1F600}\u{fffd}\u{fffd}\u{fffd}"
        );
    }

    #[test]
    fn attributes_are_escaped_as_a_canonicaliser_does() {
        let mut out = String::new();
        named(&mut out, "a", "<>&\"'\t\n\r");
        assert_eq!(out, " a=\"&lt;>&amp;&quot;'&#x9;&#xA;&#xD;\"");
    }

    proptest::proptest! {
        /// Read by a parser that knows nothing of us; what XML has no way to write is a replacement character.
        #[test]
        fn whatever_is_written_is_read_again(value in ".*", name in ".*") {
            let shown = |value: &str| value.chars().map(allowed_with_returns).collect::<String>();
            let mut out = String::from("<r");
            named(&mut out, "a", &name);
            out.push('>');
            element(&mut out, "b", &value);
            out.push_str("</r>");
            let document = roxmltree::Document::parse(&out).expect("XML");
            let root = document.root_element();
            let children: Vec<_> = root.children().collect();
            proptest::prop_assert_eq!(root.attributes().len(), 1);
            proptest::prop_assert_eq!(root.attribute("a"), Some(&*shown(&name)));
            proptest::prop_assert_eq!(children.len(), 1);
            proptest::prop_assert!(children[0].children().all(|child| child.is_text()));
            proptest::prop_assert_eq!(children[0].text().unwrap_or_default(), shown(&value));
        }
    }

    fn allowed_with_returns(c: char) -> char {
        if c == '\r' { c } else { allowed(c) }
    }
}
