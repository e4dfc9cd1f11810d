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
}

/// `TENANT_SIGNING_KEY` cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "TENANT_SIGNING_KEY begins like PEM and holds no RSA certificate or public key; take it from the \
     ticket's answer again"
)]
pub struct TenantKeyError;

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
    /// When the text begins like PEM and is not an RSA key.
    pub fn new(text: &SecretString) -> Result<Self, TenantKeyError> {
        let text = text.expose_secret().trim();
        let (key, algorithm) = if text.contains("-----BEGIN ") {
            (rsa(text).ok_or(TenantKeyError)?, Algorithm::RS256)
        } else {
            (DecodingKey::from_secret(text.as_bytes()), Algorithm::HS256)
        };
        let mut validation = Validation::new(algorithm);
        // The library would read the time itself; `claims` compares with the time it is given.
        validation.validate_exp = false;
        // The tenant names no audience that we could compare.
        validation.validate_aud = false;
        Ok(Self { key, validation })
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

/// The RSA key in a PEM text: a certificate's, or one alone in either form.
fn rsa(pem: &str) -> Option<DecodingKey> {
    if let Ok(certificate) = CertificateDer::from_pem_slice(pem.as_bytes()) {
        let (_, certificate) = X509Certificate::from_der(&certificate).ok()?;
        return rsa_of(certificate.public_key());
    }
    if let Ok(key) = SubjectPublicKeyInfoDer::from_pem_slice(pem.as_bytes()) {
        let (_, key) = SubjectPublicKeyInfo::from_der(&key).ok()?;
        return rsa_of(&key);
    }
    let (_, pem) = parse_x509_pem(pem.as_bytes()).ok()?;
    let is_rsa = pem.label == "RSA PUBLIC KEY" && RSAPublicKey::from_der(&pem.contents).is_ok();
    is_rsa.then(|| DecodingKey::from_rsa_der(&pem.contents))
}

fn rsa_of(key: &SubjectPublicKeyInfo<'_>) -> Option<DecodingKey> {
    matches!(key.parsed(), Ok(PublicKey::RSA(_)))
        .then(|| DecodingKey::from_rsa_der(&key.subject_public_key.data))
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
