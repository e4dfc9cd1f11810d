//! `POST /wsfed/direct`: a login by password that answers with the bare form element, for a page that
//! posts it itself.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::{Extension, RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::{
    pages, refusal,
    request::{Pairs, SignIn},
    state::Web,
};
use crate::{
    http::{PageContext, page::Verbatim},
    language::Language,
    login::{Proof, Wanted},
    tls::ConnectionInfo,
};

pub(super) async fn submit(
    State(web): State<Arc<Web>>,
    Extension(info): Extension<ConnectionInfo>,
    RawQuery(query): RawQuery,
    page: PageContext,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let is_json = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let posted = if is_json {
        Pairs::parse_json(&body)
    } else {
        Some(Pairs::parse(&body))
    };
    let Some(mut posted) = posted else {
        return error(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            "The body is not a JSON object",
        );
    };
    if !web.form {
        let text = "Password logins are switched off (FORM_LOGIN)";
        return error(StatusCode::FORBIDDEN, "access_denied", text);
    }
    let (username, password) = posted.take_credentials();
    let mut context = Map::from_iter([("strategy".to_owned(), json!("ad"))]);
    context.extend(
        posted
            .iter()
            .map(|(name, value)| (name.to_owned(), json!(value))),
    );
    let context = Value::Object(context).to_string();

    // The audience is always REALM, so only its callbacks count.
    let mut pairs = Pairs::parse(query.unwrap_or_default().as_bytes()).or(posted);
    pairs.forget("wtrealm");
    let wanted = match SignIn::read(&pairs, &web.relying_parties) {
        Ok(wanted) => wanted,
        Err(wrong) => {
            return error(
                StatusCode::BAD_REQUEST,
                "invalid_request",
                // The application's programmers read it.
                &wrong.in_words(Language::English),
            );
        }
    };
    let target = Wanted {
        audience: &wanted.realm,
        context: &context,
    };
    let proof = match web.stranger(&headers) {
        None => Proof::Password { username, password },
        Some(sender) => Proof::OthersForm { sender },
    };
    match web
        .logins
        .sign_in(&web.origin(&page, &info), proof, target)
        .await
    {
        Ok(signed_in) => pages::bare(&page, &wanted.callback, &signed_in.wresult, &context),
        Err(refused) => {
            let words = refusal::of(&refused);
            if words.status == StatusCode::UNAUTHORIZED {
                return error(
                    words.status,
                    "invalid_user_password",
                    "Wrong email or password.",
                );
            }
            let title = page.language.title(words.about);
            let answer = error(words.status, "access_denied", &title);
            refusal::with_retry_after(answer, &refused)
        }
    }
}

/// `{name: text}`, as the AD/LDAP Connector answers; it stays JSON.
fn error(status: StatusCode, name: &str, text: &str) -> Response {
    let mut response = (status, Json(json!({ name: text }))).into_response();
    response.extensions_mut().insert(Verbatim);
    response
}
