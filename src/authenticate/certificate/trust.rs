//! Which certificates are accepted: of a known CA, in their time, for clients, not revoked.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use arc_swap::ArcSwap;
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

use super::{
    authority::Authority,
    names::{CertificateNames, Uses},
    refusal::CertificateRefusal,
};
use crate::{
    cause,
    config::{
        AuthoritySource, CertificateBinding, ClientCertConfig, Most, RevocationConfig, keys,
        read_file,
    },
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
    #[error("{place} holds no CA that counts: {}", .left_out.join("; "))]
    NoneCounts {
        place: String,
        left_out: Vec<String>,
    },
    #[error("{0} holds no revocation list in PEM (-----BEGIN X509 CRL-----)")]
    NoList(String),
    #[error("the CAs and revocation lists of client certificates cannot be used: {}", unusable(.0))]
    Unusable(#[source] VerifierBuilderError),
}

#[derive(Debug)]
pub(super) struct ClientTrust {
    /// All that were given, those that do not count too.
    authorities: Vec<Authority>,
    lists: Vec<CertificateRevocationListDer<'static>>,
    /// `CLIENT_CRL_REQUIRED`.
    lists_required: bool,
    /// Both usages must be in the certificate.
    strict: bool,
    current: ArcSwap<Current>,
}

/// What counts in a span of time: a verifier knows nothing of the time of its CAs.
#[derive(Debug)]
struct Current {
    /// `None`: no CA counts.
    verifier: Option<Arc<dyn ClientCertVerifier>>,
    /// From the first of these until before the other, Unix time in seconds.
    span: (i64, i64),
}

/// When the first CA, and the first revocation list, end; Unix time in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TrustEnds {
    pub authority: Option<i64>,
    pub revocation_list: Option<i64>,
}

impl ClientTrust {
    pub fn load(config: &ClientCertConfig) -> Result<Self, TrustError> {
        let mut authorities = Vec::new();
        match &config.authorities {
            AuthoritySource::File(path) => {
                authorities = authorities_in(&path.display().to_string(), &read(path)?)?;
            }
            AuthoritySource::Text(texts) => {
                for text in texts {
                    authorities.extend(authorities_in(keys::CA_CERT.name, text.as_bytes())?);
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
        // Whatever the time, so that a list that cannot be used is found now.
        let all = authorities.iter().filter(|one| one.is_authority());
        let verifier = verifier(all, &lists, *required).map_err(TrustError::Unusable)?;
        let current = Current {
            verifier: Some(verifier),
            span: (0, 0),
        };
        Ok(Self {
            authorities,
            lists,
            lists_required: *required,
            strict: config.binding == CertificateBinding::Strong,
            current: ArcSwap::from_pointee(current),
        })
    }

    /// Of the CAs that can count.
    pub fn ends(&self) -> TrustEnds {
        let authorities = self.authorities.iter().filter(|one| one.is_authority());
        TrustEnds {
            authority: authorities.map(|one| one.not_after).min(),
            revocation_list: self.lists.iter().filter_map(|der| next_update(der)).min(),
        }
    }

    /// The CAs that count for nothing at this time, and why, for people.
    pub fn left_out(&self, now: SystemTime) -> Vec<String> {
        let now = seconds(now);
        let all = self.authorities.iter();
        all.filter_map(|one| Some(left_out(one, one.fault(now)?)))
            .collect()
    }

    pub fn authorities_digest(&self) -> [u8; 32] {
        digest_of(&self.authorities)
    }

    pub fn issuers(&self) -> Vec<Vec<u8>> {
        let authorities = self.authorities.iter().filter(|one| one.is_authority());
        authorities.map(|one| one.subject_der.clone()).collect()
    }

    /// What counts at this time.
    fn current(&self, now: i64) -> Arc<Current> {
        let current = self.current.load_full();
        let (from, until) = current.span;
        if (from..until).contains(&now) {
            return current;
        }
        let counting = self
            .authorities
            .iter()
            .filter(|one| one.fault(now).is_none());
        let new = Arc::new(Current {
            // The lists were found good, so without one there is no CA.
            verifier: verifier(counting, &self.lists, self.lists_required).ok(),
            span: span(&self.authorities, now),
        });
        self.current.store(Arc::clone(&new));
        new
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
        let current = self.current(seconds(now));
        let verified = match &current.verifier {
            Some(verifier) => {
                let at = UnixTime::since_unix_epoch(since);
                verifier.verify_client_cert(leaf, intermediates, at)
            }
            None => Err(C::UnknownIssuer.into()),
        };
        let Err(error) = verified else {
            if let Some(lacks) = self.lacks(names.uses) {
                return Err(R::Usage { subject, lacks });
            }
            // Without any the verifier does not look, whatever is required of it.
            return if self.lists_required && self.lists.is_empty() {
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
            C::UnknownIssuer | C::BadSignature => self.unknown_issuer(chain, seconds(now), subject),
            C::InvalidPurpose | C::InvalidPurposeContext { .. } => R::Usage {
                subject,
                lacks: "its extended key usage lacks clientAuth",
            },
            C::UnknownRevocationStatus
            | C::ExpiredRevocationList
            | C::ExpiredRevocationListContext { .. } => R::NoRevocationList { subject },
            C::BadEncoding => R::Unreadable("it is malformed"),
            other => R::Invalid(Arc::new(rustls::Error::InvalidCertificate(other))),
        })
    }
}

impl ClientTrust {
    /// What a certificate lacks to be one for signing in. The one that says nothing of its use is for every
    /// use (RFC 5280, sections 4.2.1.3 and 4.2.1.12), and TLS wants a key that may sign (RFC 8446, section
    /// 4.4.2).
    fn lacks(&self, uses: Uses) -> Option<&'static str> {
        match uses {
            Uses {
                signs: Some(false), ..
            } => Some("its key usage lacks digitalSignature"),
            Uses { signs: None, .. } if self.strict => {
                Some("it has no key usage, which CLIENT_CERT_BINDING strong wants")
            }
            Uses {
                has_purposes: false,
                ..
            } if self.strict => {
                Some("it has no extended key usage, which CLIENT_CERT_BINDING strong wants")
            }
            Uses { .. } => None,
        }
    }

    /// The CA may be known and not count.
    fn unknown_issuer(
        &self,
        chain: &[CertificateDer<'_>],
        now: i64,
        subject: String,
    ) -> CertificateRefusal {
        let issuers = chain.iter().filter_map(|der| {
            let (_, certificate) = X509Certificate::from_der(der).ok()?;
            Some(certificate.issuer().as_raw().to_vec())
        });
        let issuers: Vec<_> = issuers.collect();
        let mut known = self.authorities.iter();
        let left_out = known.find_map(|one| {
            let why = one.fault(now)?;
            issuers.contains(&one.subject_der).then_some((one, why))
        });
        match left_out {
            Some((one, why)) => CertificateRefusal::AuthorityLeftOut {
                subject,
                authority: one.subject.clone(),
                why,
            },
            None => CertificateRefusal::UnknownIssuer { subject },
        }
    }
}

fn verifier<'a>(
    authorities: impl Iterator<Item = &'a Authority>,
    lists: &[CertificateRevocationListDer<'static>],
    required: bool,
) -> Result<Arc<dyn ClientCertVerifier>, VerifierBuilderError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(authorities.map(|one| one.der.clone()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
        .with_crls(lists.iter().cloned());
    let builder = if required {
        builder.enforce_revocation_expiration()
    } else {
        builder.allow_unknown_revocation_status()
    };
    builder.build()
}

/// The time around `now` in which the same CAs count.
fn span(authorities: &[Authority], now: i64) -> (i64, i64) {
    let changes = authorities.iter();
    let changes = changes.flat_map(|one| [one.not_before, one.not_after.saturating_add(1)]);
    changes.fold((i64::MIN, i64::MAX), |(from, until), change| {
        if change <= now {
            (from.max(change), until)
        } else {
            (from, until.min(change))
        }
    })
}

fn seconds(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    i64::try_from(since.unwrap_or_default().as_secs()).unwrap_or(i64::MAX)
}

fn left_out(authority: &Authority, why: &str) -> String {
    let subject = cause::quoted(&authority.subject);
    format!("the CA of client certificates {subject} does not count: {why}")
}

fn unusable(error: &VerifierBuilderError) -> &'static str {
    match error {
        VerifierBuilderError::NoRootAnchors => "there is no CA",
        _ => "a revocation list in CLIENT_CRL_FILES is malformed or of a kind that is not known",
    }
}

/// Whatever the order in which the file has them.
fn digest_of(authorities: &[Authority]) -> [u8; 32] {
    let hash = |one: &Authority| digest::digest(&digest::SHA256, &one.der);
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

fn next_update(der: &[u8]) -> Option<i64> {
    let (_, list) = CertificateRevocationList::from_der(der).ok()?;
    Some(list.next_update()?.timestamp())
}

/// The certificates in a PEM text, one of them at least that of a CA.
fn authorities_in(place: &str, pem: &[u8]) -> Result<Vec<Authority>, TrustError> {
    let found = CertificateDer::pem_slice_iter(pem).flatten();
    let found: Vec<_> = found.filter_map(|der| Authority::read(&der)).collect();
    if found.is_empty() {
        return Err(TrustError::NoAuthority(place.to_owned()));
    }
    if !found.iter().any(Authority::is_authority) {
        let faults = found.iter();
        let faults = faults.filter_map(|one| Some(left_out(one, one.fault(0)?)));
        return Err(TrustError::NoneCounts {
            place: place.to_owned(),
            left_out: faults.collect(),
        });
    }
    Ok(found)
}

fn read(path: &Path) -> Result<Vec<u8>, TrustError> {
    read_file(path, Most::REVOCATION_LIST).map_err(|cause| TrustError::Read {
        file: path.to_owned(),
        cause,
    })
}
