//! Reads the certificate of `SERVER_URL` and its key, and checks that they belong together.

use std::{
    path::Path,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use p12_keystore::{Certificate, Pkcs12Archive, error::Error as Pkcs12Error};
use rustls::{
    InconsistentKeys, RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier as _},
    crypto::{CryptoProvider, aws_lc_rs},
    sign::CertifiedKey,
};
use rustls_pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime,
    pem::{Error as PemError, PemObject},
};
use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use super::{LeafFacts, TlsError};
use crate::config::{Most, TlsMaterial, keys, read_file};

const PFX: &str = keys::SSL_PFX.name;

/// A certificate chain with its key, ready for handshakes, and what its leaf says.
#[derive(Clone)]
pub struct Identity {
    pub(super) certified: Arc<CertifiedKey>,
    pub leaf: LeafFacts,
}

impl Identity {
    /// Loads what the configuration names. Reads files: call it at start and at a reload.
    ///
    /// # Errors
    /// When something is missing, malformed or does not fit together.
    pub fn load(material: &TlsMaterial) -> Result<Self, TlsError> {
        match material {
            TlsMaterial::Pem { chain, key } => {
                Self::of_pem((chain, &read(chain)?), (key, &read(key)?))
            }
            TlsMaterial::Pkcs12 { archive, password } => {
                from_pkcs12(archive.expose_secret(), password.expose_secret())
            }
        }
    }

    /// The same from files that were read already: the path and the content of each.
    ///
    /// # Errors
    /// When something is malformed or does not fit together.
    pub fn of_pem(chain: (&Path, &[u8]), key: (&Path, &[u8])) -> Result<Self, TlsError> {
        let name = |path: &Path| path.display().to_string();
        from_pem(chain.1, key.1, name(chain.0), name(key.0))
    }

    /// Its certificates, the leaf first.
    #[must_use]
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.certified.cert
    }

    /// Whether a client that trusts these roots accepts it for `host` at this time.
    ///
    /// # Errors
    /// Why it does not.
    pub fn verify(
        &self,
        roots: RootCertStore,
        host: &str,
        now: SystemTime,
    ) -> Result<(), rustls::Error> {
        let unusable = |cause: &dyn std::fmt::Display| rustls::Error::General(cause.to_string());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider());
        let verifier = verifier.build().map_err(|error| unusable(&error))?;
        let name = ServerName::try_from(host).map_err(|error| unusable(&error))?;
        let Some((leaf, rest)) = self.chain().split_first() else {
            return Err(rustls::Error::NoCertificatesPresented);
        };
        let now = UnixTime::since_unix_epoch(now.duration_since(UNIX_EPOCH).unwrap_or_default());
        verifier
            .verify_server_cert(leaf, rest, &name, &[], now)
            .map(drop)
    }

    fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
        certificate_source: &str,
        key_source: &str,
    ) -> Result<Self, TlsError> {
        let leaf = LeafFacts::parse(&chain[0]).map_err(|cause| TlsError::Certificate {
            source_name: certificate_source.to_owned(),
            cause: Box::new(cause),
        })?;
        let certified = certify(&provider(), chain, key).map_err(|cause| match cause {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => TlsError::Mismatch {
                certificate: certificate_source.to_owned(),
                key: key_source.to_owned(),
            },
            rustls::Error::InvalidCertificate(cause) => TlsError::Certificate {
                source_name: certificate_source.to_owned(),
                cause: Box::new(cause),
            },
            cause => TlsError::UnusableKey {
                source_name: key_source.to_owned(),
                cause: Box::new(cause),
            },
        })?;
        Ok(Self {
            certified: Arc::new(certified),
            leaf,
        })
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity")
            .field("leaf", &self.leaf)
            .finish_non_exhaustive()
    }
}

/// The cryptography of all TLS here; named rather than taken from the process default, which any
/// dependency could have set.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn certify(
    provider: &CryptoProvider,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<CertifiedKey, rustls::Error> {
    CertifiedKey::from_der(chain, key, provider)
}

/// `chain_name` and `key_name` are for messages.
fn from_pem(
    chain_text: &[u8],
    key_text: &[u8],
    chain_name: String,
    key_name: String,
) -> Result<Identity, TlsError> {
    let chain = CertificateDer::pem_slice_iter(chain_text)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|cause| malformed(&chain_name, &cause))?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate {
            source_name: chain_name,
        });
    }
    let key = PrivateKeyDer::from_pem_slice(key_text).map_err(|cause| {
        let source_name = key_name.clone();
        match cause {
            PemError::NoItemsFound if is_encrypted(key_text) => {
                TlsError::EncryptedKey { source_name }
            }
            PemError::NoItemsFound => TlsError::NoKey { source_name },
            cause => malformed(&key_name, &cause),
        }
    })?;
    // OpenSSL's traditional form is encrypted inside an armour that looks like PKCS#1 or SEC1.
    if is_encrypted(key_text) {
        return Err(TlsError::EncryptedKey {
            source_name: key_name,
        });
    }
    Identity::new(chain, key, &chain_name, &key_name)
}

fn from_pkcs12(archive: &[u8], password: &str) -> Result<Identity, TlsError> {
    let archive = Pkcs12Archive::from_pkcs12(archive, password).map_err(|cause| match cause {
        // A file without MAC shows a wrong password by its padding.
        Pkcs12Error::MacError(_) | Pkcs12Error::UnpadError => TlsError::PfxPassword,
        cause => TlsError::Pfx { cause },
    })?;
    let certificates: Vec<&Certificate> = archive.certs.iter().map(|bag| &bag.cert).collect();
    if archive.keys.is_empty() {
        return Err(TlsError::PfxWithoutKey);
    }
    // Which certificate belongs to a key is asked of the keys themselves: the attribute localKeyID
    // that should tell is missing in some files. The first key with a certificate wins.
    let mut unusable = None;
    for bag in &archive.keys {
        for leaf in &certificates {
            let key = PrivatePkcs8KeyDer::from(bag.key.as_der().to_vec());
            match Identity::new(chain_of(leaf, &certificates), key.into(), PFX, PFX) {
                Ok(identity) => return Ok(identity),
                Err(TlsError::Mismatch { .. }) => {}
                Err(error) => unusable = Some(error),
            }
        }
    }
    Err(unusable.unwrap_or(TlsError::PfxWithoutCertificate))
}

/// The leaf and, as far as the file has them, its issuers in order. A self-signed root is left out:
/// clients have it or do not trust it.
fn chain_of(leaf: &Certificate, all: &[&Certificate]) -> Vec<CertificateDer<'static>> {
    let mut chain = vec![leaf];
    while let Some(last) = chain.last().copied()
        && let Some(issuer) = all.iter().find(|other| {
            other.subject() == last.issuer()
                && other.subject() != other.issuer()
                && !chain.contains(other)
        })
    {
        chain.push(issuer);
    }
    chain
        .into_iter()
        .map(|certificate| CertificateDer::from(certificate.as_der().to_vec()))
        .collect()
}

fn read(file: &Path) -> Result<Zeroizing<Vec<u8>>, TlsError> {
    read_file(file, Most::ORDINARY)
        .map(Zeroizing::new)
        .map_err(|cause| TlsError::Read {
            file: file.to_owned(),
            cause,
        })
}

fn is_encrypted(pem: &[u8]) -> bool {
    let contains = |needle: &[u8]| pem.windows(needle.len()).any(|window| window == needle);
    contains(b"BEGIN ENCRYPTED PRIVATE KEY") || contains(b"Proc-Type: 4,ENCRYPTED")
}

/// The PEM parser's text, unless it would quote the file.
fn malformed(source_name: &str, cause: &PemError) -> TlsError {
    let source_name = source_name.to_owned();
    let cause = match cause {
        PemError::MissingSectionEnd { .. } => "a section has no END line",
        PemError::IllegalSectionStart { .. } => "a BEGIN line is malformed",
        PemError::Base64Decode(_) => "a section is not base64",
        PemError::SectionTooLarge => "a section is too large",
        _ => "no section of the right kind",
    };
    TlsError::Pem { source_name, cause }
}

#[cfg(test)]
#[path = "identity_tests.rs"]
mod tests;
