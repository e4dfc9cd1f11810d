//! CAs that somebody hands in, PEM or DER: looked at before they replace what is in use.

use std::time::SystemTime;

use rustls::RootCertStore;
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use time::OffsetDateTime;
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

use super::armour::{is_pem, pem};

/// Why it cannot be used.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum GivenError {
    #[error("holds no certificate in PEM or DER")]
    NoCertificate,
    #[error("holds {0}, which is no CA: give those of the CAs that issue client certificates")]
    NotAuthority(String),
    #[error("holds no revocation list in PEM or DER")]
    NoList,
    #[error("holds {0} revocation lists: give one at a time")]
    ManyLists(usize),
    #[error(
        "{0} of {1}: give the whole list of that CA, since this one does not say what else is revoked"
    )]
    PartialList(&'static str, String),
    #[error(
        "is not signed by {0}, whose list it says it is: it is damaged or somebody else's, or of this CA with \
         another key, whose certificate then is missing among the CAs of client certificates"
    )]
    OtherKey(String),
    #[error(
        "is signed in a way that is not accepted, SHA-1 for instance, so that each certificate of {0} would \
         be refused: have the CA sign its lists with SHA-256"
    )]
    Algorithm(String),
    #[error("is a list of {issuer}, which is none of the CAs of client certificates ({known})")]
    OtherIssuer { issuer: String, known: String },
}

/// CAs of client certificates.
#[derive(Debug)]
pub struct GivenAuthorities(pub(super) Vec<CertificateDer<'static>>);

impl GivenAuthorities {
    /// Reads certificates, each that of a CA.
    ///
    /// # Errors
    /// When there is none, or one of somebody else.
    pub fn read(content: &[u8]) -> Result<Self, GivenError> {
        let found = if is_pem(content) {
            CertificateDer::pem_slice_iter(content)
                .collect::<Result<Vec<_>, _>>()
                .map_err(|_| GivenError::NoCertificate)?
        } else {
            vec![CertificateDer::from(content.to_vec())]
        };
        for der in &found {
            let read = X509Certificate::from_der(der).ok();
            let (_, certificate) = read
                .filter(|(rest, _)| rest.is_empty())
                .ok_or(GivenError::NoCertificate)?;
            if !certificate.is_ca() {
                let subject = certificate.subject().to_string();
                return Err(GivenError::NotAuthority(subject));
            }
        }
        let (usable, _) = RootCertStore::empty().add_parsable_certificates(found.iter().cloned());
        if found.is_empty() || usable != found.len() {
            return Err(GivenError::NoCertificate);
        }
        Ok(Self(found))
    }

    /// The subjects of those that are not among the others.
    #[must_use]
    pub fn missing_in(&self, others: &Self) -> Vec<String> {
        let missing = self.0.iter().filter(|der| !others.0.contains(der));
        missing.filter_map(|der| subject(der)).collect()
    }

    /// The subjects of those that have ended, each with its last day.
    #[must_use]
    pub fn ended(&self, now: SystemTime) -> Vec<(String, String)> {
        let now = OffsetDateTime::from(now).unix_timestamp();
        let all = self.0.iter();
        all.filter_map(|der| {
            let (_, certificate) = X509Certificate::from_der(der).ok()?;
            let end = certificate.validity().not_after.timestamp();
            (end < now).then(|| (certificate.subject().to_string(), day(end)))
        })
        .collect()
    }

    /// As PEM, and nothing else that was beside them.
    #[must_use]
    pub fn to_pem(&self) -> Vec<u8> {
        let each = self.0.iter().map(|der| pem("CERTIFICATE", der));
        each.collect::<String>().into_bytes()
    }
}

fn subject(der: &CertificateDer<'_>) -> Option<String> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    Some(certificate.subject().to_string())
}

/// `2026-12-31`, of seconds since 1970.
pub(super) fn day(unix: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp(unix);
    at.map_or_else(|_| "?".to_owned(), |at| at.date().to_string())
}
