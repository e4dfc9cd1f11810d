//! The answer to whom the console is closed for, a restart having ended the session perhaps: what was typed stays
//! on this page, to be sent again once the console is open.

use askama::Template;
use axum::{
    Form,
    extract::{FromRequest as _, Request},
    http::{Method, StatusCode},
    response::Response,
};

use super::{forms::Fields, kept::without_secrets, origin::is_proven_own};
use crate::{
    http::page::{Forms, PageContext, Policy, Scripts, render},
    language::Phrase,
};

#[derive(Template)]
#[template(config = "src/http/templates/askama.toml", path = "closed.html")]
struct ClosedPage<'a> {
    page: PageContext,
    /// Where the form goes.
    path: &'a str,
    fields: &'a [(String, String)],
}

pub(super) async fn closed(page: &PageContext, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let mut fields: Vec<_> = typed(request).await.into_iter().collect();
    fields.sort();
    let template = ClosedPage {
        page: page.clone(),
        path: &path,
        fields: &fields,
    };
    let policy = Policy {
        scripts: Scripts::None,
        forms: Forms::Own,
    };
    render(StatusCode::FORBIDDEN, policy, page, &template)
}

/// What a page of this site sent, but for secrets; files are to be chosen again.
async fn typed(request: Request) -> Fields {
    if request.method() != Method::POST || !is_proven_own(request.headers()) {
        return Fields::new();
    }
    match Form::from_request(request, &()).await {
        Ok(Form(fields)) => without_secrets(fields).0,
        Err(_) => Fields::new(),
    }
}
