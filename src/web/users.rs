//! `GET /users`: a search by the tenant itself, which proves who it is by a token of its key.

use std::sync::Arc;

use axum::{
    Json,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::{request::Pairs, state::Web};
use crate::{http::page::Verbatim, login::Term, telemetry::event};

pub(super) async fn search(
    State(web): State<Arc<Web>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let Some(token) = bearer(&headers) else {
        return error(StatusCode::FORBIDDEN, "a bearer token is required");
    };
    // Without the tenant's key no token can be checked.
    let claims = web
        .tenant_key
        .as_ref()
        .map(|key| key.claims(token, web.logins.clock.now()));
    // A request of the hub has a number: whoever carries it to an instance must not search with it.
    let is_request = |claims: &Map<String, Value>| claims.contains_key("pid");
    if !claims.is_some_and(|claims| claims.is_ok_and(|claims| !is_request(&claims))) {
        return error(StatusCode::UNAUTHORIZED, "the token is not the tenant's");
    }
    let pairs = Pairs::parse(query.unwrap_or_default().as_bytes());
    let criteria = pairs.get("criteria").unwrap_or_default().to_owned();
    let limit = pairs.get("limit").and_then(|limit| limit.parse().ok());
    let limit = limit.filter(|limit| *limit > 0);
    let criteria = Term::Plain(criteria);
    match web.logins.accounts.search(&criteria, limit).await {
        Ok(users) => verbatim(Json(users).into_response()),
        Err(refusal) => {
            tracing::error!(
                event = event::SEARCH_FAILED,
                "a search over HTTP failed: {refusal}"
            );
            error(
                StatusCode::SERVICE_UNAVAILABLE,
                "the search is not possible for a moment",
            )
        }
    }
}

/// The token of an `Authorization: Bearer` header (RFC 6750, section 2.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim())
        .filter(|token| !token.is_empty())
}

fn error(status: StatusCode, text: &str) -> Response {
    verbatim((status, Json(json!({ "error": text }))).into_response())
}

/// JSON stays JSON, whatever the client accepts.
fn verbatim(mut response: Response) -> Response {
    response.extensions_mut().insert(Verbatim);
    response
}
