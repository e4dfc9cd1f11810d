//! Digests that instances of one fleet can compare, and nobody else can use.

use std::fmt;

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    hmac, rsa,
};
use rustls_pki_types::{PrivateKeyDer, pem::PemObject as _};

use crate::secret::{ExposeSecret as _, SecretString};

/// Separates this key from any other use of the signing key.
const PURPOSE: &[u8] = b"ad-edge digests of a fleet's configuration, version 1";
/// Enough to tell values apart by.
const SHOWN: usize = 8;

/// The key of the digests, made of the signing key: instances that sign alike make equal digests of equal
/// values. Whoever sees a digest cannot try passwords on it, as they could on a plain hash. Instances with
/// different signing keys cannot be compared by them.
#[derive(Clone)]
pub struct FleetKey(hmac::Key);

impl FleetKey {
    /// Of the signing key, PEM.
    #[must_use]
    pub fn of(signing_key: &SecretString) -> Self {
        let text = signing_key.expose_secret().trim_start_matches('\u{feff}');
        let purpose = hmac::Key::new(hmac::HMAC_SHA256, PURPOSE);
        // Neither the text's line ends nor the encoding, PKCS#1 or PKCS#8, make a difference.
        let key = match PrivateKeyDer::from_pem_slice(text.as_bytes()) {
            Ok(der) => match pkcs8(&der) {
                Some(same) => hmac::sign(&purpose, same.as_ref()),
                None => hmac::sign(&purpose, der.secret_der()),
            },
            Err(_) => hmac::sign(&purpose, text.as_bytes()),
        };
        Self(hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()))
    }

    /// The first 8 bytes of HMAC-SHA256 over the name and the value, in hexadecimal.
    #[must_use]
    pub fn digest(&self, name: &str, value: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(name.as_bytes());
        context.update(b"\0");
        context.update(value);
        hex::encode(&context.sign().as_ref()[..SHOWN])
    }
}

/// An RSA key in the one encoding; no other signs.
fn pkcs8(der: &PrivateKeyDer<'_>) -> Option<Pkcs8V1Der<'static>> {
    let key = match der {
        PrivateKeyDer::Pkcs1(der) => rsa::KeyPair::from_der(der.secret_pkcs1_der()),
        other => rsa::KeyPair::from_pkcs8(other.secret_der()),
    };
    key.ok()?.as_der().ok()
}

impl fmt::Debug for FleetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FleetKey")
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, prelude::BASE64_STANDARD as STANDARD};

    use super::*;

    #[test]
    fn a_digest_is_the_fleet_s_own() {
        let key = |text: &str| FleetKey::of(&SecretString::from(text.to_owned()));
        let (one, other) = (key("one"), key("other"));
        assert_eq!(
            one.digest("LDAP_BASE", b"x"),
            key("one").digest("LDAP_BASE", b"x")
        );
        let differ = [
            one.digest("LDAP_BASE", b"x"),
            one.digest("LDAP_BASE", b"y"),
            one.digest("LDAP_BAS", b"Ex"),
            other.digest("LDAP_BASE", b"x"),
        ];
        let distinct: std::collections::BTreeSet<_> = differ.iter().collect();
        assert_eq!(distinct.len(), differ.len());
        assert!(differ.iter().all(|digest| digest.len() == 16));
        assert_eq!(format!("{one:?}"), "FleetKey");
    }

    #[test]
    fn line_ends_of_the_key_s_text_make_no_difference() {
        let pem = rcgen::KeyPair::generate().expect("a key").serialize_pem();
        let windows = format!("\u{feff}{}", pem.replace('\n', "\r\n"));
        let digest = |text: String| FleetKey::of(&SecretString::from(text)).digest("a", b"b");
        assert_eq!(digest(pem), digest(windows));
    }

    #[test]
    fn the_encoding_of_the_key_makes_no_difference() {
        let key = rsa::KeyPair::generate(rsa::KeySize::Rsa2048).expect("a key");
        let pkcs8: Pkcs8V1Der<'_> = key.as_der().expect("its encoding");
        // The key itself is the last of PKCS#8's three parts (RFC 5208, section 5): version, algorithm and
        // its head have 26 bytes.
        let pkcs1 = &pkcs8.as_ref()[26..];
        assert!(rsa::KeyPair::from_der(pkcs1).is_ok());
        let digest = |label: &str, der: &[u8]| {
            let text = STANDARD.encode(der);
            let pem = format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n");
            FleetKey::of(&SecretString::from(pem)).digest("a", b"b")
        };
        assert_eq!(
            digest("PRIVATE KEY", pkcs8.as_ref()),
            digest("RSA PRIVATE KEY", pkcs1)
        );
    }
}
