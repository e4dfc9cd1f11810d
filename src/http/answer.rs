//! What is done to an answer before it goes out: pages in place of bare errors, and headers.

use axum::{
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::page::{PageContext, Verbatim, notice};
use crate::language::Notice;

/// When a client that gets 503 may come again, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// What is said of an error that no handler has worded.
fn words(status: StatusCode) -> Notice {
    match status {
        StatusCode::NOT_FOUND => Notice::PageNotFound,
        StatusCode::METHOD_NOT_ALLOWED => Notice::WrongMethod,
        StatusCode::PAYLOAD_TOO_LARGE => Notice::TooMuchData,
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => Notice::HeadersTooLarge,
        StatusCode::SERVICE_UNAVAILABLE => Notice::TakingTooLong,
        StatusCode::UNSUPPORTED_MEDIA_TYPE | StatusCode::UNPROCESSABLE_ENTITY => {
            Notice::FormNotUnderstood
        }
        status if status.is_client_error() => Notice::RequestNotUnderstood,
        _ => Notice::ServerError,
    }
}

/// The page of an error in the general words of its status.
pub(super) fn error(page: &PageContext, status: StatusCode) -> Response {
    notice(page, status, words(status))
}

/// Puts a page in place of an error without one: what the router and its extractors answer in a line
/// of text. JSON, HTML and [`Verbatim`] answers stay. OPTIONS gets its list of methods.
pub(super) fn shaped(response: Response, method: &Method, page: &PageContext) -> Response {
    let status = response.status();
    if method == Method::OPTIONS && status == StatusCode::METHOD_NOT_ALLOWED {
        // The router adds the list itself, to this answer as to a 405.
        return StatusCode::NO_CONTENT.into_response();
    }
    let bare = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || !bare || response.extensions().get::<Verbatim>().is_some() {
        return response;
    }
    let mut shaped = error(page, status);
    for (name, value) in response.headers() {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            shaped.headers_mut().append(name.clone(), value.clone());
        }
    }
    shaped
}

/// Sets the headers that every answer has; what a handler has set stays.
pub(super) fn secure(response: &mut Response, page: &PageContext, hsts: bool) {
    let busy = response.status() == StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
    if busy {
        headers.entry(header::RETRY_AFTER).or_insert(RETRY_AFTER);
    }
    if hsts {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    let defaults = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Not `no-referrer`: that makes browsers send `Origin: null` with the posted token.
        (header::REFERRER_POLICY, "strict-origin"),
        (header::CACHE_CONTROL, "no-store"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ];
    for (name, value) in defaults {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if let Ok(id) = HeaderValue::from_str(&page.request_id.to_string()) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
}
