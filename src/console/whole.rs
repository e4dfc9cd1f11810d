//! Texts in which no line breaks within an address or a URL.

use std::{fmt::Write as _, net::IpAddr};

/// The text as HTML, escaped; addresses and URLs are marked, so that they stay whole.
pub(super) fn whole(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for word in text.split_inclusive(char::is_whitespace) {
        // The brackets of an IPv6 address are its own.
        let begin = word.trim_start_matches(['(', '"', '\'']);
        let end = |c: char| c.is_whitespace() || ",.;:!?\"')".contains(c);
        let middle = begin.trim_end_matches(end);
        if is_whole(middle) {
            let at = word.len() - begin.len();
            escape(&word[..at], &mut html);
            html.push_str("<bdi class=\"whole\">");
            escape(middle, &mut html);
            html.push_str("</bdi>");
            escape(&begin[middle.len()..], &mut html);
        } else {
            escape(word, &mut html);
        }
    }
    html
}

fn is_whole(word: &str) -> bool {
    word.contains("://") || is_address(word)
}

/// An IP address, alone, with its port, or a network.
fn is_address(word: &str) -> bool {
    let host = word.rsplit_once('/').map_or(word, |(host, _)| host);
    host.parse::<IpAddr>().is_ok() || word.parse::<std::net::SocketAddr>().is_ok()
}

fn escape(text: &str, html: &mut String) {
    for c in text.chars() {
        if "&<>\"'".contains(c) {
            let _ = write!(html, "&#{};", u32::from(c));
        } else {
            html.push(c);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_urls_stay_whole_and_everything_is_escaped() {
        let marked = |text: &str| format!("<bdi class=\"whole\">{text}</bdi>");
        for word in [
            "192.0.2.7",
            "2001:db8::1",
            "[2001:db8::1]:636",
            "192.0.2.0/24",
            "ldaps://dc1.corp.example:636",
        ] {
            assert_eq!(whole(word), marked(word));
            assert_eq!(
                whole(&format!("from ({word}), at once")),
                format!("from ({}), at once", marked(word))
            );
        }
        assert_eq!(whole("bob has 1.2 keys"), "bob has 1.2 keys");
        assert_eq!(whole("https://a/<b>"), marked("https://a/&#60;b&#62;"),);
        assert_eq!(whole("<i>&'\""), "&#60;i&#62;&#38;&#39;&#34;");
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_shown_is_the_text(text in "([ -~\n]|[^\\p{C}])*") {
            let page = format!("<p>{}</p>", whole(&text));
            let page = roxmltree::Document::parse(&page).expect("well-formed");
            let texts = page.descendants().filter(roxmltree::Node::is_text);
            let shown: String = texts.filter_map(|node| node.text()).collect();
            proptest::prop_assert_eq!(shown, text);
            proptest::prop_assert!(page.descendants().all(|node| !node.is_element()
                || ["p", "bdi"].contains(&node.tag_name().name())));
        }
    }
}
