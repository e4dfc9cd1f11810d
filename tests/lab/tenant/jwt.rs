//! The tokens that the hub's requests carry.

use std::time::UNIX_EPOCH;

use jsonwebtoken::errors::Result;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Map, Value, json};

const TOKEN_SECONDS: u64 = 60;

/// A token of these claims, RS256, that expires in a minute unless the claims say when.
pub fn sign(key: &[u8], claims: Map<String, Value>) -> Result<String> {
    sign_with(key, &expiring(claims))
}

/// A token of exactly these claims.
pub fn sign_with(key: &[u8], claims: &Value) -> Result<String> {
    let key = EncodingKey::from_rsa_pem(key)?;
    jsonwebtoken::encode(&Header::new(Algorithm::RS256), claims, &key)
}

/// The claims with an expiry.
pub fn expiring(mut claims: Map<String, Value>) -> Value {
    let now = ad_edge::clock::Clock::system()
        .now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    claims
        .entry("exp")
        .or_insert_with(|| json!(now + TOKEN_SECONDS));
    Value::Object(claims)
}
