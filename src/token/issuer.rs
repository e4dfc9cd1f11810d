//! Who issues a token, and what one token says.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::SigningKey;
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
pub struct AssertionId(pub(super) String);

impl AssertionId {
    #[must_use]
    pub fn from_random(random: [u8; 16]) -> Self {
        Self(format!("_{}", hex::encode(random)))
    }
}

/// Signs tokens in the name of one issuer.
#[derive(Debug)]
pub struct Issuer {
    pub(super) key: Arc<SigningKey>,
    pub(super) name: String,
    pub(super) lifetime: Duration,
    pub(super) skew: Duration,
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
    /// An issuer; `lifetime` counts from the token's issue, `skew` is how far NotBefore is before that.
    #[must_use]
    pub fn new(key: Arc<SigningKey>, issuer: &str, lifetime: Duration, skew: Duration) -> Self {
        Self {
            key,
            name: uri(issuer),
            lifetime,
            skew,
        }
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
pub(super) fn uri(name: &str) -> String {
    if ["urn:", "http:", "https:"]
        .iter()
        .any(|scheme| name.starts_with(scheme))
    {
        name.to_owned()
    } else {
        format!("urn:{name}")
    }
}
