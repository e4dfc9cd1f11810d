//! Which certificates are accepted: of a known CA, in their time, for clients, not revoked.

use std::{path::Path, sync::Arc, time::SystemTime};

use aws_lc_rs::digest;
use rustls::CertificateError;
use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{Error, VerifiedPath, spki_for_anchor};
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

use super::{
    armour,
    authority::Authority,
    chain,
    issued::Issued,
    names::{CertificateNames, Uses},
    refusal::CertificateRefusal,
    revocation::{IssuerKey, Revocation, Status},
    signed::{Signed, Verdict},
    text::NameKey,
    trust_error::TrustError,
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

#[derive(Debug)]
pub(super) struct ClientTrust {
    /// All that were given, those that do not count too.
    authorities: Vec<Authority>,
    revocation: Revocation,
    /// `CLIENT_CRL_REQUIRED`.
    lists_required: bool,
    /// Both usages must be in the certificate.
    strict: bool,
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
        let revocation = Revocation::load(files, &authorities)?;
        leave_out_revoked(&mut authorities, &revocation);
        Ok(Self {
            authorities,
            revocation,
            lists_required: *required,
            strict: config.binding == CertificateBinding::Strong,
        })
    }

    /// Of the CAs that can count.
    pub fn ends(&self) -> TrustEnds {
        let authorities = self.authorities.iter().filter(|one| one.is_authority());
        TrustEnds {
            authority: authorities.map(|one| one.not_after).min(),
            revocation_list: self.revocation.ends(&self.authorities),
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
        authorities.map(|one| one.name.der().to_vec()).collect()
    }

    /// What lies among the revocation lists and is not used, or not as one may think, for people.
    pub fn list_notes(&self) -> &[String] {
        self.revocation.notes()
    }

    pub fn check(
        &self,
        chain: &[CertificateDer<'_>],
        now: SystemTime,
    ) -> Result<CertificateNames, CertificateRefusal> {
        use CertificateRefusal as R;
        if chain.len() > MAX_CHAIN {
            return Err(R::ChainTooLong(chain.len()));
        }
        if let Some(large) = chain.iter().find(|one| one.len() > MAX_BYTES) {
            return Err(R::TooLarge(large.len()));
        }
        let Some(leaf) = chain.first() else {
            return Err(R::Unreadable("there is none"));
        };
        let names = CertificateNames::read(leaf)?;
        let subject = names.subject.clone();
        let time = UnixTime::since_unix_epoch(
            now.duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or_default(),
        );
        let now = seconds(now);
        let counting = self.authorities.iter();
        let counting: Vec<_> = counting.filter(|one| one.fault(now).is_none()).collect();
        let revocation = |path: &VerifiedPath<'_>| self.look_for_revocation(path, now);
        if let Err(error) = chain::find(chain, &counting, time, &revocation) {
            return Err(self.refusal(error, chain, now, subject));
        }
        match self.lacks(names.uses) {
            Some(lacks) => Err(R::Usage { subject, lacks }),
            None => Ok(names),
        }
    }

    /// Each certificate of a way to a CA by the lists of the one above it.
    fn look_for_revocation(&self, path: &VerifiedPath<'_>, now: i64) -> Result<(), Error> {
        let leaf = path.end_entity().der();
        let others = path.intermediate_certificates().map(webpki::Cert::der);
        let certificates: Vec<_> = [leaf].into_iter().chain(others).collect();
        let anchor = spki_for_anchor(path.anchor());
        let named = self.authorities.iter();
        let ours: Vec<_> = named.filter(|one| one.key[..] == anchor[..]).collect();
        for (index, der) in certificates.iter().enumerate() {
            let one = Issued::read(der, index > 0).ok_or(Error::BadDer)?;
            let above = certificates.get(index + 1);
            let above = above.map(|der| {
                let (_, certificate) = X509Certificate::from_der(der).ok()?;
                let key = certificate.public_key().raw.to_vec();
                Some((key, Issued::read(der, true)?))
            });
            let (key, ids, signs_lists): (_, Vec<_>, _) = match above {
                Some(above) => {
                    let (key, above) = above.ok_or(Error::BadDer)?;
                    (key, above.key_id.into_iter().collect(), above.signs_lists)
                }
                None => (
                    anchor.to_vec(),
                    ours.iter().filter_map(|one| one.key_id.clone()).collect(),
                    ours.iter().any(|one| one.signs_lists),
                ),
            };
            let issuer = IssuerKey {
                key: &key,
                ids: &ids,
                signs_lists,
            };
            match self.revocation.status(&one, &issuer, now) {
                Status::Revoked => return Err(Error::CertRevoked),
                Status::Unverified => return Err(Error::InvalidCrlSignatureForPublicKey),
                Status::Unknown | Status::Ended if self.lists_required => {
                    return Err(Error::UnknownRevocationStatus);
                }
                Status::Good | Status::Unknown | Status::Ended => {}
            }
        }
        Ok(())
    }

    fn refusal(
        &self,
        error: Error,
        chain: &[CertificateDer<'_>],
        now: i64,
        subject: String,
    ) -> CertificateRefusal {
        use CertificateRefusal as R;
        match error {
            Error::CertExpired { .. } | Error::CertNotValidYet { .. } => R::Validity { subject },
            Error::CertRevoked => R::Revoked { subject },
            // A certificate that copies the names of a good one fails at the signature of the CA whose name it bears.
            Error::UnknownIssuer | Error::InvalidSignatureForPublicKey => {
                self.unknown_issuer(chain, now, subject)
            }
            Error::RequiredEkuNotFoundContext(_) => R::Usage {
                subject,
                lacks: "its extended key usage lacks clientAuth",
            },
            Error::UnknownRevocationStatus => R::NoRevocationList { subject },
            Error::InvalidCrlSignatureForPublicKey => R::UnverifiedList { subject },
            Error::BadDer | Error::BadDerTime | Error::TrailingData(_) => {
                R::Unreadable("it is malformed")
            }
            Error::UnsupportedCriticalExtension => R::Invalid(Arc::new(
                rustls::Error::InvalidCertificate(CertificateError::UnhandledCriticalExtension),
            )),
            other => R::Invalid(Arc::new(rustls::Error::InvalidCertificate(
                CertificateError::Other(rustls::OtherError(Arc::new(other))),
            ))),
        }
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
            Some(NameKey::of(certificate.issuer()))
        });
        let issuers: Vec<_> = issuers.collect();
        let mut known = self.authorities.iter();
        let left_out = known.find_map(|one| {
            let why = one.fault(now)?;
            let is_it = issuers.iter().any(|issuer| one.name.is_of(issuer));
            is_it.then_some((one, why))
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

/// A CA among them that another of them has revoked.
fn leave_out_revoked(authorities: &mut [Authority], revocation: &Revocation) {
    let is_revoked = |one: &Authority| {
        let Some((issued, signed)) = Issued::read(&one.der, true).zip(Signed::read(&one.der))
        else {
            return false;
        };
        authorities.iter().any(|above| {
            let key = IssuerKey {
                key: &above.key,
                ids: above.key_id.as_slice(),
                signs_lists: above.signs_lists,
            };
            above.key != one.key
                && above.name.is_of(&issued.issuer)
                && signed.by(&above.key) == Verdict::ByThisKey
                && revocation.status(&issued, &key, 0) == Status::Revoked
        })
    };
    let revoked: Vec<_> = authorities.iter().map(is_revoked).collect();
    for (one, _) in authorities.iter_mut().zip(revoked).filter(|(_, is)| *is) {
        one.revoke();
    }
}

fn seconds(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    i64::try_from(since.unwrap_or_default().as_secs()).unwrap_or(i64::MAX)
}

fn left_out(authority: &Authority, why: &str) -> String {
    let subject = cause::quoted(&authority.subject);
    format!("the CA of client certificates {subject} does not count: {why}")
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

/// The certificates in a file or a text, PEM or DER, one of them at least that of a CA.
fn authorities_in(place: &str, content: &[u8]) -> Result<Vec<Authority>, TrustError> {
    let none = || TrustError::NoAuthority(place.to_owned());
    let mut found = Vec::new();
    for block in armour::blocks(content) {
        let in_pem = !block.label.is_empty();
        if in_pem && !block.label.contains("CERTIFICATE") {
            continue;
        }
        let der = block.der.map(CertificateDer::from);
        match der.and_then(|der| Authority::read(&der)) {
            Some(authority) => found.push(authority),
            None if !in_pem => return Err(none()),
            None => {
                return Err(TrustError::UnreadableAuthority {
                    place: place.to_owned(),
                    number: found.len() + 1,
                });
            }
        }
    }
    if found.is_empty() {
        return Err(none());
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
