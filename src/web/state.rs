//! What the routes need, and what they ask about a connection: who is at its other end, and what a
//! balancer or proxy says of the client.

use std::{net::SocketAddr, sync::Arc};

use axum::http::HeaderMap;
use rustls_pki_types::CertificateDer;

use super::{forwarded, frontend, origin::Senders};
use crate::{
    config::{ListenConfig, Logo, RelyingParties},
    http::page::PageContext,
    login::{Client, Logins, Origin, UnclearUser},
    telemetry::{event, some},
    tls::ConnectionInfo,
    token::TenantKey,
};

/// What the routes need.
#[derive(Debug)]
pub struct Web {
    pub logins: Logins,
    /// `TENANT_SIGNING_KEY`: who may search users over HTTP.
    pub tenant_key: Option<Arc<TenantKey>>,
    pub relying_parties: RelyingParties,
    /// `SITE_LOGO`.
    pub logo: Option<Logo>,
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
    pub(super) fn bindings(&self, info: &ConnectionInfo) -> Vec<Vec<u8>> {
        // A balancer may end TLS and speak TLS to us as well: clients then bind to its certificate.
        let own = info.channel_binding.iter();
        let own = own.map(|own| own.as_bytes().to_vec());
        own.chain(self.balancer_bindings.iter().cloned()).collect()
    }

    /// The certificate chain that the client has proved to hold: to us, or to a trusted balancer that
    /// ends TLS. The same header from anyone else counts for nothing, and is counted.
    pub(super) fn client_chain(
        &self,
        info: &ConnectionInfo,
        headers: &HeaderMap,
    ) -> Option<Arc<[CertificateDer<'static>]>> {
        if self.behind_terminator && self.is_balancer(info) {
            let name = self.certificate_header.as_deref()?;
            return forwarded::is_given(headers, name)
                .then(|| forwarded::only_chain(headers, name).into());
        }
        self.note_forgery(info, headers);
        info.client_chain.clone()
    }

    /// Whether the other end of the connection is a trusted balancer.
    pub(super) fn is_balancer(&self, info: &ConnectionInfo) -> bool {
        self.listen.trusts(info.via.unwrap_or(info.client).ip())
    }

    /// Counts a certificate in a header that no trusted balancer has written.
    pub(super) fn note_forgery(&self, info: &ConnectionInfo, headers: &HeaderMap) {
        let name = self.certificate_header.as_deref();
        if name.is_some_and(|name| forwarded::is_given(headers, name)) {
            let peer = info.via.unwrap_or(info.client);
            self.note_forged("a client certificate", peer);
        }
    }

    fn note_forged(&self, what: &str, peer: SocketAddr) {
        let metrics = &self.logins.accounts.metrics;
        metrics.forged_headers.inc();
        if let Some(left_out) = metrics.outsider_lines.forged_headers.pass(peer.ip()) {
            tracing::warn!(
                event = event::HTTP_HEADER_FORGED,
                %peer,
                left_out = some(left_out),
                "{what} came in a header from an address that is not a trusted balancer's; it is ignored"
            );
        }
    }

    /// The user whom a trusted proxy names. Only a connection straight from the proxy counts: behind
    /// a PROXY header the request is the client's own, headers and all.
    pub(super) fn frontend_user(
        &self,
        info: &ConnectionInfo,
        headers: &HeaderMap,
    ) -> Option<Result<String, UnclearUser>> {
        let user = frontend::user(headers).filter(|_| self.proxy_frontend)?;
        if info.via.is_none() && self.listen.trusts(info.client.ip()) {
            return Some(user);
        }
        self.note_forged("a user's name", info.client);
        None
    }

    /// Who sent a form, when they may not.
    pub(super) fn stranger(&self, headers: &HeaderMap) -> Option<String> {
        let senders = Senders {
            server_url: &self.server_url,
            parties: &self.relying_parties,
        };
        senders.stranger(headers)
    }

    /// The request, for the audit line.
    pub(super) fn origin(&self, page: &PageContext, info: &ConnectionInfo) -> Origin {
        let address = info.client.ip();
        // Without a PROXY header the address is that of whoever has connected.
        let balancers = &self.listen.trusted_proxies;
        let balancer = info.via.is_none() && balancers.iter().any(|net| net.contains(&address));
        Origin {
            request_id: page.request_id.to_string(),
            client: if balancer {
                Client::Balancer(address)
            } else {
                Client::Address(address)
            },
        }
    }
}
