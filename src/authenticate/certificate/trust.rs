//! Which certificates are accepted: of a known CA, in their time, for clients, not revoked.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use aws_lc_rs::digest;
use rustls::{
    CertificateError, RootCertStore,
    server::{VerifierBuilderError, WebPkiClientVerifier, danger::ClientCertVerifier},
};
use rustls_pki_types::{
    CertificateDer, CertificateRevocationListDer, UnixTime, pem::PemObject as _,
};

use x509_parser::{
    certificate::X509Certificate, prelude::FromDer as _, revocation_list::CertificateRevocationList,
};

use super::{names::CertificateNames, refusal::CertificateRefusal};
use crate::{
    cause,
    config::{AuthoritySource, ClientCertConfig, Most, RevocationConfig, keys, read_file},
};

/// Real chains have two to four certificates, of one to three kilobytes.
const MAX_CHAIN: usize = 10;
const MAX_BYTES: usize = 16 << 10;

/// CAs or revocation lists cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    #[error("{} cannot be read: {}", file.display(), cause::io(cause))]
    Read { file: PathBuf, cause: io::Error },
    #[error("{0} holds no CA certificate in PEM")]
    NoAuthority(String),
    #[error("{0} holds no revocation list in PEM (-----BEGIN X509 CRL-----)")]
    NoList(String),
    #[error("the CAs and revocation lists of client certificates cannot be used: {}", unusable(.0))]
    Unusable(#[source] VerifierBuilderError),
}

#[derive(Debug)]
pub(super) struct ClientTrust {
    verifier: Arc<dyn ClientCertVerifier>,
    /// Lists are required and there are none, which the verifier takes for "do not look".
    lacks_lists: bool,
    ends: TrustEnds,
    /// SHA-256 over that of each CA, in order.
    authorities_digest: [u8; 32],
}

/// When the first CA, and the first revocation list, end; Unix time in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TrustEnds {
    pub authority: Option<i64>,
    pub revocation_list: Option<i64>,
}

impl ClientTrust {
    pub fn load(config: &ClientCertConfig) -> Result<Self, TrustError> {
        let mut roots = RootCertStore::empty();
        let mut authorities = Vec::new();
        match &config.authorities {
            AuthoritySource::File(path) => {
                let name = path.display().to_string();
                authorities = add(&mut roots, &name, &read(path)?)?;
            }
            AuthoritySource::Text(texts) => {
                for text in texts {
                    authorities.extend(add(&mut roots, keys::CA_CERT.name, text.as_bytes())?);
                }
            }
        }
        let RevocationConfig { files, required } = &config.revocation;
        let mut lists = Vec::new();
        for path in files.paths() {
            let name = path.display().to_string();
            let found = CertificateRevocationListDer::pem_slice_iter(&read(&path)?)
                .collect::<Result<Vec<_>, _>>()
                .map_err(|_| TrustError::NoList(name.clone()))?;
            if found.is_empty() {
                return Err(TrustError::NoList(name));
            }
            lists.extend(found);
        }
        let ends = TrustEnds {
            authority: authorities.iter().filter_map(|der| not_after(der)).min(),
            revocation_list: lists.iter().filter_map(|der| next_update(der)).min(),
        };
        let authorities_digest = digest_of(&authorities);
        let lacks_lists = *required && lists.is_empty();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut builder =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).with_crls(lists);
        builder = if *required {
            builder.enforce_revocation_expiration()
        } else {
            builder.allow_unknown_revocation_status()
        };
        let verifier = builder.build().map_err(TrustError::Unusable)?;
        Ok(Self {
            verifier,
            lacks_lists,
            ends,
            authorities_digest,
        })
    }

    pub fn ends(&self) -> TrustEnds {
        self.ends
    }

    pub fn authorities_digest(&self) -> [u8; 32] {
        self.authorities_digest
    }

    pub fn issuers(&self) -> Vec<Vec<u8>> {
        let hints = self.verifier.root_hint_subjects();
        hints.iter().map(|name| name.as_ref().to_vec()).collect()
    }

    pub fn check(
        &self,
        chain: &[CertificateDer<'_>],
        now: SystemTime,
    ) -> Result<CertificateNames, CertificateRefusal> {
        use CertificateError as C;
        use CertificateRefusal as R;
        if chain.len() > MAX_CHAIN {
            return Err(R::ChainTooLong(chain.len()));
        }
        if let Some(large) = chain.iter().find(|one| one.len() > MAX_BYTES) {
            return Err(R::TooLarge(large.len()));
        }
        let Some((leaf, intermediates)) = chain.split_first() else {
            return Err(R::Unreadable("there is none"));
        };
        let names = CertificateNames::read(leaf)?;
        let subject = names.subject.clone();
        let since = now
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let verified = self.verifier.verify_client_cert(
            leaf,
            intermediates,
            UnixTime::since_unix_epoch(since),
        );
        let Err(error) = verified else {
            return if self.lacks_lists {
                Err(R::NoRevocationList { subject })
            } else {
                Ok(names)
            };
        };
        let rustls::Error::InvalidCertificate(cause) = error else {
            return Err(R::Invalid(Arc::new(error)));
        };
        Err(match cause {
            C::Expired
            | C::ExpiredContext { .. }
            | C::NotValidYet
            | C::NotValidYetContext { .. } => R::Validity { subject },
            C::Revoked => R::Revoked { subject },
            // A certificate that copies the names of a good one fails at the signature of the CA whose name it bears.
            C::UnknownIssuer | C::BadSignature => R::UnknownIssuer { subject },
            C::InvalidPurpose | C::InvalidPurposeContext { .. } => R::Usage { subject },
            C::UnknownRevocationStatus
            | C::ExpiredRevocationList
            | C::ExpiredRevocationListContext { .. } => R::NoRevocationList { subject },
            C::BadEncoding => R::Unreadable("it is malformed"),
            other => R::Invalid(Arc::new(rustls::Error::InvalidCertificate(other))),
        })
    }
}

fn unusable(error: &VerifierBuilderError) -> &'static str {
    match error {
        VerifierBuilderError::NoRootAnchors => "there is no CA",
        _ => "a revocation list in CLIENT_CRL_FILES is malformed or of a kind that is not known",
    }
}

/// Whatever the order in which the file has them.
fn digest_of(authorities: &[CertificateDer<'_>]) -> [u8; 32] {
    let hash = |der: &CertificateDer<'_>| digest::digest(&digest::SHA256, der);
    let mut each: Vec<_> = authorities.iter().map(hash).collect();
    each.sort_by(|one, other| one.as_ref().cmp(other.as_ref()));
    each.dedup_by(|one, other| one.as_ref() == other.as_ref());
    let mut context = digest::Context::new(&digest::SHA256);
    for one in &each {
        context.update(one.as_ref());
    }
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.finish().as_ref());
    bytes
}

fn not_after(der: &[u8]) -> Option<i64> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    Some(certificate.validity().not_after.timestamp())
}

fn next_update(der: &[u8]) -> Option<i64> {
    let (_, list) = CertificateRevocationList::from_der(der).ok()?;
    Some(list.next_update()?.timestamp())
}

fn add(
    roots: &mut RootCertStore,
    name: &str,
    pem: &[u8],
) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem).flatten().collect();
    let (added, _) = roots.add_parsable_certificates(found.iter().cloned());
    if added == 0 {
        return Err(TrustError::NoAuthority(name.to_owned()));
    }
    Ok(found)
}

fn read(path: &Path) -> Result<Vec<u8>, TrustError> {
    read_file(path, Most::REVOCATION_LIST).map_err(|cause| TrustError::Read {
        file: path.to_owned(),
        cause,
    })
}
