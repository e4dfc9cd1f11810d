//! Where a form was that a browser sends.

use axum::http::{HeaderMap, header};

/// A browser says where a form was; what says nothing is no browser, and has the form's token.
pub(super) fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let site = text("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    let origin = match (text("origin"), text("host")) {
        (None, _) => true,
        (Some(origin), Some(host)) => origin
            .split_once("://")
            .is_some_and(|(_, at)| at.eq_ignore_ascii_case(host)),
        (Some(_), None) => false,
    };
    site && origin
}

/// Whether a browser says that the form was on a page of this site, which no other page can make it say.
pub(super) fn is_proven_own(headers: &HeaderMap) -> bool {
    is_same_origin(headers) && headers.contains_key(header::ORIGIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_of_another_site_is_told_apart() {
        let from = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, value.parse().expect("a value"));
            }
            is_same_origin(&headers)
        };
        assert!(from(&[
            ("host", "localhost:1"),
            ("origin", "http://localhost:1")
        ]));
        assert!(
            from(&[("host", "localhost:1")]),
            "curl, which knows the token"
        );
        assert!(!from(&[
            ("host", "localhost:1"),
            ("origin", "http://evil.example")
        ]));
        assert!(!from(&[("host", "localhost:1"), ("origin", "null")]));
        assert!(!from(&[
            ("host", "localhost:1"),
            ("sec-fetch-site", "cross-site")
        ]));
        assert!(!from(&[
            ("host", "localhost:1"),
            ("sec-fetch-site", "same-site")
        ]));

        let proven = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, value.parse().expect("a value"));
            }
            is_proven_own(&headers)
        };
        let own = [("host", "localhost:1"), ("origin", "http://localhost:1")];
        assert!(proven(&own));
        assert!(!proven(&own[..1]), "it says nothing");
        assert!(!proven(&[own[0], ("sec-fetch-site", "same-origin")]));
        assert!(!proven(&[own[0], own[1], ("sec-fetch-site", "cross-site")]));
    }
}
