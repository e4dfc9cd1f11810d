//! A certificate that issues those of clients.

use rustls_pki_types::{CertificateDer, TrustAnchor};
use x509_parser::{
    certificate::X509Certificate, extensions::ParsedExtension, prelude::FromDer as _,
    x509::X509Version,
};

use super::text::{NameKey, shown};

/// One certificate of `CLIENT_CA_FILE`.
#[derive(Debug, Clone)]
pub(super) struct Authority {
    pub der: CertificateDer<'static>,
    pub anchor: TrustAnchor<'static>,
    /// For people.
    pub subject: String,
    pub name: NameKey,
    /// SubjectPublicKeyInfo, DER.
    pub key: Vec<u8>,
    /// The subject key identifier.
    pub key_id: Option<Vec<u8>>,
    /// Its key usage does not keep it from signing lists.
    pub signs_lists: bool,
    /// Unix time in seconds, as [`Self::not_after`].
    pub not_before: i64,
    pub not_after: i64,
    /// Why it is none, whatever the time.
    is_none: Option<&'static str>,
}

impl Authority {
    /// `None`: it is no certificate that could be one.
    pub fn read(der: &CertificateDer<'static>) -> Option<Self> {
        let anchor = webpki::anchor_from_trusted_cert(der).ok()?.to_owned();
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let subject = certificate.subject();
        let validity = certificate.validity();
        let usage = certificate.key_usage();
        let may_sign = match &usage {
            Ok(usage) => usage
                .as_ref()
                .is_none_or(|usage| usage.value.key_cert_sign()),
            Err(_) => false,
        };
        let signs_lists = usage.is_ok_and(|usage| usage.is_none_or(|usage| usage.value.crl_sign()));
        // Roots of version 1 cannot say what they are; as in OpenSSL, they sign themselves.
        let is_old_root = certificate.version() == X509Version::V1
            && subject.as_raw() == certificate.issuer().as_raw();
        let is_none = if !certificate.is_ca() && !is_old_root {
            Some("it is no CA (its basic constraints do not say CA:TRUE)")
        } else if !may_sign {
            Some("it may not issue certificates (its key usage lacks keyCertSign)")
        } else {
            None
        };
        let key_id = certificate.extensions().iter().find_map(|extension| {
            match extension.parsed_extension() {
                ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0.to_vec()),
                _ => None,
            }
        });
        Some(Self {
            subject: shown(subject),
            name: NameKey::of(subject),
            key: certificate.public_key().raw.to_vec(),
            key_id,
            signs_lists,
            not_before: validity.not_before.timestamp(),
            not_after: validity.not_after.timestamp(),
            is_none,
            der: der.clone(),
            anchor,
        })
    }

    /// Another CA among them has revoked it.
    pub fn revoke(&mut self) {
        self.is_none = self
            .is_none
            .or(Some("the CA that issued it has revoked it"));
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
