//! Messages that no tenant sends, but whoever gets between might.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rcgen::{KeyPair, PKCS_RSA_SHA256};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio_tungstenite::tungstenite::Message;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::jwt::{expiring, sign, sign_with};
use crate::tenant::Tenant;

const TEN_MEGABYTES: usize = 10 << 20;

/// What is wrong with the message.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Signed by another RSA key.
    WrongKey,
    /// `alg: none`.
    NoAlgorithm,
    /// HS256, with the text of the public certificate as the secret.
    PublicKeyAsSecret,
    Expired,
    WithoutExpiry,
    WithoutPid,
    /// A request without username and password; it has a pid, so it gets an answer.
    WithoutClaims,
    UnknownEvent,
    NotAToken,
    NotJson,
    NotAnObject,
    DeeplyNested,
    Binary,
    TenMegabytes,
}

pub fn message(tenant: &Tenant, kind: Kind) -> Result<Message, Box<dyn std::error::Error>> {
    let mut claims = Map::from_iter([
        ("pid".to_owned(), json!("hostile")),
        ("username".to_owned(), json!("alice")),
        ("password".to_owned(), json!("x")),
    ]);
    let good = &tenant.request_key;
    let event = |name: &str, jwt: &str| {
        Message::text(json!({ "n": name, "p": { "jwt": jwt } }).to_string())
    };
    let login = |jwt: String| event("authenticate_user", &jwt);
    Ok(match kind {
        Kind::WrongKey => {
            let key = KeyPair::generate_for(&PKCS_RSA_SHA256)?.serialize_pem();
            login(sign(key.as_bytes(), claims)?)
        }
        Kind::NoAlgorithm => {
            let part = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
            let header = part(json!({"alg": "none", "typ": "JWT"}));
            login(format!("{header}.{}.", part(expiring(claims))))
        }
        Kind::PublicKeyAsSecret => {
            let key = EncodingKey::from_secret(tenant.request_cert.as_bytes());
            let header = Header::new(Algorithm::HS256);
            login(jsonwebtoken::encode(&header, &expiring(claims), &key)?)
        }
        Kind::Expired => {
            claims.insert("exp".to_owned(), json!(1_000_000_000));
            login(sign(good, claims)?)
        }
        Kind::WithoutExpiry => login(sign_with(good, &Value::Object(claims))?),
        Kind::WithoutPid => {
            claims.remove("pid");
            login(sign(good, claims)?)
        }
        Kind::WithoutClaims => {
            claims.retain(|name, _| name == "pid");
            login(sign(good, claims)?)
        }
        Kind::UnknownEvent => event("run_command", &sign(good, claims)?),
        Kind::NotAToken => login("not.a.token".to_owned()),
        Kind::NotJson => Message::text("{\"n\":"),
        Kind::NotAnObject => Message::text("[\"authenticate_user\"]"),
        Kind::DeeplyNested => Message::text("[".repeat(100_000)),
        Kind::Binary => Message::binary(vec![0; 1000]),
        Kind::TenMegabytes => login("x".repeat(TEN_MEGABYTES)),
    })
}
