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
    telemetry::event,
};

/// What the form page says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form<'a> {
    pub title: &'a str,
    /// Why the last try did not work.
    pub message: Option<&'a str>,
    /// Which kind of name is meant, beside the message.
    pub hint: Option<&'a str>,
    /// Whose sign-in page this is; may be empty.
    pub site: &'a str,
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
    pub label: &'static str,
    pub href: String,
}

impl Other {
    /// The same request by this way.
    pub fn to(way: Method, pairs: &Pairs) -> Self {
        Self {
            label: match way {
                Method::Certificate => "Sign in with your certificate",
                Method::Kerberos => "Sign in with your computer's account",
                Method::Automatic | Method::Choose | Method::Password => "Sign in",
            },
            href: way.link(pairs),
        }
    }
}

impl<'a> Form<'a> {
    pub fn new(site: &'a str) -> Self {
        Self {
            title: "Sign in",
            message: None,
            hint: None,
            site,
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
