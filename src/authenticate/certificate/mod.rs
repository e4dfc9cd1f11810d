//! Client certificates: whether one is accepted (`trust`), what it says about its user (`names`),
//! and which entry that is (`mapping`).
//!
//! The handshake has proved that the client holds the key. Everything else is checked here, at each
//! login: a session that is resumed, or a list of revocations that has changed, makes no difference.

mod armour;
mod authority;
mod chain;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod given;
mod given_list;
mod issued;
mod list;
#[cfg(test)]
mod made;
mod mapping;
mod names;
mod refusal;
mod revocation;
#[cfg(test)]
mod revocation_tests;
mod signed;
#[cfg(test)]
mod tests;
mod text;
mod trust;
mod trust_error;
#[cfg(test)]
mod trust_tests;

use std::{sync::Arc, time::SystemTime};

use arc_swap::ArcSwap;
use rustls_pki_types::CertificateDer;

use self::trust::ClientTrust;
pub use self::{
    given::{GivenAuthorities, GivenError},
    given_list::{GivenList, ListDoubt},
    mapping::{Lookup, Mapped},
    names::CertificateNames,
    refusal::CertificateRefusal,
    trust::TrustEnds,
    trust_error::TrustError,
};
use crate::config::{AuthoritySource, CertificateBinding, ClientCertConfig};

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

    /// Of the CAs in use, whatever their order.
    #[must_use]
    pub fn authorities_digest(&self) -> [u8; 32] {
        self.0.trust.load().authorities_digest()
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

    /// What to look up for these names, in the order of `CLIENT_CERT_MAP`; with `strong` the names first
    /// that [`Mapped::decide`] then wants.
    ///
    /// # Errors
    /// When a name can be nobody's, or has two values.
    pub fn lookups(
        &self,
        names: &CertificateNames,
        strong: bool,
    ) -> Result<Vec<Lookup>, CertificateRefusal> {
        mapping::lookups(names, &self.0.config.map, strong)
    }

    /// `CLIENT_CERT_BINDING`: whether a name is wanted that proves enough by itself.
    #[must_use]
    pub fn is_strong(&self) -> bool {
        self.0.config.binding == CertificateBinding::Strong
    }

    /// The CAs that count for nothing at `now`, and why, for people.
    #[must_use]
    pub fn left_out(&self, now: SystemTime) -> Vec<String> {
        self.0.trust.load().left_out(now)
    }

    /// What lies among the revocation lists and is not used, or not as one may think, for people.
    #[must_use]
    pub fn list_notes(&self) -> Vec<String> {
        self.0.trust.load().list_notes().to_vec()
    }
}
