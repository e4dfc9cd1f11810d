//! HTML pages: the layout that all share, their Content-Security-Policy, and the page of an error.
//!
//! A page is an askama template that extends `layout.html` and has a field `page: PageContext`. It may
//! fill the blocks `title`, `head`, `main` and `foot`. Styles and scripts are in the page, marked
//! with `page.nonce`; nothing is loaded from elsewhere.

use std::{borrow::Cow, convert::Infallible, fmt, sync::Arc};

use askama::Template;
use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{Branding, Random};
use crate::{
    config::InstanceMark,
    language::{Language, Notice, Phrase},
    telemetry::event,
};

/// Names a request in the answer, the page and the log: 16 characters, hexadecimal digits but for the first
/// two, which are the instance's ([`InstanceMark`]) on the site that users see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

/// Marks the styles and scripts of one page as its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nonce(String);

/// What every page needs of its request; an extractor. [`Site`](super::Site) puts it there.
#[derive(Debug, Clone)]
pub struct PageContext {
    pub request_id: RequestId,
    pub nonce: Nonce,
    pub language: Language,
    pub branding: Arc<Branding>,
}

/// What a page may do (its Content-Security-Policy).
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    pub scripts: Scripts,
    pub forms: Forms,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scripts {
    None,
    /// Those in the page that carry its nonce.
    InPage,
    /// The same, and they may ask this site.
    InPageAsking,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forms {
    None,
    /// To this site.
    Own,
    /// To any address: for the page that posts the token. Chromium applies `form-action` to the
    /// redirects that follow too, and where the tenant sends the user next is not known here.
    Anywhere,
}

/// In an answer's extensions: an error answer that must not become a page, a probe's for instance.
#[derive(Debug, Clone, Copy)]
pub struct Verbatim;

impl Policy {
    /// Text only.
    pub const STATIC: Self = Self {
        scripts: Scripts::None,
        forms: Forms::None,
    };

    fn header(self, nonce: &Nonce, pictures: bool) -> HeaderValue {
        let pictures = if pictures { "img-src 'self'; " } else { "" };
        let scripts = match self.scripts {
            Scripts::None => String::new(),
            Scripts::InPage => format!("script-src 'nonce-{nonce}'; "),
            Scripts::InPageAsking => {
                format!("script-src 'nonce-{nonce}'; connect-src 'self'; ")
            }
        };
        let forms = match self.forms {
            Forms::None => "form-action 'none'; ",
            Forms::Own => "form-action 'self'; ",
            Forms::Anywhere => "",
        };
        let text = format!(
            "default-src 'none'; style-src 'nonce-{nonce}'; {pictures}{scripts}{forms}base-uri 'none'; \
             frame-ancestors 'none'"
        );
        // A nonce is base64, so this is always a header value; without, nothing may run at all.
        HeaderValue::from_str(&text)
            .unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
    }
}

/// The answer that shows `template`, which must have been given the same `page`.
pub fn render<T: Template>(
    status: StatusCode,
    policy: Policy,
    page: &PageContext,
    template: &T,
) -> Response {
    match template.render() {
        Ok(html) => (
            status,
            [
                (
                    header::CONTENT_TYPE,
                    HeaderValue::from_static("text/html; charset=utf-8"),
                ),
                (
                    header::CONTENT_SECURITY_POLICY,
                    policy.header(&page.nonce, page.branding.pictures.is_some()),
                ),
                (
                    header::CONTENT_LANGUAGE,
                    HeaderValue::from_static(page.language.tag()),
                ),
                (header::VARY, HeaderValue::from_static("accept-language")),
            ],
            html,
        )
            .into_response(),
        Err(cause) => {
            tracing::error!(
                event = event::HTTP_PAGE_FAILED,
                request_id = %page.request_id,
                %cause,
                "a page could not be rendered"
            );
            (
                StatusCode::INTERNAL_SERVER_ERROR,
                format!("Something went wrong. Request {}\n", page.request_id),
            )
                .into_response()
        }
    }
}

/// A page with a title and a message, in the language of its reader.
#[must_use]
pub fn notice(page: &PageContext, status: StatusCode, notice: Notice) -> Response {
    let (title, message) = (page.language.title(notice), page.language.message(notice));
    worded(page, status, &title, &message)
}

/// The same with words of their own, which must be in the page's language.
#[must_use]
pub fn worded(page: &PageContext, status: StatusCode, title: &str, message: &str) -> Response {
    let template = NoticePage {
        page: page.clone(),
        status: status.as_u16(),
        title,
        message,
    };
    render(status, Policy::STATIC, page, &template)
}

#[derive(Template)]
#[template(config = "src/http/templates/askama.toml", path = "notice.html")]
struct NoticePage<'a> {
    page: PageContext,
    status: u16,
    title: &'a str,
    message: &'a str,
}

impl PageContext {
    #[must_use]
    pub fn new(
        random: &Random,
        instance: Option<InstanceMark>,
        branding: Arc<Branding>,
        language: Language,
    ) -> Self {
        let digits = hex::encode(random.bytes::<8>());
        Self {
            request_id: RequestId(match instance {
                Some(mark) => format!("{mark}{}", &digits[2..]),
                None => digits,
            }),
            nonce: Nonce(URL_SAFE_NO_PAD.encode(random.bytes::<16>())),
            language,
            branding,
        }
    }

    /// In its language.
    #[must_use]
    pub fn phrase(&self, phrase: Phrase) -> Cow<'static, str> {
        self.language.phrase(phrase)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<S: Sync> FromRequestParts<S> for PageContext {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        // Only a router outside of a site has none; its pages still work.
        Ok(parts.extensions.get().cloned().unwrap_or_else(|| {
            let branding = Arc::default();
            Self::new(&Random::system(), None, branding, Language::English)
        }))
    }
}

impl<S: Sync> FromRequestParts<S> for RequestId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let page = PageContext::from_request_parts(parts, state).await?;
        Ok(page.request_id)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    async fn text(response: Response) -> String {
        let body = response.into_body().collect().await.expect("a body");
        String::from_utf8(body.to_bytes().to_vec()).expect("UTF-8")
    }

    fn page(byte: u8, mark: Option<InstanceMark>) -> PageContext {
        let branding = Arc::default();
        PageContext::new(&Random::fixed(byte), mark, branding, Language::English)
    }

    #[tokio::test]
    async fn a_notice_escapes_its_words_and_shows_the_request_id() {
        let mark = InstanceMark::of("edge1:443");
        let page = page(0xab, Some(mark));
        let response = worded(&page, StatusCode::BAD_REQUEST, "No <b>", "\"1\" & 2");
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        let html = text(response).await;
        assert!(html.contains("No &#60;b&#62;"), "{html}");
        assert!(html.contains("&#34;1&#34; &#38; 2"), "{html}");
        assert!(html.contains(&format!("{mark}ababababababab")), "{html}");
        assert!(html.contains("<html lang=\"en\">"), "{html}");
    }

    #[tokio::test]
    async fn the_policy_allows_what_carries_the_nonce_and_nothing_else() {
        let page = page(0xff, None);
        let response = worded(&page, StatusCode::NOT_FOUND, "t", "m");
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].clone();
        assert_eq!(
            policy,
            "default-src 'none'; style-src 'nonce-_____________________w'; form-action 'none'; \
             base-uri 'none'; frame-ancestors 'none'"
        );
        let html = text(response).await;
        assert_eq!(html.matches("<style").count(), 1);
        assert!(
            html.contains("<style nonce=\"_____________________w\">"),
            "{html}"
        );
        for forbidden in [" style=", "<script", "http://", "https://", "<link"] {
            assert!(!html.contains(forbidden), "{forbidden} in {html}");
        }
    }

    #[test]
    fn scripts_and_forms_are_allowed_only_when_asked_for() {
        let nonce = Nonce("n0".to_owned());
        let text = |scripts, forms| {
            let value = Policy { scripts, forms }.header(&nonce, false);
            value.to_str().expect("ASCII").to_owned()
        };
        let own = text(Scripts::InPage, Forms::Own);
        assert!(
            own.contains("; script-src 'nonce-n0'; form-action 'self';"),
            "{own}"
        );
        let anywhere = text(Scripts::None, Forms::Anywhere);
        assert!(!anywhere.contains("form-action") && !anywhere.contains("script-src"));
    }
}
