//! The token: a signed SAML 1.1 assertion in its WS-Federation envelope, and the metadata that
//! announces its issuer; and the tokens (JWT) that the tenant and its hub know.
//!
//! [`Issuer::issue`] is the way in. Everything is a function of its arguments: the same clock and
//! identifier give the same bytes.

mod assertion;
mod envelope;
mod jwt;
mod metadata;
mod signature;
mod xml;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

pub use self::{
    jwt::{TenantKey, TenantKeyError, hub_login},
    metadata::federation_metadata,
    signature::{SigningKey, SigningKeyError},
};
use crate::profile::Claims;

/// How the user proved who they are, as the token says it (SAML 1.1 core, section 7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthenticationMethod {
    Password,
    Kerberos,
    Certificate,
}

impl AuthenticationMethod {
    #[must_use]
    pub fn uri(self) -> &'static str {
        match self {
            Self::Password => "urn:oasis:names:tc:SAML:1.0:am:password",
            Self::Kerberos => "urn:ietf:rfc:1510",
            Self::Certificate => "urn:ietf:rfc:2246",
        }
    }
}

/// A fresh assertion's identifier: `_` and 32 random hexadecimal digits (an `xs:ID` may not begin
/// with a digit).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssertionId(String);

impl AssertionId {
    #[must_use]
    pub fn from_random(random: [u8; 16]) -> Self {
        Self(format!("_{}", hex::encode(random)))
    }
}

/// Signs tokens in the name of one issuer.
#[derive(Debug)]
pub struct Issuer {
    key: Arc<SigningKey>,
    name: String,
    lifetime: Duration,
    skew: Duration,
}

/// What one token says.
#[derive(Debug)]
pub struct Statement<'a> {
    pub id: AssertionId,
    pub now: SystemTime,
    /// `wtrealm`.
    pub audience: &'a str,
    pub method: AuthenticationMethod,
    pub claims: &'a Claims,
    /// `wctx`, handed back to the relying party.
    pub context: &'a str,
}

impl Issuer {
    /// An issuer; `lifetime` counts from the token's issue, `skew` is how far NotBefore lies before.
    #[must_use]
    pub fn new(key: Arc<SigningKey>, issuer: &str, lifetime: Duration, skew: Duration) -> Self {
        Self {
            key,
            name: uri(issuer),
            lifetime,
            skew,
        }
    }

    /// The `wresult` of a login: a `RequestSecurityTokenResponse` (WS-Trust, February 2005) around
    /// the signed assertion.
    ///
    /// # Errors
    /// When the key refuses to sign.
    pub fn issue(&self, statement: &Statement<'_>) -> Result<String, SigningKeyError> {
        let assertion = assertion::signed(self, statement)?;
        Ok(envelope::wrap(&assertion, statement.context))
    }

    /// The name in the tokens' `Issuer`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    #[must_use]
    pub fn key(&self) -> &SigningKey {
        &self.key
    }
}

/// An issuer or audience as the token writes it: `urn:` in front unless it is a URI of a known kind.
fn uri(name: &str) -> String {
    if ["urn:", "http:", "https:"]
        .iter()
        .any(|scheme| name.starts_with(scheme))
    {
        name.to_owned()
    } else {
        format!("urn:{name}")
    }
}

#[cfg(test)]
mod tests;
