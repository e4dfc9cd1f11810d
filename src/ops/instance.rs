//! `/instance`: what this instance tells the others of its fleet, and to whom.

use std::{fmt, sync::Arc};

use aws_lc_rs::{constant_time::verify_slices_are_equal, digest};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
    config::keys,
    http::page::Verbatim,
    secret::{ExposeSecret as _, SecretString},
};

/// The report as JSON, made anew each time.
type Report = Box<dyn Fn() -> String + Send + Sync>;
/// `OPS_TOKEN` as it counts now.
type Token = Box<dyn Fn() -> Option<SecretString> + Send + Sync>;

/// What `/instance` answers, and to whom. Both functions answer from memory: they must not wait.
pub struct InstancePage {
    pub report: Report,
    pub token: Token,
    /// Whether only this machine reaches the listener.
    pub is_loopback: bool,
}

impl fmt::Debug for InstancePage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InstancePage")
    }
}

pub(super) async fn instance(
    State(page): State<Arc<InstancePage>>,
    headers: HeaderMap,
) -> Response {
    let mut response = match (page.token)() {
        Some(token) if !shows(&headers, &token) => {
            let text = format!(
                "show the fleet's {0}: Authorization: Bearer <{0}>\n",
                keys::OPS_TOKEN.name
            );
            let challenge = [(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))];
            (StatusCode::UNAUTHORIZED, challenge, text).into_response()
        }
        None if !page.is_loopback => {
            let text = format!(
                "{} is reachable from other machines: set {}, equal on all instances, and this answers \
                 whoever shows it\n",
                keys::OPS_LISTEN.name,
                keys::OPS_TOKEN.name
            );
            (StatusCode::FORBIDDEN, text).into_response()
        }
        Some(_) | None => {
            let json = [(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json"),
            )];
            (json, (page.report)()).into_response()
        }
    };
    response.extensions_mut().insert(Verbatim);
    response
}

/// Takes the same time whatever is shown.
fn shows(headers: &HeaderMap, token: &SecretString) -> bool {
    let given = headers.get(header::AUTHORIZATION);
    let given = given.and_then(|value| value.as_bytes().split_at_checked(7));
    let Some((scheme, given)) = given else {
        return false;
    };
    let hash = |bytes: &[u8]| digest::digest(&digest::SHA256, bytes);
    let (given, token) = (hash(given), hash(token.expose_secret().as_bytes()));
    scheme.eq_ignore_ascii_case(b"bearer ")
        && verify_slices_are_equal(given.as_ref(), token.as_ref()).is_ok()
}
