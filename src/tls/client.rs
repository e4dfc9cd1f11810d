//! Asks clients for a certificate and has them prove that they hold its key. The login
//! decides whether the certificate is accepted: a page can say what a broken handshake cannot.

use std::sync::Arc;

use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature},
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use rustls_pki_types::{CertificateDer, UnixTime};

use super::identity::provider;

/// For whom a certificate is asked, and of which issuers.
#[derive(Debug, Clone, Default)]
pub struct ClientAuth {
    /// Subjects of the CAs, DER; clients choose by them.
    pub issuers: Vec<Vec<u8>>,
    /// Host names (SNI), in lower case; empty: every one.
    pub hosts: Vec<String>,
}

impl ClientAuth {
    /// Whether a client that asked for this host is asked for a certificate.
    pub(super) fn is_for(&self, server_name: Option<&str>) -> bool {
        self.hosts.is_empty()
            || server_name.is_some_and(|name| {
                let name = name.to_ascii_lowercase();
                self.hosts.contains(&name)
            })
    }

    pub(super) fn verifier(&self) -> Arc<dyn ClientCertVerifier> {
        let issuers = self.issuers.iter().cloned().map(DistinguishedName::from);
        Arc::new(Possession {
            issuers: issuers.collect(),
            algorithms: provider().signature_verification_algorithms,
        })
    }
}

/// Proof of possession alone.
#[derive(Debug)]
struct Possession {
    issuers: Vec<DistinguishedName>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for Possession {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.issuers
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
