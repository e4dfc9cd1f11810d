//! The token: a signed SAML 1.1 assertion in its WS-Federation envelope, and the metadata that
//! announces its issuer; and the tokens (JWT) that the tenant and its hub know.
//!
//! [`Issuer::issue`] is the way in. Everything is a function of its arguments: the same clock and
//! identifier give the same bytes.

mod assertion;
mod envelope;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod issuer;
mod jwt;
mod metadata;
mod signature;
mod xml;

pub use self::{
    issuer::{AssertionId, AuthenticationMethod, Issuer, Statement},
    jwt::{RequestDigest, SignedRequest, TenantKey, TenantKeyError, hub_login},
    metadata::federation_metadata,
    signature::{SigningKey, SigningKeyError},
};

impl Issuer {
    /// The `wresult` of a login: a `RequestSecurityTokenResponse` (WS-Trust, February 2005) around
    /// the signed assertion.
    ///
    /// # Errors
    /// When the key refuses to sign.
    pub fn issue(&self, statement: &Statement<'_>) -> Result<String, SigningKeyError> {
        let assertion = assertion::signed(self, statement)?;
        Ok(envelope::wrap(&assertion, statement.context))
    }
}

#[cfg(test)]
mod tests;
