//! Keys of TLS towards browsers: the certificate for SERVER_URL.

use std::path::{Path, PathBuf};

use crate::secret::SecretString;

/// Where the certificate and key of SERVER_URL come from.
#[derive(Debug, Clone)]
pub enum TlsMaterial {
    /// `TLS_CERT_FILE` and `TLS_KEY_FILE`: PEM, the chain with the leaf first.
    Pem { chain: PathBuf, key: PathBuf },
    /// `SSL_PFX`, a PKCS#12 file (decoded from base64), and `SSL_KEY_PASSWORD`. Holds the private
    /// key, so both are secrets.
    Pkcs12 {
        archive: secrecy::SecretSlice<u8>,
        password: SecretString,
    },
}

impl TlsMaterial {
    /// The files that it comes from; none for `SSL_PFX`.
    #[must_use]
    pub fn files(&self) -> Vec<&Path> {
        match self {
            Self::Pem { chain, key } => vec![chain, key],
            Self::Pkcs12 { .. } => Vec::new(),
        }
    }
}
