//! Tests of the tenant's tokens: who signed them, with which algorithm, and until when they count.

use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{EncodingKey, Header, encode};

use super::*;
use crate::config::SigningPem;

const NOW: u64 = 1_795_467_124;

/// As long as HS256 wants it.
const SECRET: &str = "a shared secret of thirty-two bytes, or more";

struct Pair {
    certificate: String,
    public: String,
    /// As PKCS#1.
    bare: String,
    key: rcgen::KeyPair,
}

impl Pair {
    fn new() -> Self {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).expect("a key");
        let certificate = rcgen::CertificateParams::default()
            .self_signed(&key)
            .expect("a certificate")
            .pem();
        Self {
            certificate,
            public: key.public_key_pem(),
            bare: format!(
                "-----BEGIN RSA PUBLIC KEY-----\n{}\n-----END RSA PUBLIC KEY-----\n",
                STANDARD.encode(key.public_key_raw())
            ),
            key,
        }
    }

    fn sign(&self, claims: &Value) -> String {
        let key = EncodingKey::from_rsa_pem(self.key.serialize_pem().as_bytes());
        encode(&Header::new(Algorithm::RS256), claims, &key.expect("RSA")).expect("signs")
    }
}

fn key(text: &str) -> TenantKey {
    TenantKey::new(&SecretString::from(text.to_owned())).expect("a key")
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW)
}

fn seconds_from_now(offset: i64) -> u64 {
    NOW.checked_add_signed(offset).expect("a time")
}

fn hs256(claims: &Value, secret: &str) -> String {
    let key = EncodingKey::from_secret(secret.as_bytes());
    encode(&Header::new(Algorithm::HS256), claims, &key).expect("signs")
}

#[test]
fn the_keys_kind_fixes_the_algorithm() {
    let (pair, other) = (Pair::new(), Pair::new());
    let claims = json!({"pid": "p1", "exp": seconds_from_now(60)});
    let good = pair.sign(&claims);
    for text in [&pair.certificate, &pair.public, &pair.bare] {
        let key = key(text);
        assert_eq!(key.claims(&good, now()).expect("accepted")["pid"], "p1");
        assert_eq!(
            key.claims(&other.sign(&claims), now()),
            Err(JwtError::Signature)
        );
        // The public key is no secret, so it must not count as one.
        for secret in [text.as_str(), text.trim()] {
            assert_eq!(
                key.claims(&hs256(&claims, secret), now()),
                Err(JwtError::Algorithm)
            );
        }
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
        let body = URL_SAFE_NO_PAD.encode(claims.to_string());
        let none = key.claims(&format!("{header}.{body}."), now());
        assert!(none.is_err(), "{none:?}");
    }
    let shared = key(SECRET);
    assert!(shared.claims(&hs256(&claims, SECRET), now()).is_ok());
    assert_eq!(shared.claims(&good, now()), Err(JwtError::Algorithm));
    assert_eq!(
        shared.claims(&hs256(&claims, "another"), now()),
        Err(JwtError::Signature)
    );
}

#[test]
fn a_token_counts_in_its_time_only() {
    let key = key(SECRET);
    let claims = |claims: Value| key.claims(&hs256(&claims, SECRET), now());
    assert!(
        claims(json!({"exp": seconds_from_now(-5)})).is_ok(),
        "leeway"
    );
    assert_eq!(
        claims(json!({"exp": seconds_from_now(-6)})),
        Err(JwtError::Expired)
    );
    assert_eq!(
        claims(json!({"exp": seconds_from_now(-60)})),
        Err(JwtError::Expired)
    );
    assert_eq!(
        claims(json!({"exp": seconds_from_now(60), "nbf": seconds_from_now(6)})),
        Err(JwtError::NotYetValid)
    );
    assert!(claims(json!({"exp": seconds_from_now(60), "nbf": seconds_from_now(5)})).is_ok());
    assert_eq!(
        claims(json!({"exp": seconds_from_now(60), "nbf": "now"})),
        Err(JwtError::Claim("nbf".to_owned()))
    );
    assert!(
        claims(json!({"exp": 1_795_467_184.5})).is_ok(),
        "a fraction"
    );
    assert_eq!(
        claims(json!({"pid": "p"})),
        Err(JwtError::Claim("exp".to_owned()))
    );
    assert!(claims(json!({"exp": seconds_from_now(60), "aud": "x"})).is_ok());
}

#[test]
fn a_request_counts_for_an_hour_at_most_and_has_a_digest() {
    let key = key(SECRET);
    let signed = |exp: i64, pid: &str| {
        let claims = json!({"exp": seconds_from_now(exp), "pid": pid});
        hs256(&claims, SECRET)
    };
    let request = |token: &str| key.request(token, now());
    for exp in [60, 3600, 3605] {
        let read = request(&signed(exp, "a")).expect("accepted");
        assert_eq!(read.until, seconds_from_now(exp + 6), "with the leeway");
    }
    for exp in [3606, 365 * 86_400, i64::from(u32::MAX)] {
        assert_eq!(request(&signed(exp, "a")).err(), Some(JwtError::Lifetime));
    }
    let far = hs256(&json!({"exp": 1e300}), SECRET);
    assert!(request(&far).is_err());
    assert_eq!(request(&signed(-60, "a")).err(), Some(JwtError::Expired));
    let digest = |token: &str| request(token).expect("accepted").digest;
    assert_eq!(digest(&signed(60, "a")), digest(&signed(60, "a")));
    assert_ne!(digest(&signed(60, "a")), digest(&signed(60, "b")));
}

#[test]
fn what_is_no_token_is_refused() {
    let key = key(SECRET);
    for text in ["", ".", "..", "a.b.c", "{}", &"x".repeat(100_000)] {
        assert!(key.claims(text, now()).is_err());
    }
}

#[test]
fn a_broken_pem_is_no_shared_secret() {
    for text in [
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        "-----BEGIN RSA PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----",
        "-----BEGIN NOTHING-----",
    ] {
        let text = SecretString::from(text.to_owned());
        assert!(TenantKey::new(&text).is_err());
    }
    let ec = rcgen::KeyPair::generate().expect("a key").public_key_pem();
    assert!(TenantKey::new(&SecretString::from(ec)).is_err());
}

/// `openssl genrsa 1024 | openssl rsa -pubout`: the library that makes the others makes none so short.
const SHORT: &str = "-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCugmDh6BVcWLL8kPynEo2E7/fB
Q62EN7psx1Y84OGjK43QcOtBfvZdd0nhcEtTcdRdkKUClL4gocpP++iSqDRVOeB8
w++eRIuswVCkWC2xGp8IGfQpfFOwbSwVf6FZxTAg7WxyUx2Y8ERPK1Zi8AuBj1RS
W8/lmTb+KN7qIGzUsQIDAQAB
-----END PUBLIC KEY-----";

#[test]
fn a_weak_key_is_none() {
    let made = |text: &str| TenantKey::new(&SecretString::from(text.to_owned()));
    assert_eq!(made(SHORT).err(), Some(TenantKeyError::ShortRsaKey(1024)));
    let pair = Pair::new();
    for text in [&pair.certificate, &pair.public, &pair.bare] {
        assert_eq!(made(text).expect("long enough").concern(), None);
    }
    for bytes in [0, 1, 15] {
        let text = "x".repeat(bytes);
        assert_eq!(made(&text).err(), Some(TenantKeyError::ShortSecret(bytes)));
    }
    for (bytes, is_good) in [(16, false), (31, false), (32, true)] {
        let concern = made(&"x".repeat(bytes)).expect("taken").concern();
        assert_eq!(concern.is_none(), is_good, "{bytes}: {concern:?}");
        assert!(concern.is_none_or(|text| text.contains("RFC 7518") && !text.contains("xxx")));
    }
}

#[test]
fn the_hub_can_check_our_proof() {
    let pair = Pair::new();
    let signing = SigningKey::new(&SigningPem {
        certificate: pair.certificate.clone(),
        key: SecretString::from(pair.key.serialize_pem()),
    })
    .expect("a key and its certificate");
    let token = hub_login(&signing, "corp", "urn:auth0:acme", now()).expect("signs");
    let claims = key(&pair.certificate)
        .claims(&token, now())
        .expect("accepted");
    let number = |name: &str| claims[name].as_u64().expect("a number");
    assert_eq!(number("exp"), number("iat") + 60);
    assert_eq!(
        (&claims["iss"], &claims["aud"]),
        (&json!("corp"), &json!("urn:auth0:acme"))
    );
}

#[test]
fn debug_shows_no_key() {
    let shown = format!("{:?}", key(SECRET));
    assert!(!shown.contains("secret"), "{shown}");
}
