//! What certificate a server shows, kept while it is checked: a refusal can then name the CA that is
//! missing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::{
    ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::{clock::Clock, config::Config, instance::trusted_roots, tls::LeafFacts};

/// Verifies as the running program does, and keeps what was shown.
#[derive(Debug)]
pub(super) struct Recorder {
    verifier: Arc<WebPkiServerVerifier>,
    /// Whether a handshake goes on with a certificate that is not trusted: nothing secret may follow.
    lenient: bool,
    shown: Mutex<Shown>,
}

/// What a server showed last.
#[derive(Debug, Clone, Default)]
pub(super) struct Shown {
    /// The leaf first.
    pub chain: Vec<CertificateDer<'static>>,
    /// Why it is not trusted.
    pub fault: Option<Error>,
}

/// A client of the configuration's roots by this clock, and its recorder; none when there is no root at all.
pub(super) fn recording(
    config: &Config,
    clock: &Clock,
) -> Option<(Arc<ClientConfig>, Arc<Recorder>)> {
    client(config, clock, false)
}

/// The same, but a certificate that is not trusted does not end the handshake: for requests that hold
/// nothing secret.
pub(super) fn looking(
    config: &Config,
    clock: &Clock,
) -> Option<(Arc<ClientConfig>, Arc<Recorder>)> {
    client(config, clock, true)
}

fn client(
    config: &Config,
    clock: &Clock,
    lenient: bool,
) -> Option<(Arc<ClientConfig>, Arc<Recorder>)> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let roots = Arc::new(trusted_roots(config));
    let verifier = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider));
    let recorder = Arc::new(Recorder {
        verifier: verifier.build().ok()?,
        lenient,
        shown: Mutex::default(),
    });
    let client = ClientConfig::builder_with_details(provider, Arc::new(clock.clone()))
        .with_safe_default_protocol_versions()
        .ok()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::<Recorder>::clone(&recorder))
        .with_no_client_auth();
    Some((Arc::new(client), recorder))
}

impl Recorder {
    pub fn shown(&self) -> Shown {
        self.lock().clone()
    }

    /// Who issued the last certificate shown: whose own is missing here when none is trusted.
    pub fn issuer(&self) -> Option<String> {
        issuer(self.lock().chain.last()?)
    }

    /// The host names of the first certificate shown.
    pub fn names(&self) -> Vec<String> {
        let shown = self.lock();
        let leaf = shown.chain.first();
        let leaf = leaf.and_then(|leaf| LeafFacts::parse(leaf).ok());
        leaf.map(|leaf| leaf.dns_names).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The issuer's name as the certificate gives it.
pub(super) fn issuer(certificate: &CertificateDer<'_>) -> Option<String> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    Some(certificate.issuer().to_string())
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = self.verifier.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        let all = std::iter::once(end_entity).chain(intermediates);
        *self.lock() = Shown {
            chain: all.map(|one| one.clone().into_owned()).collect(),
            fault: verdict.as_ref().err().cloned(),
        };
        if self.lenient {
            return Ok(ServerCertVerified::assertion());
        }
        verdict
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}
