//! Digests that instances of one fleet can compare, and nobody else can use.

use std::fmt;

use aws_lc_rs::hmac;
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
        // The DER, so that the text's line ends make no difference.
        let text = signing_key.expose_secret().trim_start_matches('\u{feff}');
        let der = PrivateKeyDer::from_pem_slice(text.as_bytes()).ok();
        let secret = der
            .as_ref()
            .map_or(text.as_bytes(), PrivateKeyDer::secret_der);
        let purpose = hmac::Key::new(hmac::HMAC_SHA256, PURPOSE);
        let key = hmac::sign(&purpose, secret);
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

impl fmt::Debug for FleetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FleetKey")
    }
}

#[cfg(test)]
mod tests {
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
}
