//! The front that browsers meet at SERVER_URL: WS-Federation's passive sign-in, by Kerberos or form.
//!
//! `request` reads what is wanted, `step` says what comes next, `wsfed` and `direct` do it, `refusal`
//! words what went wrong, `pages` holds the templates.

mod direct;
mod forwarded;
mod frontend;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod negotiate;
mod origin;
mod pages;
mod pictures;
mod refusal;
mod request;
mod state;
mod step;
mod users;
mod wsfed;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Extension, Request, State},
    http::{StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};

pub use self::{
    pictures::{ICON_PATH, logo_path},
    state::Web,
};
use crate::{
    http::page::{PageContext, notice},
    language::Notice,
    tls::ConnectionInfo,
    token::federation_metadata,
};

/// The routes of direct logins.
pub fn router(web: Arc<Web>) -> Router {
    Router::new()
        .route("/", get(welcome))
        .route("/wsfed", get(wsfed::open).post(wsfed::submit))
        .route("/wsfed/direct", post(direct::submit))
        .route(
            "/wsfed/FederationMetadata/2007-06/FederationMetadata.xml",
            get(metadata),
        )
        .route("/users", get(users::search))
        .route("/logout", get(wsfed::sign_out))
        .route("/logo/{digest}", get(pictures::logo))
        .route(ICON_PATH, get(pictures::icon))
        .layer(from_fn_with_state(Arc::clone(&web), through_the_balancer))
        .with_state(web)
}

/// Where a balancer ends TLS, no other sender is served: what they sent came over the network in plain text.
async fn through_the_balancer(
    State(web): State<Arc<Web>>,
    Extension(info): Extension<ConnectionInfo>,
    page: PageContext,
    request: Request,
    next: Next,
) -> Response {
    if !web.behind_terminator || web.is_balancer(&info) {
        return next.run(request).await;
    }
    web.note_forgery(&info, request.headers());
    notice(&page, StatusCode::FORBIDDEN, Notice::WrongWayIn)
}

async fn welcome(page: PageContext) -> Response {
    notice(&page, StatusCode::OK, Notice::Welcome)
}

async fn metadata(State(web): State<Arc<Web>>) -> Response {
    let endpoint = format!("{}/wsfed", web.server_url);
    let text = federation_metadata(&web.logins.issuer, &endpoint);
    (
        [(header::CONTENT_TYPE, "application/xml; charset=utf-8")],
        text,
    )
        .into_response()
}
