//! Keys of the pair that signs tokens.

use std::{fs, io};

use super::{
    key::{Declared, Key},
    keys,
    reader::Reader,
};
use crate::cause;
use crate::secret::{ExposeSecret as _, SecretString};

/// The RSA key pair that signs tokens, logs in to the hub and protects the bind password.
#[derive(Debug, Clone)]
pub struct SigningPair {
    /// PEM of the certificate.
    pub certificate: String,
    /// PEM of the private key, PKCS#8 or PKCS#1.
    pub key: SecretString,
}

pub(super) fn signing(uses_files: bool, r: &mut Reader) -> Option<SigningPair> {
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
        (Some(certificate), Some(key)) => return Some(SigningPair { certificate, key }),
        (Some(_), None) => r.missing(
            keys::AUTH_CERT_KEY,
            "There is a signing certificate but no key: restore certs/cert.key beside certs/cert.pem",
        ),
        (None, Some(_)) => r.missing(
            keys::AUTH_CERT,
            "There is a signing key but no certificate: restore certs/cert.pem beside certs/cert.key",
        ),
        (None, None) if !uses_files => r.missing(
            keys::AUTH_CERT,
            "With OVERRIDE_CONFIG=false no file is read: give AUTH_CERT and AUTH_CERT_KEY",
        ),
        (None, None) => {}
    }
    None
}

/// The file whose content counts where the key is not given.
fn read_usual<K>(key: &Key<K>, r: &mut Reader) -> Option<String>
where
    Key<K>: Declared,
{
    let path = r.values().usual_file(key)?;
    match fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            r.mistake(
                key,
                Some(path.display().to_string()),
                format!("cannot be read: {}", cause::io(&error)),
                "Make it readable for the user that runs ad-edge",
            );
            None
        }
    }
}
