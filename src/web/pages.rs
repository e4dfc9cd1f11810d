//! The pages of a sign-in: the form, and the one that carries the token to the relying party.

use askama::Template;
use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::request::{Method, Pairs, RETRIED};
use crate::{
    config::Callback,
    http::page::{Forms, PageContext, Policy, Scripts, render},
    language::Phrase,
    telemetry::event,
};

/// What the form page says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form<'a> {
    /// Its words are in the language of the page.
    pub title: &'a str,
    /// Why the last try did not work.
    pub message: Option<&'a str>,
    /// Which kind of name is meant, beside the message.
    pub hint: Option<&'a str>,
    /// The user name typed before.
    pub username: &'a str,
    /// Whether there is a form at all (`FORM_LOGIN`).
    pub offered: bool,
    /// Try again by itself first.
    pub retry: bool,
    /// Further ways to sign in.
    pub others: &'a [Other],
}

/// A link to another way to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Other {
    pub label: Phrase,
    pub href: String,
}

impl Other {
    /// The same request by this way.
    pub fn to(way: Method, pairs: &Pairs) -> Self {
        Self {
            label: match way {
                Method::Certificate => Phrase::ByCertificate,
                Method::Kerberos => Phrase::ByKerberos,
                Method::Automatic | Method::Choose | Method::Password => Phrase::SignIn,
            },
            href: way.link(pairs),
        }
    }
}

impl<'a> Form<'a> {
    pub fn new(title: &'a str) -> Self {
        Self {
            title,
            message: None,
            hint: None,
            username: "",
            offered: true,
            retry: false,
            others: &[],
        }
    }
}

/// The form page.
pub(super) fn form(page: &PageContext, status: StatusCode, form: &Form<'_>) -> Response {
    let policy = Policy {
        scripts: if form.retry {
            Scripts::InPage
        } else {
            Scripts::None
        },
        forms: Forms::Own,
    };
    let template = FormPage {
        page: page.clone(),
        form: *form,
        retried: RETRIED,
    };
    render(status, policy, page, &template)
}

/// The page that posts the token to the callback by itself.
pub(super) fn submit(
    page: &PageContext,
    callback: &Callback,
    wresult: &str,
    wctx: &str,
) -> Response {
    let policy = Policy {
        scripts: Scripts::InPage,
        forms: Forms::Anywhere,
    };
    let template = SubmitPage {
        page: page.clone(),
        callback: callback.as_str(),
        wresult,
        wctx,
    };
    render(StatusCode::OK, policy, page, &template)
}

/// The form element alone.
pub(super) fn bare(page: &PageContext, callback: &Callback, wresult: &str, wctx: &str) -> Response {
    let template = BareForm {
        callback: callback.as_str(),
        wresult,
        wctx,
    };
    match template.render() {
        Ok(html) => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response(),
        Err(cause) => {
            tracing::error!(
                event = event::HTTP_PAGE_FAILED,
                request_id = %page.request_id,
                %cause,
                "a page could not be rendered"
            );
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[derive(Template)]
#[template(config = "src/http/templates/askama.toml", path = "form.html")]
struct FormPage<'a> {
    page: PageContext,
    form: Form<'a>,
    retried: &'static str,
}

#[derive(Template)]
#[template(config = "src/http/templates/askama.toml", path = "submit.html")]
struct SubmitPage<'a> {
    page: PageContext,
    callback: &'a str,
    wresult: &'a str,
    wctx: &'a str,
}

#[derive(Template)]
#[template(config = "src/http/templates/askama.toml", path = "bare.html")]
struct BareForm<'a> {
    callback: &'a str,
    wresult: &'a str,
    wctx: &'a str,
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http_body_util::BodyExt as _;

    use super::*;
    use crate::{
        http::Random,
        language::Language,
        web::request::{Asked, tests::read},
    };

    #[tokio::test]
    async fn the_page_that_carries_the_token_is_in_every_language() {
        for language in Language::ALL {
            let random = Random::fixed(1);
            let page = PageContext::new(&random, None, Arc::default(), language);
            let Ok(Asked::SignIn(wanted)) = read("") else {
                panic!("a sign-in");
            };
            let answer = submit(&page, &wanted.callback, "a token", "a context");
            let body = answer.into_body().collect().await.expect("a body");
            let html = String::from_utf8(body.to_bytes().to_vec()).expect("UTF-8");
            for phrase in [
                Phrase::SigningIn,
                Phrase::OnTheWay,
                Phrase::ScriptsOff,
                Phrase::Continue,
                Phrase::RequestNumber,
            ] {
                let own = language.phrase(phrase);
                assert!(html.contains(&format!(">{own}")), "{own}: {html}");
                let english = format!(">{}<", Language::English.phrase(phrase));
                let is_english = language == Language::English;
                assert!(is_english || !html.contains(&english), "{english}: {html}");
            }
        }
    }
}
