//! JSON Web Tokens (RFC 7519): the tenant's signed requests, and our own proof for its hub.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use rustls_pki_types::{CertificateDer, SubjectPublicKeyInfoDer, pem::PemObject as _};
use serde_json::{Map, Value, json};
use x509_parser::{
    certificate::X509Certificate,
    pem::parse_x509_pem,
    prelude::FromDer as _,
    public_key::{PublicKey, RSAPublicKey},
    x509::SubjectPublicKeyInfo,
};

use super::{SigningKey, SigningKeyError};
use crate::secret::{ExposeSecret as _, SecretString};

/// How far the tenant's clock may be behind or ahead: what set-up accepts as equal.
const LEEWAY: Duration = Duration::from_secs(5);
/// The longest that a request may count: what is remembered of each has an end.
const REQUEST_LIFE: Duration = Duration::from_hours(1);
/// How long our proof for the hub counts.
const HUB_TOKEN_LIFE: Duration = Duration::from_secs(60);

/// What checks the tenant's signatures: `TENANT_SIGNING_KEY`.
///
/// The kind of the key fixes the algorithm, so that no token can choose one (RFC 8725, section 3.1):
/// a PEM key takes RS256 only, any other text HS256 only.
pub struct TenantKey {
    key: DecodingKey,
    validation: Validation,
    /// The bytes of a shared secret.
    secret: Option<usize>,
}

/// `TENANT_SIGNING_KEY` cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TenantKeyError {
    #[error(
        "TENANT_SIGNING_KEY begins like PEM and holds no RSA certificate or public key; take it from the \
         ticket's answer again"
    )]
    NoRsaKey,
    #[error(
        "TENANT_SIGNING_KEY is an RSA key of {0} bits, and 2048 are the least (RFC 7518, section 3.3); have the \
         tenant make a new one and take it from the ticket's answer"
    )]
    ShortRsaKey(usize),
    #[error(
        "TENANT_SIGNING_KEY is a shared secret of {0} bytes, which can be guessed; have the tenant make a new one, \
         of 32 at least (RFC 7518, section 3.2), and take it from the ticket's answer"
    )]
    ShortSecret(usize),
}

/// The least bits of an RSA key, and the least bytes of a shared secret.
const RSA_BITS: usize = 2048;
const SECRET_BYTES: usize = 16;
/// The bytes of a shared secret that the standard wants.
const GOOD_SECRET_BYTES: usize = 32;

/// A request that the tenant signed.
#[derive(Debug)]
pub struct SignedRequest {
    pub claims: Map<String, Value>,
    pub digest: RequestDigest,
    /// From then on it is refused as expired; Unix time in seconds.
    pub until: u64,
}

/// What tells one signed text from any other: a part of its SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestDigest([u8; 16]);

impl RequestDigest {
    #[must_use]
    pub fn of(signed: &[u8]) -> Self {
        let digest = digest::digest(&digest::SHA256, signed);
        let mut part = [0; 16];
        part.copy_from_slice(&digest.as_ref()[..16]);
        Self(part)
    }
}

/// Why a token is not the tenant's; never holds a part of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwtError {
    #[error("it is not a token")]
    Malformed,
    #[error("its algorithm is not the one of TENANT_SIGNING_KEY")]
    Algorithm,
    #[error("its signature is not the tenant's")]
    Signature,
    #[error("it has expired; compare this machine's clock with the tenant's")]
    Expired,
    #[error("it is not valid yet; compare this machine's clock with the tenant's")]
    NotYetValid,
    #[error("it would count for longer than {} minutes", REQUEST_LIFE.as_secs() / 60)]
    Lifetime,
    #[error("it has no usable {0}")]
    Claim(String),
}

impl JwtError {
    /// A label for metrics.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Algorithm => "algorithm",
            Self::Signature => "signature",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::Lifetime => "lifetime",
            Self::Claim(_) => "claim",
        }
    }
}

impl TenantKey {
    /// Reads a PEM certificate, a PEM public key, or a shared secret.
    ///
    /// # Errors
    /// When the text begins like PEM and is not an RSA key, or when the key is weak.
    pub fn new(text: &SecretString) -> Result<Self, TenantKeyError> {
        let text = text.expose_secret().trim();
        let (key, algorithm, secret) = if text.contains("-----BEGIN ") {
            let (key, bits) = rsa(text).ok_or(TenantKeyError::NoRsaKey)?;
            if bits < RSA_BITS {
                return Err(TenantKeyError::ShortRsaKey(bits));
            }
            (key, Algorithm::RS256, None)
        } else {
            if text.len() < SECRET_BYTES {
                return Err(TenantKeyError::ShortSecret(text.len()));
            }
            let key = DecodingKey::from_secret(text.as_bytes());
            (key, Algorithm::HS256, Some(text.len()))
        };
        let mut validation = Validation::new(algorithm);
        // The library would read the time itself; `claims` compares with the time it is given.
        validation.validate_exp = false;
        // The tenant names no audience that we could compare.
        validation.validate_aud = false;
        Ok(Self {
            key,
            validation,
            secret,
        })
    }

    /// What is worth a look in it.
    #[must_use]
    pub fn concern(&self) -> Option<String> {
        let bytes = self.secret.filter(|bytes| *bytes < GOOD_SECRET_BYTES)?;
        Some(format!(
            "TENANT_SIGNING_KEY is a shared secret of {bytes} bytes, where {GOOD_SECRET_BYTES} are the least by RFC 7518 \
             (section 3.2): have the tenant make a longer one"
        ))
    }

    /// The claims of a token that the tenant signed and that counts at this time.
    ///
    /// # Errors
    /// Why it is not accepted.
    pub fn claims(&self, token: &str, now: SystemTime) -> Result<Map<String, Value>, JwtError> {
        let claims = self.signed(token)?;
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let (now, leeway) = (now.as_secs_f64().floor(), LEEWAY.as_secs_f64());
        if seconds(&claims, "exp")?.is_some_and(|end| end < now - leeway) {
            return Err(JwtError::Expired);
        }
        if seconds(&claims, "nbf")?.is_some_and(|start| start > now + leeway) {
            return Err(JwtError::NotYetValid);
        }
        Ok(claims)
    }

    /// A request of the hub, which counts for a while only.
    ///
    /// # Errors
    /// Why it is not accepted.
    pub fn request(&self, token: &str, now: SystemTime) -> Result<SignedRequest, JwtError> {
        let claims = self.claims(token, now)?;
        let end = seconds(&claims, "exp")?.unwrap_or_default();
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        if end > (since + REQUEST_LIFE + LEEWAY).as_secs_f64() {
            return Err(JwtError::Lifetime);
        }
        let end = Duration::try_from_secs_f64(end).unwrap_or_default() + LEEWAY;
        // Without the signature, in case that one of the same can be written in two ways.
        let signed = token.rsplit_once('.').map_or(token, |(signed, _)| signed);
        Ok(SignedRequest {
            claims,
            digest: RequestDigest::of(signed.as_bytes()),
            until: end.as_secs() + 1,
        })
    }

    /// The claims of a token that the tenant signed, `exp` among them.
    fn signed(&self, token: &str) -> Result<Map<String, Value>, JwtError> {
        use jsonwebtoken::errors::ErrorKind as K;
        jsonwebtoken::decode(token, &self.key, &self.validation)
            .map(|token| token.claims)
            .map_err(|error| match error.into_kind() {
                K::InvalidSignature => JwtError::Signature,
                K::InvalidAlgorithm | K::InvalidAlgorithmName | K::MissingAlgorithm => {
                    JwtError::Algorithm
                }
                K::MissingRequiredClaim(name) => JwtError::Claim(name),
                _ => JwtError::Malformed,
            })
    }
}

impl std::fmt::Debug for TenantKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TenantKey")
            .field("algorithms", &self.validation.algorithms)
            .finish_non_exhaustive()
    }
}

/// A claim that is a time: seconds after 1970, perhaps with a fraction (RFC 7519, section 2).
fn seconds(claims: &Map<String, Value>, name: &str) -> Result<Option<f64>, JwtError> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    let unusable = || JwtError::Claim(name.to_owned());
    value.as_f64().map(Some).ok_or_else(unusable)
}

/// The RSA key in a PEM text, and its bits: a certificate's, or one alone in either form.
fn rsa(pem: &str) -> Option<(DecodingKey, usize)> {
    if let Ok(certificate) = CertificateDer::from_pem_slice(pem.as_bytes()) {
        let (_, certificate) = X509Certificate::from_der(&certificate).ok()?;
        return rsa_of(certificate.public_key());
    }
    if let Ok(key) = SubjectPublicKeyInfoDer::from_pem_slice(pem.as_bytes()) {
        let (_, key) = SubjectPublicKeyInfo::from_der(&key).ok()?;
        return rsa_of(&key);
    }
    let (_, pem) = parse_x509_pem(pem.as_bytes()).ok()?;
    if pem.label != "RSA PUBLIC KEY" {
        return None;
    }
    let (_, key) = RSAPublicKey::from_der(&pem.contents).ok()?;
    Some((DecodingKey::from_rsa_der(&pem.contents), bits(&key)))
}

fn rsa_of(key: &SubjectPublicKeyInfo<'_>) -> Option<(DecodingKey, usize)> {
    let Ok(PublicKey::RSA(parsed)) = key.parsed() else {
        return None;
    };
    let decoding = DecodingKey::from_rsa_der(&key.subject_public_key.data);
    Some((decoding, bits(&parsed)))
}

/// Of the modulus.
fn bits(key: &RSAPublicKey<'_>) -> usize {
    let bytes = key.modulus.iter().skip_while(|byte| **byte == 0);
    let bytes: Vec<_> = bytes.collect();
    let unused = bytes
        .first()
        .map_or(0, |first| first.leading_zeros() as usize);
    bytes.len() * 8 - unused
}

/// Our proof for the hub: a token by the signing key, from `issuer` for `audience`, good for a minute.
///
/// # Errors
/// When the key does not sign.
pub fn hub_login(
    key: &SigningKey,
    issuer: &str,
    audience: &str,
    now: SystemTime,
) -> Result<String, SigningKeyError> {
    let instant = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let claims = json!({
        "iat": instant,
        "exp": instant + HUB_TOKEN_LIFE.as_secs(),
        "iss": issuer,
        "aud": audience,
    });
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"JWT"}"#),
        URL_SAFE_NO_PAD.encode(claims.to_string())
    );
    let signature = URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes())?);
    Ok(format!("{signed}.{signature}"))
}

#[cfg(test)]
#[path = "jwt_tests.rs"]
mod tests;
