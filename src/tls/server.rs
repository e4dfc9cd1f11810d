//! The certificate in use and the settings of TLS, swapped as one at a reload.

use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::{
    ServerConfig,
    server::{ClientHello, NoServerSessionStorage, ProducesTickets},
    sign::SingleCertAndKey,
};

use super::{ClientAuth, Identity, LeafFacts, SharedTickets, TlsError, identity::provider};

/// Serves TLS to new connections with the identity loaded last. A cheap handle.
#[derive(Debug, Clone)]
pub struct TlsServer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    tickets: Arc<SharedTickets>,
    current: ArcSwap<Current>,
}

#[derive(Debug)]
pub(super) struct Current {
    usual: Settings,
    /// The settings that ask for a client certificate, and for whom they count.
    asking: Option<(ClientAuth, Settings)>,
    pub(super) leaf: LeafFacts,
}

/// What rustls does, by the newest version that the client offers: only sessions of TLS 1.3 have tickets.
#[derive(Debug)]
struct Settings {
    tls13: Arc<ServerConfig>,
    tls12: Arc<ServerConfig>,
}

impl TlsServer {
    /// TLS 1.2 and 1.3, HTTP/1.1 only, sessions in tickets alone, and those of TLS 1.3 only.
    ///
    /// # Errors
    /// When the TLS library refuses its settings.
    pub fn new(
        identity: Identity,
        client_auth: Option<ClientAuth>,
        tickets: Arc<SharedTickets>,
    ) -> Result<Self, TlsError> {
        let current = Current::build(identity, client_auth, &tickets)?;
        Ok(Self(Arc::new(Inner {
            tickets,
            current: ArcSwap::from_pointee(current),
        })))
    }

    /// Uses these for connections from now on; open ones keep theirs.
    ///
    /// # Errors
    /// When the TLS library refuses its settings; the old identity then stays.
    pub fn replace(
        &self,
        identity: Identity,
        client_auth: Option<ClientAuth>,
    ) -> Result<(), TlsError> {
        let current = Current::build(identity, client_auth, &self.0.tickets)?;
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
    fn build(
        identity: Identity,
        client_auth: Option<ClientAuth>,
        tickets: &Arc<SharedTickets>,
    ) -> Result<Self, TlsError> {
        let Identity { certified, leaf } = identity;
        let own = certified.cert.first().map_or(&[][..], |leaf| leaf.as_ref());
        let ticketer: Arc<dyn ProducesTickets> = tickets.of_certificate(own);
        let resolver = Arc::new(SingleCertAndKey::from(certified));
        let clock = || Arc::new(tickets.clock().clone());
        let settings = |client_auth: Option<&ClientAuth>| {
            let builder = ServerConfig::builder_with_details(provider(), clock())
                .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
                .map_err(|error| TlsError::Library(Box::new(error)))?;
            let mut config = match client_auth {
                Some(client_auth) => builder.with_client_cert_verifier(client_auth.verifier()),
                None => builder.with_no_client_auth(),
            }
            .with_cert_resolver(Arc::clone(&resolver) as Arc<_>);
            // HTTP/2's limits on headers refuse the Kerberos tokens of users in many groups.
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
            // TLS 1.2 would remember sessions here, beside the tickets.
            config.session_storage = Arc::new(NoServerSessionStorage {});
            // A login needs one connection; a second ticket would be a reserve that nobody uses.
            config.send_tls13_tickets = 1;
            let tls12 = Arc::new(config.clone());
            config.ticketer = Arc::clone(&ticketer);
            Ok(Settings {
                tls13: Arc::new(config),
                tls12,
            })
        };
        let asking = match client_auth {
            Some(client_auth) => {
                let config = settings(Some(&client_auth))?;
                Some((client_auth, config))
            }
            None => None,
        };
        Ok(Self {
            usual: settings(None)?,
            asking,
            leaf,
        })
    }

    /// The settings for a client that offers this.
    pub(super) fn for_client(&self, hello: &ClientHello<'_>) -> Arc<ServerConfig> {
        let settings = match &self.asking {
            Some((client_auth, asking)) if client_auth.is_for(hello.server_name()) => asking,
            _ => &self.usual,
        };
        // The version itself is not told; its cipher suites are for nothing else (RFC 8446, section B.4).
        let offers_tls13 = hello
            .cipher_suites()
            .iter()
            .any(|suite| u16::from(*suite) >> 8 == 0x13);
        Arc::clone(if offers_tls13 {
            &settings.tls13
        } else {
            &settings.tls12
        })
    }
}
