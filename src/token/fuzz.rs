//! What `tests/fuzz` calls: the assertion as it is written, and the tenant's tokens.

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, SystemTime},
};

use serde_json::{Map, Value};

use super::{
    AssertionId, AuthenticationMethod, Issuer, SigningKey, Statement, TenantKey, assertion,
    envelope,
};
use crate::{
    config::SigningPem,
    profile::{Claims, Profile},
    secret::SecretString,
};

/// What is sent to a relying party.
pub struct Written {
    /// The envelope with the assertion in it.
    pub document: String,
    /// The assertion without its signature, which is what is digested: in canonical form.
    pub assertion: String,
    /// The values of its attributes as they were given.
    pub values: Vec<String>,
}

/// An answer for a profile in JSON, behind eight bytes that are audience and context. `None` when no token is
/// made of it.
#[must_use]
pub fn assertion_of(data: &[u8]) -> Option<Written> {
    static ISSUER: OnceLock<Issuer> = OnceLock::new();
    let (context, json) = data.split_at_checked(8)?;
    let members = serde_json::from_slice::<Map<String, Value>>(json).ok()?;
    let claims = Claims::of(&Profile::new(members)).ok()?;
    let context = String::from_utf8_lossy(context);
    let statement = Statement {
        id: AssertionId::from_random([7; 16]),
        now: SystemTime::UNIX_EPOCH,
        audience: &context,
        method: AuthenticationMethod::Kerberos,
        claims: &claims,
        context: &context,
    };
    let assertion = assertion::unsigned(ISSUER.get_or_init(issuer), &statement);
    Some(Written {
        document: envelope::wrap(&assertion, &context),
        assertion,
        values: claims
            .iter()
            .flat_map(|claim| claim.values.clone())
            .collect(),
    })
}

fn issuer() -> Issuer {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).expect("a key");
    let certificate = rcgen::CertificateParams::default()
        .self_signed(&key)
        .expect("a certificate");
    let pem = SigningPem {
        certificate: certificate.pem(),
        key: SecretString::from(key.serialize_pem()),
    };
    let key = Arc::new(SigningKey::new(&pem).expect("they fit"));
    let (lifetime, skew) = (Duration::from_secs(60), Duration::from_secs(60));
    Issuer::new(key, "urn:<corp>&\"", lifetime, skew)
}

/// A token that says it is the tenant's: none is accepted, since nobody here knows the secret.
pub fn tenant_token(data: &[u8]) {
    static KEY: OnceLock<TenantKey> = OnceLock::new();
    let Ok(token) = std::str::from_utf8(data) else {
        return;
    };
    let key = KEY.get_or_init(|| {
        let mut secret = [0; 32];
        aws_lc_rs::rand::fill(&mut secret).expect("random bytes");
        TenantKey::new(&SecretString::from(hex::encode(secret))).expect("a secret")
    });
    assert!(key.claims(token, SystemTime::UNIX_EPOCH).is_err());
    // The key itself is an administrator's text.
    let _ = TenantKey::new(&SecretString::from(token.to_owned()));
}
