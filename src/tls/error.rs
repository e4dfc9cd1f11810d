//! What can be wrong with the configured certificate and key.

use std::{io, path::PathBuf};

use p12_keystore::error::Error as Pkcs12Error;

use crate::cause;

/// Why the TLS certificate of `SERVER_URL` cannot be used. Names files, never their content.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error(
        "cannot read {}: {}; check the path and that this user may read it",
        file.display(),
        cause::io(cause)
    )]
    Read {
        file: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error(
        "{source_name} holds no certificate: it must be PEM, the certificate of SERVER_URL first, then its issuers"
    )]
    NoCertificate { source_name: String },
    #[error("{source_name} holds no private key: it must be PEM, PKCS#8, PKCS#1 or SEC1")]
    NoKey { source_name: String },
    #[error(
        "the private key in {source_name} is encrypted: decrypt it (`openssl pkey -in … -out …`), or use SSL_PFX with SSL_KEY_PASSWORD"
    )]
    EncryptedKey { source_name: String },
    #[error("{source_name} is not well-formed PEM: {cause}")]
    Pem {
        source_name: String,
        /// In words: the parser's own error quotes the file.
        cause: &'static str,
    },
    #[error("the password of SSL_PFX is wrong: check SSL_KEY_PASSWORD")]
    PfxPassword,
    #[error(
        "SSL_PFX is not a PKCS#12 file that can be read ({}): export it again, with its private key, and encode it in base64",
        pkcs12(cause)
    )]
    Pfx {
        #[source]
        cause: Pkcs12Error,
    },
    #[error("SSL_PFX holds no private key: export it again with \"Yes, export the private key\"")]
    PfxWithoutKey,
    #[error(
        "SSL_PFX holds no certificate for its private key: export the certificate together with the key"
    )]
    PfxWithoutCertificate,
    #[error(
        "the certificate in {source_name} {}: get it issued again",
        cause::certificate(cause)
    )]
    Certificate {
        source_name: String,
        cause: Box<rustls::CertificateError>,
    },
    #[error(
        "the private key in {key} does not belong to the certificate in {certificate}: use the key with which this certificate was requested"
    )]
    Mismatch { certificate: String, key: String },
    #[error(
        "the private key in {source_name} cannot be used ({}): RSA from 2048 bits, ECDSA P-256, P-384 or P-521, or Ed25519",
        cause::tls(cause)
    )]
    UnusableKey {
        source_name: String,
        #[source]
        cause: Box<rustls::Error>,
    },
    #[error("the TLS library refused its own settings: {}", cause::tls(.0))]
    Library(#[source] Box<rustls::Error>),
}

fn pkcs12(error: &Pkcs12Error) -> String {
    match error {
        Pkcs12Error::IoError(error) => cause::io(error),
        Pkcs12Error::DerError(_)
        | Pkcs12Error::InvalidLength
        | Pkcs12Error::InvalidParameters
        | Pkcs12Error::InvalidData => "it is malformed".to_owned(),
        Pkcs12Error::InvalidVersion => "its version is not known".to_owned(),
        Pkcs12Error::X509Error(_) | Pkcs12Error::UnsupportedCertificateType => {
            "a certificate in it cannot be read".to_owned()
        }
        Pkcs12Error::UnsupportedContentType
        | Pkcs12Error::UnsupportedEncryptionScheme
        | Pkcs12Error::UnsupportedMacAlgorithm
        | Pkcs12Error::Pkcs5Error(_) => "it is encrypted in a way that is not known".to_owned(),
        Pkcs12Error::InvalidPrivateKey => "its private key cannot be read".to_owned(),
        _ => "it cannot be decrypted".to_owned(),
    }
}
