//! Revocation lists that somebody hands in, PEM or DER: looked at before they replace what is in use.

use std::{sync::Arc, time::SystemTime};

use rustls::{RootCertStore, crypto::aws_lc_rs, server::WebPkiClientVerifier};
use rustls_pki_types::{CertificateRevocationListDer, pem::PemObject as _};
use time::OffsetDateTime;
use x509_parser::{
    asn1_rs::Any, certificate::X509Certificate, num_bigint::BigUint, prelude::FromDer as _,
    revocation_list::CertificateRevocationList, x509::SubjectPublicKeyInfo,
};

use super::given::{GivenAuthorities, GivenError, day, is_pem, pem};

/// One revocation list.
#[derive(Debug)]
pub struct GivenList {
    der: Vec<u8>,
    /// As a person reads it.
    pub issuer: String,
    issuer_der: Vec<u8>,
    /// RFC 5280, section 5.2.3: it grows with each list of a CA.
    number: Option<BigUint>,
    /// Seconds since 1970.
    this_update: i64,
    next_update: Option<i64>,
}

/// What makes one look twice at a list that could be used.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum ListDoubt {
    #[error(
        "the revocation list of {issuer} is older ({sent}) than the one in use ({used}): certificates that \
         were revoked since would sign in again"
    )]
    Older {
        issuer: String,
        sent: String,
        used: String,
    },
    #[error("the revocation list of {issuer} has ended on {day}: get the CA's present one")]
    Ended { issuer: String, day: String },
    #[error("the revocation list of {issuer} begins on {day} only: is this machine's clock right?")]
    NotYet { issuer: String, day: String },
}

impl GivenList {
    /// Reads one list.
    ///
    /// # Errors
    /// When there is none or more than one, or it could not be used.
    pub fn read(content: &[u8]) -> Result<Self, GivenError> {
        let mut found = Self::read_all(content)?;
        match (found.pop(), found.len()) {
            (Some(list), 0) => Ok(list),
            (None, _) => Err(GivenError::NoList),
            (Some(_), others) => Err(GivenError::ManyLists(others + 1)),
        }
    }

    /// Reads all lists of a file.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn read_all(content: &[u8]) -> Result<Vec<Self>, GivenError> {
        if !is_pem(content) {
            return Ok(vec![Self::of_der(content)?]);
        }
        CertificateRevocationListDer::pem_slice_iter(content)
            .map(|der| Self::of_der(der.as_ref().map_err(|_| GivenError::NoList)?))
            .collect()
    }

    fn of_der(der: &[u8]) -> Result<Self, GivenError> {
        let read = CertificateRevocationList::from_der(der).ok();
        let (_, list) = read
            .filter(|(rest, _)| rest.is_empty())
            .ok_or(GivenError::NoList)?;
        Ok(Self {
            der: der.to_vec(),
            issuer: list.issuer().to_string(),
            issuer_der: list.issuer().as_raw().to_vec(),
            number: list.crl_number().cloned(),
            this_update: list.last_update().timestamp(),
            next_update: list.next_update().map(|at| at.timestamp()),
        })
    }

    /// Whether the list is of one of these CAs, signed by it, and can be used with them.
    ///
    /// # Errors
    /// When it is not.
    pub fn check(&self, authorities: &GivenAuthorities) -> Result<(), GivenError> {
        let (mut known, mut signed) = (Vec::new(), None);
        for der in &authorities.0 {
            let Ok((_, certificate)) = X509Certificate::from_der(der) else {
                continue;
            };
            if certificate.subject().as_raw() == self.issuer_der {
                // Two CAs of one name: an old key and its successor.
                let by_this = self.verify(certificate.public_key());
                signed = Some(signed.filter(Result::is_ok).unwrap_or(by_this));
            }
            known.push(certificate.subject().to_string());
        }
        signed.unwrap_or_else(|| {
            Err(GivenError::OtherIssuer {
                issuer: self.issuer.clone(),
                known: known.join("; "),
            })
        })?;
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(authorities.0.iter().cloned());
        let provider = Arc::new(aws_lc_rs::default_provider());
        let list = CertificateRevocationListDer::from(self.der.clone());
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
            .with_crls([list])
            .build()
            .map(|_| ())
            .map_err(|_| GivenError::UnknownList)
    }

    /// The signature, by the algorithms that count at a login.
    fn verify(&self, key: &SubjectPublicKeyInfo<'_>) -> Result<(), GivenError> {
        let malformed = || GivenError::UnknownList;
        let (_, list) = CertificateRevocationList::from_der(&self.der).map_err(|_| malformed())?;
        let signed = list.tbs_cert_list.as_ref();
        // RFC 5280, section 5.1: what is signed, the algorithm, the signature.
        let (_, whole) = Any::from_der(&self.der).map_err(|_| malformed())?;
        let rest = whole.data.get(signed.len()..).ok_or_else(malformed)?;
        let (_, signature_algorithm) = Any::from_der(rest).map_err(|_| malformed())?;
        let (_, whole_key) = Any::from_der(key.raw).map_err(|_| malformed())?;
        let (_, key_algorithm) = Any::from_der(whole_key.data).map_err(|_| malformed())?;
        let mut of_this_kind = aws_lc_rs::default_provider()
            .signature_verification_algorithms
            .all
            .iter()
            .filter(|one| one.signature_alg_id().as_ref() == signature_algorithm.data)
            .peekable();
        if of_this_kind.peek().is_none() {
            return Err(GivenError::Algorithm(self.issuer.clone()));
        }
        let mut of_this_kind =
            of_this_kind.filter(|one| one.public_key_alg_id().as_ref() == key_algorithm.data);
        let (key, signature) = (&key.subject_public_key.data, &list.signature_value.data);
        of_this_kind
            .any(|one| one.verify_signature(key, signed, signature).is_ok())
            .then_some(())
            .ok_or_else(|| GivenError::OtherKey(self.issuer.clone()))
    }

    /// What is odd about it in the place of the one before.
    #[must_use]
    pub fn doubts(&self, before: Option<&Self>, now: SystemTime) -> Vec<ListDoubt> {
        let now = OffsetDateTime::from(now).unix_timestamp();
        let mut doubts = Vec::new();
        if let Some(before) = before.filter(|before| self.is_older_than(before)) {
            doubts.push(ListDoubt::Older {
                issuer: self.issuer.clone(),
                sent: self.age(),
                used: before.age(),
            });
        }
        if let Some(end) = self.next_update.filter(|end| *end < now) {
            doubts.push(ListDoubt::Ended {
                issuer: self.issuer.clone(),
                day: day(end),
            });
        }
        if self.this_update > now {
            doubts.push(ListDoubt::NotYet {
                issuer: self.issuer.clone(),
                day: day(self.this_update),
            });
        }
        doubts
    }

    fn is_older_than(&self, before: &Self) -> bool {
        let lower = match (&self.number, &before.number) {
            (Some(own), Some(other)) => own < other,
            _ => false,
        };
        lower || self.this_update < before.this_update
    }

    /// `number 3 of 2026-11-20`.
    fn age(&self) -> String {
        let day = day(self.this_update);
        match &self.number {
            Some(number) => format!("number {number} of {day}"),
            None => format!("of {day}"),
        }
    }

    #[must_use]
    pub fn has_same_issuer(&self, other: &Self) -> bool {
        self.issuer_der == other.issuer_der
    }

    #[must_use]
    pub fn to_pem(&self) -> Vec<u8> {
        pem("X509 CRL", &self.der).into_bytes()
    }
}
