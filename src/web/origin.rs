//! Which pages may send a form here. A page of another site that posts a name and a password of its own signs
//! its reader in as somebody else (login CSRF), so a browser that tells where a form comes from is asked.
//!
//! Browsers of today tell it by `Sec-Fetch-Site` (W3C Fetch Metadata), older ones by `Origin` (RFC 6454); what
//! sends neither is no browser, or one of before 2018.

use axum::http::{HeaderMap, header};
use url::Url;

use crate::config::RelyingParties;

const SITE: &str = "sec-fetch-site";

/// What a form's sender must be one of: this server, under SERVER_URL or whatever name it was reached by, or an
/// application whose callback is listed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Senders<'a> {
    pub server_url: &'a str,
    pub parties: &'a RelyingParties,
}

impl Senders<'_> {
    /// Who sent it, when they may not; for people.
    pub fn stranger(self, headers: &HeaderMap) -> Option<String> {
        let (Ok(site), Ok(origin)) = (only(headers, SITE), only(headers, header::ORIGIN.as_str()))
        else {
            return Some("no one can tell whom".to_owned());
        };
        let good = match site {
            Some("same-origin" | "none") => true,
            Some(_) => origin.is_some_and(|origin| self.know(origin, headers)),
            None => origin.is_none_or(|origin| self.know(origin, headers)),
        };
        (!good).then(|| origin.unwrap_or("another site").chars().take(200).collect())
    }

    fn know(self, origin: &str, headers: &HeaderMap) -> bool {
        let of = |text: &str| Url::parse(text).ok().filter(Url::has_host);
        let Some(sender) = of(origin).map(|url| url.origin()) else {
            // `null`: a page that hides where it comes from.
            return false;
        };
        let server = of(self.server_url);
        let host = only(headers, header::HOST.as_str()).ok().flatten();
        // A balancer may have ended TLS, so that only SERVER_URL knows the scheme.
        let reached = server.as_ref().zip(host);
        let reached =
            reached.and_then(|(server, host)| of(&format!("{}://{host}", server.scheme())));
        let callbacks = self.parties.callbacks.values().flatten();
        let callbacks = callbacks.filter_map(|callback| of(callback.as_str()));
        let mut known = server.into_iter().chain(reached).chain(callbacks);
        known.any(|url| url.origin() == sender)
    }
}

/// The header's one value.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, ()> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| ()),
        (Some(_), Some(_)) => Err(()),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;
    use crate::web::request::tests::parties;

    fn may(headers: &[(&'static str, &'static str)]) -> bool {
        let parties = parties();
        let senders = Senders {
            server_url: "https://login.corp.example",
            parties: &parties,
        };
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        senders.stranger(&map).is_none()
    }

    #[test]
    fn a_form_comes_from_here_or_from_a_known_application() {
        const OWN: (&str, &str) = ("origin", "https://login.corp.example");
        const EVIL: (&str, &str) = ("origin", "https://evil.example");
        const CALLBACK: (&str, &str) = ("origin", "https://t.example");
        for headers in [
            &[][..],
            &[OWN],
            &[("origin", "https://LOGIN.corp.example:443")],
            &[CALLBACK],
            &[("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "same-origin"), OWN],
            &[("sec-fetch-site", "same-origin"), ("origin", "null")],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "cross-site"), CALLBACK],
            // Another name, or a port that a balancer maps.
            &[
                ("origin", "https://sso.corp.example:8443"),
                ("host", "sso.corp.example:8443"),
            ],
        ] {
            assert!(may(headers), "{headers:?}");
        }
        for headers in [
            &[EVIL][..],
            &[("origin", "null")],
            &[("origin", "http://login.corp.example")],
            &[("origin", "https://login.corp.example.evil.example")],
            &[("origin", "https://login.corp.example:8443")],
            &[
                ("origin", "http://sso.corp.example"),
                ("host", "sso.corp.example"),
            ],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "cross-site"), EVIL],
            &[
                ("sec-fetch-site", "same-site"),
                ("origin", "https://other.corp.example"),
            ],
            &[("sec-fetch-site", "whatever")],
            &[
                ("sec-fetch-site", "same-origin"),
                ("sec-fetch-site", "cross-site"),
            ],
            &[OWN, EVIL],
            &[EVIL, OWN],
        ] {
            assert!(!may(headers), "{headers:?}");
        }
    }
}
