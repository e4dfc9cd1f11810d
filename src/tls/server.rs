//! The certificate in use and the settings of TLS, swapped as one at a reload.

use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::{ServerConfig, server::ProducesTickets, sign::SingleCertAndKey};

use super::{Identity, LeafFacts, TlsError, identity::provider};

/// Serves TLS to new connections with the identity loaded last. A cheap handle.
#[derive(Debug, Clone)]
pub struct TlsServer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Outlives reloads, so that a new certificate does not end the sessions of clients.
    ticketer: Arc<dyn ProducesTickets>,
    current: ArcSwap<Current>,
}

#[derive(Debug)]
pub(super) struct Current {
    pub(super) config: Arc<ServerConfig>,
    pub(super) leaf: LeafFacts,
}

impl TlsServer {
    /// TLS 1.2 and 1.3, HTTP/1.1 only, session tickets of this process.
    ///
    /// # Errors
    /// When the TLS library refuses its settings.
    pub fn new(identity: Identity) -> Result<Self, TlsError> {
        let ticketer = rustls::crypto::aws_lc_rs::Ticketer::new().map_err(TlsError::Library)?;
        Self::with_ticketer(identity, ticketer)
    }

    /// As [`new`](Self::new), with session tickets that others may be able to read.
    ///
    /// # Errors
    /// When the TLS library refuses its settings.
    pub fn with_ticketer(
        identity: Identity,
        ticketer: Arc<dyn ProducesTickets>,
    ) -> Result<Self, TlsError> {
        let current = Current::build(identity, &ticketer)?;
        Ok(Self(Arc::new(Inner {
            ticketer,
            current: ArcSwap::from_pointee(current),
        })))
    }

    /// Uses `identity` for connections from now on; open ones keep theirs.
    ///
    /// # Errors
    /// When the TLS library refuses its settings; the old identity then stays.
    pub fn replace(&self, identity: Identity) -> Result<(), TlsError> {
        let current = Current::build(identity, &self.0.ticketer)?;
        self.0.current.store(Arc::new(current));
        Ok(())
    }

    /// What the certificate in use says.
    #[must_use]
    pub fn leaf(&self) -> LeafFacts {
        self.0.current.load().leaf.clone()
    }

    pub(super) fn current(&self) -> Arc<Current> {
        self.0.current.load_full()
    }
}

impl Current {
    fn build(identity: Identity, ticketer: &Arc<dyn ProducesTickets>) -> Result<Self, TlsError> {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(TlsError::Library)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(identity.certified)));
        // HTTP/2's limits on headers refuse the Kerberos tokens of users in many groups.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config.ticketer = Arc::clone(ticketer);
        // A login needs one connection; a second ticket would be a reserve that nobody uses.
        config.send_tls13_tickets = 1;
        Ok(Self {
            config: Arc::new(config),
            leaf: identity.leaf,
        })
    }
}
