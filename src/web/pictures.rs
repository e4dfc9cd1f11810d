//! The company's logo, and the picture in a browser's tab: that logo, else one of our own.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::state::Web;
use crate::config::{Logo, LogoKind};

/// Without a logo: 32 pixels a side.
const ICON: &[u8] = include_bytes!("icon.png");
const PNG: HeaderValue = HeaderValue::from_static("image/png");
const SVG: HeaderValue = HeaderValue::from_static("image/svg+xml");
/// Its address names its bytes.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const A_DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");
/// Where somebody opens the picture by itself.
const ALONE: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; sandbox",
);

/// Where the pages find the logo.
pub fn logo_path(logo: &Logo) -> String {
    format!("/logo/{}", logo.digest)
}

/// Where the pages find the tab's picture.
pub const ICON_PATH: &str = "/favicon.ico";

pub(super) async fn logo(State(web): State<Arc<Web>>, Path(digest): Path<String>) -> Response {
    let Some(logo) = &web.logo else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut answer = picture(logo);
    // Another instance may have another logo for a moment, while a change goes round.
    if logo.digest == digest {
        answer.headers_mut().insert(header::CACHE_CONTROL, FOR_EVER);
    }
    answer
}

pub(super) async fn icon(State(web): State<Arc<Web>>) -> Response {
    let mut answer = match &web.logo {
        Some(logo) => picture(logo),
        None => ([(header::CONTENT_TYPE, PNG)], ICON).into_response(),
    };
    answer.headers_mut().insert(header::CACHE_CONTROL, A_DAY);
    answer
}

fn picture(logo: &Logo) -> Response {
    let kind = match logo.kind {
        LogoKind::Svg => SVG,
        LogoKind::Png => PNG,
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, ALONE),
    ];
    (headers, Bytes::from_owner(Arc::clone(&logo.bytes))).into_response()
}
