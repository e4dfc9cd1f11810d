//! The signing key and certificate, and the XML signature: enveloped, RSA-SHA256 over exclusive C14N.

use aws_lc_rs::{
    digest,
    rand::SystemRandom,
    rsa::KeyPair,
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

use crate::{config::SigningPem, secret::ExposeSecret as _};

/// An RSA private key and the certificate under which relying parties know it.
pub struct SigningKey {
    pair: KeyPair,
    certificate: CertificateDer<'static>,
    certificate_base64: String,
    thumbprint: String,
    /// Unix time at which the certificate ends.
    not_after: i64,
}

/// Why a signing key and certificate cannot be used; never holds key material.
#[derive(Debug, thiserror::Error)]
pub enum SigningKeyError {
    #[error("the signing certificate (certs/cert.pem or AUTH_CERT) is not a PEM certificate")]
    Certificate,
    #[error("the signing key (certs/cert.key or AUTH_CERT_KEY) is not an RSA private key in PEM")]
    Key,
    #[error(
        "the signing certificate and the signing key do not belong together: restore both from \
         the same installation"
    )]
    Mismatch,
    #[error("the signing key refused to sign")]
    Sign,
}

impl SigningKey {
    /// Reads both and checks that they belong together.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn new(pem: &SigningPem) -> Result<Self, SigningKeyError> {
        // Windows editors put a byte order mark first.
        let certificate = pem.certificate.trim_start_matches('\u{feff}');
        let certificate = CertificateDer::from_pem_slice(certificate.as_bytes())
            .map_err(|_| SigningKeyError::Certificate)?;
        let key = pem.key.expose_secret().trim_start_matches('\u{feff}');
        let key =
            PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| SigningKeyError::Key)?;
        let key = match &key {
            PrivateKeyDer::Pkcs8(der) => KeyPair::from_pkcs8(der.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(der) => KeyPair::from_der(der.secret_pkcs1_der()),
            _ => return Err(SigningKeyError::Key),
        }
        .map_err(|_| SigningKeyError::Key)?;
        let (_, parsed) =
            X509Certificate::from_der(&certificate).map_err(|_| SigningKeyError::Certificate)?;
        if *parsed.public_key().subject_public_key.data != *key.public_key().as_ref() {
            return Err(SigningKeyError::Mismatch);
        }
        let not_after = parsed.validity().not_after.timestamp();
        let sha1 = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &certificate);
        Ok(Self {
            pair: key,
            certificate_base64: STANDARD.encode(&certificate),
            thumbprint: hex::encode(sha1),
            not_after,
            certificate,
        })
    }

    /// The certificate's DER in base64, as `X509Certificate` and the tenant's ticket want it.
    #[must_use]
    pub fn certificate_base64(&self) -> &str {
        &self.certificate_base64
    }

    #[must_use]
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// The certificate's SHA-1 in lower-case hexadecimal: the name by which tenants list it.
    #[must_use]
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// Unix time at which the certificate ends.
    #[must_use]
    pub fn not_after(&self) -> i64 {
        self.not_after
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningKeyError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message,
                &mut signature,
            )
            .map_err(|_| SigningKeyError::Sign)?;
        Ok(signature)
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey")
            .field("thumbprint", &self.thumbprint)
            .finish_non_exhaustive()
    }
}

const XMLDSIG: &str = r#" xmlns="http://www.w3.org/2000/09/xmldsig#""#;

/// The `Signature` element over a canonical element whose ID is `id`.
///
/// An XML signature signs `SignedInfo`, which holds the digest of the referenced element
/// (XMLDSIG, section 3.1). Canonicalised alone, `SignedInfo` carries the namespace declaration that
/// it inherits from `Signature` in the document: the only difference between what is signed and what
/// is written.
pub(super) fn signature(
    key: &SigningKey,
    canonical: &[&str],
    id: &str,
) -> Result<String, SigningKeyError> {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in canonical {
        context.update(part.as_bytes());
    }
    let digest = STANDARD.encode(context.finish());
    let signed_info = |namespace: &str| {
        format!(
            r##"<SignedInfo{namespace}><CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></CanonicalizationMethod><SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"></SignatureMethod><Reference URI="#{id}"><Transforms><Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"></Transform><Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></Transform></Transforms><DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></DigestMethod><DigestValue>{digest}</DigestValue></Reference></SignedInfo>"##
        )
    };
    let value = STANDARD.encode(key.sign(signed_info(XMLDSIG).as_bytes())?);
    Ok(format!(
        "<Signature{XMLDSIG}>{}<SignatureValue>{value}</SignatureValue><KeyInfo><X509Data>\
         <X509Certificate>{}</X509Certificate></X509Data></KeyInfo></Signature>",
        signed_info(""),
        key.certificate_base64(),
    ))
}
