//! The front that browsers meet at SERVER_URL: WS-Federation's passive sign-in, by Kerberos or form.
//!
//! `request` reads what is wanted, `step` says what comes next, `wsfed` and `direct` do it, `refusal`
//! words what went wrong, `pages` holds the templates.

mod direct;
mod forwarded;
mod negotiate;
mod pages;
mod refusal;
mod request;
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

use rustls_pki_types::CertificateDer;

use crate::{
    config::{ListenConfig, RelyingParties},
    http::page::{PageContext, notice},
    login::Logins,
    telemetry::event,
    tls::ConnectionInfo,
    token::{TenantKey, federation_metadata},
};

/// What the routes need.
#[derive(Debug)]
pub struct Web {
    pub logins: Logins,
    /// `TENANT_SIGNING_KEY`: who may search users over HTTP.
    pub tenant_key: Option<Arc<TenantKey>>,
    pub relying_parties: RelyingParties,
    /// Whose sign-in page this is; may be empty.
    pub site: String,
    /// `FORM_LOGIN`.
    pub form: bool,
    /// `WITH_KERBEROS_PROXY_FRONTEND`.
    pub proxy_frontend: bool,
    /// `TLS_TERMINATION=proxy`: the balancer ends TLS and passes client certificates on.
    pub behind_terminator: bool,
    /// `CLIENT_CERT_HEADER`; `None` without logins by certificate.
    pub certificate_header: Option<String>,
    /// What tokens may be bound to where the balancer ends TLS.
    pub balancer_bindings: Vec<Vec<u8>>,
    pub listen: ListenConfig,
    /// SERVER_URL without a slash at its end.
    pub server_url: String,
}

impl Web {
    /// What a token that comes on this connection may be bound to.
    fn bindings(&self, info: &ConnectionInfo) -> Vec<Vec<u8>> {
        // A balancer may end TLS and speak TLS to us as well: clients then bind to its certificate.
        let own = info.channel_binding.iter();
        let own = own.map(|own| own.as_bytes().to_vec());
        own.chain(self.balancer_bindings.iter().cloned()).collect()
    }
}

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
        .route("/logout", get(signed_out))
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
    notice(
        &page,
        StatusCode::FORBIDDEN,
        "This is not the way in",
        "Open the application again; it knows the right address. Nothing should be typed here.",
    )
}

async fn welcome(page: PageContext) -> Response {
    notice(
        &page,
        StatusCode::OK,
        "This server signs people in",
        "There is nothing to do here. Open the application that you want to use; it sends you here \
         and back when it needs to know who you are.",
    )
}

/// There is no session to end: each sign-in is independent.
async fn signed_out(page: PageContext) -> Response {
    notice(
        &page,
        StatusCode::OK,
        "You are not signed in here",
        "This server keeps no session, so there is nothing to end. Sign out of the application \
         itself; on a shared computer, sign out of the computer too.",
    )
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

impl Web {
    /// The certificate chain that the client has proved to hold: to us, or to a trusted balancer that
    /// ends TLS. The same header from anyone else counts for nothing, and is counted.
    fn client_chain(
        &self,
        info: &ConnectionInfo,
        headers: &axum::http::HeaderMap,
    ) -> Option<Arc<[CertificateDer<'static>]>> {
        if self.behind_terminator && self.is_balancer(info) {
            let name = self.certificate_header.as_deref()?;
            return forwarded::header(headers, name)
                .map(|_| forwarded::only_chain(headers, name).into());
        }
        self.note_forgery(info, headers);
        info.client_chain.clone()
    }

    /// Whether the other end of the connection is a trusted balancer.
    fn is_balancer(&self, info: &ConnectionInfo) -> bool {
        self.listen.trusts(info.via.unwrap_or(info.client).ip())
    }

    /// Counts a certificate in a header that no trusted balancer has written.
    fn note_forgery(&self, info: &ConnectionInfo, headers: &axum::http::HeaderMap) {
        let name = self.certificate_header.as_deref();
        if name.is_some_and(|name| forwarded::header(headers, name).is_some()) {
            self.logins.accounts.metrics.forged_headers.inc();
            let peer = info.via.unwrap_or(info.client);
            tracing::warn!(
                event = event::HTTP_HEADER_FORGED,
                %peer,
                "a client certificate came in a header from an address that is not a trusted balancer; it is ignored"
            );
        }
    }

    /// The user whom a trusted proxy names. Only a connection straight from the proxy counts: behind
    /// a PROXY header the request is the client's own, headers and all.
    fn frontend_user(
        &self,
        info: &ConnectionInfo,
        headers: &axum::http::HeaderMap,
    ) -> Option<String> {
        let trusted =
            self.proxy_frontend && info.via.is_none() && self.listen.trusts(info.client.ip());
        let user = headers.get("x-forwarded-user").filter(|_| trusted)?;
        let user = user.to_str().ok()?.trim();
        (!user.is_empty()).then(|| user.to_owned())
    }
}
