//! Asks clients for a certificate and has them prove that they hold its key. The login
//! decides whether the certificate is accepted: a page can say what a broken handshake cannot.

use std::sync::Arc;

use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature},
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use rustls_pki_types::{CertificateDer, UnixTime};
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _, public_key::PublicKey};

use super::identity::provider;

/// In bits.
const LEAST_RSA: usize = 2048;

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
        let key = key_alone(certificate)?;
        verify_tls12_signature(message, &key, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let key = key_alone(certificate)?;
        verify_tls13_signature(message, &key, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// A key that proves nothing, since others can compute its signatures.
#[derive(Debug, thiserror::Error)]
#[error(
    "has an RSA key of {0} bits, fewer than the 2048 that are accepted: issue one with a larger key"
)]
pub struct ShortKey(usize);

/// The key of a certificate in one that holds nothing else. rustls reads all of a certificate before it looks at a
/// signature, and a handshake that ends for something else in it (a critical extension, an old version) leaves no
/// page to say so; the login looks at the rest.
fn key_alone(certificate: &CertificateDer<'_>) -> Result<CertificateDer<'static>, Error> {
    let malformed = || Error::InvalidCertificate(CertificateError::BadEncoding);
    let (_, read) = X509Certificate::from_der(certificate).map_err(|_| malformed())?;
    let key = read.public_key();
    if let Ok(PublicKey::RSA(rsa)) = key.parsed()
        && rsa.key_size() < LEAST_RSA
    {
        let short = OtherError(Arc::new(ShortKey(rsa.key_size())));
        return Err(Error::InvalidCertificate(CertificateError::Other(short)));
    }
    let version = [0xa0, 3, 2, 1, 2];
    let serial = [2, 1, 1];
    let nothing = [0x30, 0];
    let unsigned = [3, 2, 0, 0];
    // RFC 5280, section 4.1: algorithm, issuer, times, subject.
    let tbs = [&version[..], &serial, &nothing.repeat(4), key.raw].concat();
    let whole = [&sequence(&tbs)[..], &nothing, &unsigned].concat();
    Ok(CertificateDer::from(sequence(&whole)))
}

/// DER: a key is shorter than 64 KiB, or no certificate with it is taken.
fn sequence(content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let zeros = length.iter().take_while(|byte| **byte == 0).count();
    let length = &length[zeros..];
    let mut der = vec![0x30];
    match (length, u8::try_from(length.len())) {
        ([], _) => der.push(0),
        ([short @ 0..0x80], _) => der.push(*short),
        (_, Ok(count)) => {
            der.push(0x80 | count);
            der.extend(length);
        }
        // A length has eight bytes.
        (_, Err(_)) => {}
    }
    der.extend(content);
    der
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, CustomExtension, KeyPair};

    use super::*;

    #[test]
    fn whatever_a_certificate_holds_its_key_is_looked_at_alone() {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::default();
        let mut unknown = CustomExtension::from_oid_content(&[2, 5, 29, 99], vec![5, 0]);
        unknown.set_criticality(true);
        params.custom_extensions.push(unknown);
        let made = params.self_signed(&key).expect("one");
        assert!(webpki::EndEntityCert::try_from(made.der()).is_err());
        let alone = key_alone(made.der()).expect("a key");
        let read = webpki::EndEntityCert::try_from(&alone).expect("read");
        let (_, whole) = X509Certificate::from_der(made.der()).expect("read");
        let spki = read.subject_public_key_info();
        assert_eq!(spki.as_ref(), whole.public_key().raw);
        let nothing = CertificateDer::from(vec![0x30, 0]);
        assert!(key_alone(&nothing).is_err());
        for length in [0, 127, 128, 255, 256, 65_535] {
            let der = sequence(&vec![0; length]);
            let (_, read) = x509_parser::asn1_rs::Any::from_der(&der).expect("DER");
            assert_eq!(read.data.len(), length);
        }
    }
}
