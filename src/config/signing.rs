//! Keys of the key and certificate that sign tokens.

use std::{fs, io, path::Path};

use super::{
    home::Home,
    keys,
    mistake::Place,
    problem::{Holds, Missing, Problem},
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

pub(super) fn signing(files: Option<&Home>, r: &mut Reader) -> Option<SigningPem> {
    let certificate = match r.read(&keys::AUTH_CERT) {
        Some(text) => Some(text),
        None => files.and_then(|home| read_pem(&home.signing_certificate(), &keys::AUTH_CERT, r)),
    };
    // Every byte of it counts: stored passwords are encrypted with them.
    let given = r
        .read(&keys::AUTH_CERT_KEY)
        .filter(|key| !key.expose_secret().trim().is_empty());
    let key = match given {
        Some(text) => Some(text),
        None => files
            .and_then(|home| read_pem(&home.signing_key(), &keys::AUTH_CERT_KEY, r))
            .map(SecretString::from),
    };
    match (certificate, key) {
        (Some(certificate), Some(key)) => return Some(SigningPem { certificate, key }),
        (Some(_), None) => r.missing(&keys::AUTH_CERT_KEY, Missing::SigningKey),
        (None, Some(_)) => r.missing(&keys::AUTH_CERT, Missing::SigningCertificate),
        (None, None) if files.is_none() => {
            r.missing(&keys::AUTH_CERT, Missing::SigningInEnvironment);
        }
        (None, None) => {}
    }
    None
}

fn read_pem(path: &Path, key: impl Into<Place>, r: &mut Reader) -> Option<String> {
    match fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            let problem = Problem::unreadable(error, Holds::SigningKeyOrCertificate);
            r.wrong_file(key, path.to_owned(), problem);
            None
        }
    }
}
