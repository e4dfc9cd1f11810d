//! Client certificates: whether one is to be believed (`trust`), what it says about its user (`names`),
//! and which entry that is (`mapping`).
//!
//! The handshake has proved that the client holds the key. Everything else is checked here, at each
//! login: a session that is resumed, or a list of revocations that has changed, makes no difference.

mod der;
mod mapping;
mod names;
#[cfg(test)]
mod tests;
mod trust;

use std::{sync::Arc, time::SystemTime};

use arc_swap::ArcSwap;
use rustls_pki_types::CertificateDer;

use self::trust::ClientTrust;
pub use self::{
    mapping::{Lookup, Mapped},
    names::CertificateNames,
    trust::{TrustEnds, TrustError},
};
use crate::config::{AuthoritySource, CertificateName, ClientCertConfig};

/// Why a certificate signs nobody in. Its text is for the administrator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateRefusal {
    #[error(
        "the certificate of {subject} is of no CA in CLIENT_CA_FILE; add its issuer if it should count"
    )]
    UnknownIssuer { subject: String },
    #[error(
        "the certificate of {subject} has expired, or is not valid yet; issue a new one, or check this machine's clock"
    )]
    Validity { subject: String },
    #[error("the certificate of {subject} is revoked")]
    Revoked { subject: String },
    #[error(
        "the certificate of {subject} is not for clients: its extended key usage lacks clientAuth"
    )]
    Usage { subject: String },
    #[error(
        "the issuer of {subject}'s certificate has no revocation list that is in force (CLIENT_CRL_REQUIRED); renew the files of CLIENT_CRL_FILES"
    )]
    NoRevocationList { subject: String },
    #[error("the client sent {0} certificates, more than a chain has")]
    ChainTooLong(usize),
    #[error("the client sent a certificate of {0} bytes, larger than any should be")]
    TooLarge(usize),
    #[error("the certificate cannot be read: {0}")]
    Unreadable(String),
    #[error("the certificate is not valid: {0}")]
    Invalid(String),
    #[error("the certificate of {subject} holds none of the names in CLIENT_CERT_MAP")]
    NoName { subject: String },
    #[error("the directory has no user for the certificate's {name} {value:?}")]
    UnknownUser {
        name: CertificateName,
        value: String,
    },
    #[error("the directory has {count} users for the certificate's {name} {value:?}; make it one")]
    Ambiguous {
        name: CertificateName,
        value: String,
        count: usize,
    },
    #[error(
        "the certificate's {name} means {dn}, and its {other} {other_value:?} does not; issue it anew with names of one user"
    )]
    Disagreement {
        name: CertificateName,
        dn: String,
        other: CertificateName,
        other_value: String,
    },
}

impl CertificateRefusal {
    /// The `reason` label of metrics and audit lines.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::UnknownIssuer { .. } => "certificate_issuer",
            Self::Validity { .. } => "certificate_validity",
            Self::Revoked { .. } => "certificate_revoked",
            Self::Usage { .. } => "certificate_usage",
            Self::NoRevocationList { .. } => "certificate_no_crl",
            Self::ChainTooLong(_) | Self::TooLarge(_) => "certificate_size",
            Self::Unreadable(_) | Self::Invalid(_) => "certificate_invalid",
            Self::NoName { .. } => "certificate_no_name",
            Self::UnknownUser { .. } => "unknown_user",
            Self::Ambiguous { .. } => "ambiguous_user",
            Self::Disagreement { .. } => "certificate_disagreement",
        }
    }
}

/// Checks client certificates and finds their users. A cheap handle.
#[derive(Debug, Clone)]
pub struct Certificates(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: ClientCertConfig,
    trust: ArcSwap<ClientTrust>,
}

impl Certificates {
    /// Loads the CAs and the revocation lists.
    ///
    /// # Errors
    /// When a file cannot be read or holds something else.
    pub fn load(config: &ClientCertConfig) -> Result<Self, TrustError> {
        Ok(Self(Arc::new(Inner {
            trust: ArcSwap::from_pointee(ClientTrust::load(config)?),
            config: config.clone(),
        })))
    }

    /// Reads the files again.
    ///
    /// # Errors
    /// When one cannot be used; what was loaded before stays.
    pub fn reload(&self) -> Result<(), TrustError> {
        let trust = ClientTrust::load(&self.0.config)?;
        self.0.trust.store(Arc::new(trust));
        Ok(())
    }

    /// The subjects of the CAs, DER, for the handshake to name.
    #[must_use]
    pub fn issuers(&self) -> Vec<Vec<u8>> {
        self.0.trust.load().issuers()
    }

    /// The files that [`Self::reload`] reads.
    #[must_use]
    pub fn files(&self) -> Vec<std::path::PathBuf> {
        self.0.config.files()
    }

    /// The file of the CAs, if they come from one.
    #[must_use]
    pub fn authority_file(&self) -> Option<std::path::PathBuf> {
        match &self.0.config.authorities {
            AuthoritySource::File(path) => Some(path.clone()),
            AuthoritySource::Text(_) => None,
        }
    }

    /// When the first of what is in use ends.
    #[must_use]
    pub fn ends(&self) -> TrustEnds {
        self.0.trust.load().ends()
    }

    /// The names in a chain's first certificate, once the chain is found good at `now`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(
        &self,
        chain: &[CertificateDer<'_>],
        now: SystemTime,
    ) -> Result<CertificateNames, CertificateRefusal> {
        self.0.trust.load().check(chain, now)
    }

    /// What to look up for these names, in the order of `CLIENT_CERT_MAP`.
    #[must_use]
    pub fn lookups(&self, names: &CertificateNames) -> Vec<Lookup> {
        mapping::lookups(names, &self.0.config.map)
    }
}
