//! Revocation lists that somebody hands in, PEM or DER: looked at before they replace what is in use.

use std::time::SystemTime;

use time::OffsetDateTime;
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

use super::{
    armour::pem,
    given::{GivenAuthorities, GivenError, day},
    list::RevocationList,
    revocation::lists_in,
    signed::Verdict,
    text::NameKey,
};

/// One revocation list.
#[derive(Debug)]
pub struct GivenList(RevocationList);

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
        let lists = lists_in(content).map_err(|()| GivenError::NoList)?;
        Ok(lists.into_iter().map(Self).collect())
    }

    /// As a person reads it.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// Whether the list is of one of these CAs, signed by it, and can be used with them.
    ///
    /// # Errors
    /// When it is not.
    pub fn check(&self, authorities: &GivenAuthorities) -> Result<(), GivenError> {
        let list = &self.0;
        let (mut known, mut verdicts) = (Vec::new(), Vec::new());
        for der in &authorities.0 {
            let Ok((_, certificate)) = X509Certificate::from_der(der) else {
                continue;
            };
            if NameKey::of(certificate.subject()).is_of(&list.issuer_key) {
                verdicts.push(list.by(certificate.public_key().raw));
            }
            known.push(certificate.subject().to_string());
        }
        let issuer = || list.issuer.clone();
        if verdicts.is_empty() {
            return Err(GivenError::OtherIssuer {
                issuer: issuer(),
                known: known.join("; "),
            });
        }
        // Two CAs of one name: an old key and its successor.
        if !verdicts.contains(&Verdict::ByThisKey) {
            return Err(if verdicts.contains(&Verdict::UnknownAlgorithm) {
                GivenError::Algorithm(issuer())
            } else {
                GivenError::OtherKey(issuer())
            });
        }
        match list.partial {
            Some(kind) => Err(GivenError::PartialList(kind, issuer())),
            None => Ok(()),
        }
    }

    /// What is odd about it in the place of the one before.
    #[must_use]
    pub fn doubts(&self, before: Option<&Self>, now: SystemTime) -> Vec<ListDoubt> {
        let now = OffsetDateTime::from(now).unix_timestamp();
        let mut doubts = Vec::new();
        if let Some(before) = before.filter(|before| self.is_older_than(before)) {
            doubts.push(ListDoubt::Older {
                issuer: self.0.issuer.clone(),
                sent: self.age(),
                used: before.age(),
            });
        }
        if let Some(end) = self.0.next_update.filter(|end| *end < now) {
            doubts.push(ListDoubt::Ended {
                issuer: self.0.issuer.clone(),
                day: day(end),
            });
        }
        if self.0.this_update > now {
            doubts.push(ListDoubt::NotYet {
                issuer: self.0.issuer.clone(),
                day: day(self.0.this_update),
            });
        }
        doubts
    }

    fn is_older_than(&self, before: &Self) -> bool {
        let lower = match (&self.0.number, &before.0.number) {
            (Some(own), Some(other)) => own < other,
            _ => false,
        };
        lower || self.0.this_update < before.0.this_update
    }

    /// `number 3 of 2026-11-20`.
    fn age(&self) -> String {
        let day = day(self.0.this_update);
        match &self.0.number {
            Some(number) => format!("number {number} of {day}"),
            None => format!("of {day}"),
        }
    }

    /// Whether it takes the other's place: of one CA, by one of these keys, and of the same certificates.
    #[must_use]
    pub fn takes_the_place_of(&self, other: &Self, authorities: &GivenAuthorities) -> bool {
        let same_key = authorities.0.iter().any(|der| {
            X509Certificate::from_der(der).is_ok_and(|(_, certificate)| {
                let key = certificate.public_key().raw;
                [self, other]
                    .iter()
                    .all(|list| list.0.by(key) == Verdict::ByThisKey)
            })
        });
        self.0.issuer_key.is_of(&other.0.issuer_key)
            && self.0.scope == other.0.scope
            && other.0.partial.is_none()
            && same_key
    }

    #[must_use]
    pub fn to_pem(&self) -> Vec<u8> {
        pem("X509 CRL", &self.0.der).into_bytes()
    }
}
