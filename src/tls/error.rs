//! What can be wrong with the configured certificate and key.

use std::{io, path::PathBuf};

/// Why the TLS certificate of `SERVER_URL` cannot be used. Names files, never their content.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("cannot read {}: {cause}; check the path and that this user may read it", .file.display())]
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
    Pem { source_name: String, cause: String },
    #[error("the password of SSL_PFX is wrong: check SSL_KEY_PASSWORD")]
    PfxPassword,
    #[error(
        "SSL_PFX is not a PKCS#12 file that can be read ({cause}): export it again, with its private key, and encode it in base64"
    )]
    Pfx { cause: String },
    #[error("SSL_PFX holds no private key: export it again with \"Yes, export the private key\"")]
    PfxWithoutKey,
    #[error(
        "SSL_PFX holds no certificate for its private key: export the certificate together with the key"
    )]
    PfxWithoutCertificate,
    #[error("the certificate in {source_name} cannot be read ({cause}): get it issued again")]
    Certificate { source_name: String, cause: String },
    #[error(
        "the private key in {key} does not belong to the certificate in {certificate}: use the key with which this certificate was requested"
    )]
    Mismatch { certificate: String, key: String },
    #[error(
        "the private key in {source_name} cannot be used ({cause}): RSA from 2048 bits, ECDSA P-256, P-384 or P-521, or Ed25519"
    )]
    UnusableKey { source_name: String, cause: String },
    #[error("the TLS library refused its own settings: {0}")]
    Library(#[source] rustls::Error),
}
