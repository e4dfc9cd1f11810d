//! A certificate that issues those of clients.

use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

use super::text::{self, Order};

/// One certificate of `CLIENT_CA_FILE`.
#[derive(Debug, Clone)]
pub(super) struct Authority {
    pub der: CertificateDer<'static>,
    /// For people.
    pub subject: String,
    pub subject_der: Vec<u8>,
    /// Unix time in seconds, as [`Self::not_after`].
    pub not_before: i64,
    pub not_after: i64,
    /// Why it is none, whatever the time.
    is_none: Option<&'static str>,
}

impl Authority {
    /// `None`: it is no certificate that could be one.
    pub fn read(der: &CertificateDer<'static>) -> Option<Self> {
        let (added, _) = RootCertStore::empty().add_parsable_certificates([der.clone()]);
        let (_, certificate) = X509Certificate::from_der(der).ok().filter(|_| added == 1)?;
        let subject = certificate.subject();
        let validity = certificate.validity();
        let may_sign = match certificate.key_usage() {
            Ok(usage) => usage.is_none_or(|usage| usage.value.key_cert_sign()),
            Err(_) => false,
        };
        let is_none = if !certificate.is_ca() {
            Some("it is no CA (its basic constraints do not say CA:TRUE)")
        } else if !may_sign {
            Some("it may not issue certificates (its key usage lacks keyCertSign)")
        } else {
            None
        };
        Some(Self {
            subject: text::name(subject, Order::Reversed).unwrap_or_else(|| subject.to_string()),
            subject_der: subject.as_raw().to_vec(),
            not_before: validity.not_before.timestamp(),
            not_after: validity.not_after.timestamp(),
            is_none,
            der: der.clone(),
        })
    }

    /// Whether it is one, in its time.
    pub fn is_authority(&self) -> bool {
        self.is_none.is_none()
    }

    /// Why it does not count at `now`, Unix time in seconds.
    pub fn fault(&self, now: i64) -> Option<&'static str> {
        if self.is_none.is_some() {
            self.is_none
        } else if now < self.not_before {
            Some("it is not valid yet")
        } else if now > self.not_after {
            Some("it has expired")
        } else {
            None
        }
    }
}
