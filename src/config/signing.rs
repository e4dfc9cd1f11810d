//! Keys of the key and certificate that sign tokens.

use std::io;

use super::{
    key::Key,
    keys,
    kinds::Kind,
    problem::{Holds, Missing, Problem},
    read_file::{Most, read_text},
    reader::Reader,
};
use crate::secret::{ExposeSecret as _, SecretString};

/// The RSA key that signs tokens, authenticates to the hub and encrypts the bind password, and its certificate.
#[derive(Debug, Clone)]
pub struct SigningPem {
    /// PEM of the certificate.
    pub certificate: String,
    /// PEM of the private key, PKCS#8 or PKCS#1.
    pub key: SecretString,
}

pub(super) fn signing(uses_files: bool, r: &mut Reader) -> Option<SigningPem> {
    let certificate = match r.read(&keys::AUTH_CERT) {
        Some(text) => Some(text),
        None => read_usual(&keys::AUTH_CERT, r),
    };
    // Every byte of it counts: stored passwords are encrypted with them.
    let given = r
        .read(&keys::AUTH_CERT_KEY)
        .filter(|key| !key.expose_secret().trim().is_empty());
    let key = match given {
        Some(text) => Some(text),
        None => read_usual(&keys::AUTH_CERT_KEY, r).map(SecretString::from),
    };
    match (certificate, key) {
        (Some(certificate), Some(key)) => return Some(SigningPem { certificate, key }),
        (Some(_), None) => r.missing(&keys::AUTH_CERT_KEY, Missing::SigningKey),
        (None, Some(_)) => r.missing(&keys::AUTH_CERT, Missing::SigningCertificate),
        (None, None) if !uses_files => {
            r.missing(&keys::AUTH_CERT, Missing::SigningInEnvironment);
        }
        (None, None) => {}
    }
    None
}

/// The file whose content counts where the key is not given.
fn read_usual<K: Kind>(key: &'static Key<K>, r: &mut Reader) -> Option<String> {
    let path = r.values().usual_file(key)?;
    match read_text(&path, Most::ORDINARY) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            let problem = Problem::unreadable(error, Holds::SigningKeyOrCertificate);
            r.wrong_file(key, path, problem);
            None
        }
    }
}
