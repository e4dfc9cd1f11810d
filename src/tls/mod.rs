//! The second stage: TLS towards browsers, with the certificate of `SERVER_URL`.
//!
//! [`Identity`] is what the configured files hold, checked; [`TlsServer`] holds it for new connections
//! and takes a new one at a reload; [`TlsServer::handshake`] turns a [`Connection`]
//! into a [`Secured`] one.

mod certificate;
mod client;
mod error;
mod handshake;
mod identity;
mod server;
mod tickets;

use std::{fmt, net::SocketAddr, sync::Arc};

use rustls_pki_types::CertificateDer;
use tokio_rustls::server::TlsStream;

/// The stage before, for the stages after: each imports only its neighbour.
pub use crate::accept::{AcceptLimits, Connection, Listener, Stream, accept};

pub use self::{
    certificate::LeafFacts,
    client::ClientAuth,
    error::TlsError,
    handshake::{HANDSHAKE_LIMIT, HandshakeFailure},
    identity::Identity,
    server::TlsServer,
    tickets::{NoTicketKey, SharedTickets, TicketSecret},
};

/// A connection after its handshake.
#[derive(Debug)]
pub struct Secured {
    /// Boxed: each future that it passes through would have room for all of it.
    pub stream: Box<TlsStream<Stream>>,
    pub info: ConnectionInfo,
}

/// What is known about the connection that a request came on.
#[derive(Debug, Clone)]
pub struct ConnectionInfo {
    /// The client's address, see [`Connection::peer`].
    pub client: SocketAddr,
    /// The balancer's address, when it named the client.
    pub via: Option<SocketAddr>,
    /// Whether the TLS session was resumed.
    pub resumed: bool,
    /// The certificate that the client proved to hold, and its chain; not checked in any other way.
    /// Present in a resumed session too.
    pub client_chain: Option<Arc<[CertificateDer<'static>]>>,
    /// What a Kerberos token may be bound to; `None` without TLS, and for certificates whose signature
    /// has no hash (Ed25519).
    pub channel_binding: Option<ChannelBinding>,
}

impl ConnectionInfo {
    /// For a connection without TLS.
    #[must_use]
    pub fn plain(client: SocketAddr, via: Option<SocketAddr>) -> Self {
        Self {
            client,
            via,
            resumed: false,
            client_chain: None,
            channel_binding: None,
        }
    }
}

/// The application data of GSSAPI channel bindings: `tls-server-end-point:` and the hash of the
/// certificate (RFC 5929, section 4).
#[derive(Clone, PartialEq, Eq)]
pub struct ChannelBinding(Arc<[u8]>);

impl ChannelBinding {
    /// From the hash of a certificate.
    #[must_use]
    pub fn end_point(hash: &[u8]) -> Self {
        let mut bytes = b"tls-server-end-point:".to_vec();
        bytes.extend_from_slice(hash);
        Self(bytes.into())
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for ChannelBinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChannelBinding({})", hex::encode(&self.0))
    }
}
