//! What all pages of a site have in common: their language, whose they are, and where help is.

use axum::http::{HeaderMap, header};
use percent_encoding::percent_decode_str;
use url::Url;

use crate::language::{self, Language};

/// Of a site.
#[derive(Debug)]
pub struct Branding {
    /// `None`: the one that each browser asks for.
    pub language: Option<Language>,
    /// Whose pages they are; may be empty.
    pub site: String,
    /// Paths of pictures on this site.
    pub pictures: Option<Pictures>,
    pub help_text: Option<String>,
    pub help: Option<HelpLink>,
}

/// Paths of pictures.
#[derive(Debug)]
pub struct Pictures {
    /// Of the tab.
    pub icon: String,
    pub logo: Option<String>,
}

/// Where help is.
#[derive(Debug)]
pub struct HelpLink {
    pub href: String,
    /// An address of mail or telephone, to be read; `None`: words of the page's language.
    pub label: Option<String>,
}

impl Branding {
    /// The language of the answer to a request.
    pub(super) fn language_for(&self, headers: &HeaderMap) -> Language {
        self.language.unwrap_or_else(|| {
            // Several headers are one list (RFC 9110, section 5.3); browsers send one.
            let header = headers.get(header::ACCEPT_LANGUAGE);
            let text = header.and_then(|value| value.to_str().ok());
            language::preferred(text.unwrap_or_default())
        })
    }
}

/// English, and nobody's: pages for administrators.
impl Default for Branding {
    fn default() -> Self {
        Self {
            language: Some(Language::English),
            site: String::new(),
            pictures: None,
            help_text: None,
            help: None,
        }
    }
}

impl HelpLink {
    #[must_use]
    pub fn new(url: &Url) -> Self {
        let address = matches!(url.scheme(), "mailto" | "tel");
        Self {
            href: url.to_string(),
            label: address.then(|| readable(url.path())),
        }
    }
}

/// An address of mail or telephone as people write it.
fn readable(path: &str) -> String {
    percent_decode_str(path).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_as_people_write_it() {
        for (url, label) in [
            (
                "mailto:help%40corp.example?subject=a%20b",
                Some("help@corp.example"),
            ),
            ("tel:+49%2030%20555", Some("+49 30 555")),
            ("https://help.corp.example/%40", None),
        ] {
            let link = HelpLink::new(&Url::parse(url).expect("a URL"));
            assert_eq!(link.label.as_deref(), label);
            assert_eq!(link.href, url);
        }
    }
}
