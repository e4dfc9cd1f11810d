//! Secrets: values that Debug, Display and serialisation never show, in memory that nobody reads; and files that hold
//! one.
//!
//! The type is secrecy's; this module exists so that the whole program names one type, and so that
//! one test proves what the others rely on.

use std::io;

use rustix::process::{DumpableBehavior, set_dumpable_behavior};
pub use secrecy::{ExposeSecret, SecretString};

/// From now on the memory of this process is for root alone: its user's other programs cannot read it, and a
/// crash writes none of it to a disk (`PR_SET_DUMPABLE` of prctl(2)).
///
/// # Errors
/// When the system refuses it.
pub fn guard_memory() -> io::Result<()> {
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}

/// Whether a private key in PEM is in it (RFC 7468, section 10; PKCS#1's and SEC 1's labels end alike): a
/// certificate's file may hold its key too.
#[must_use]
pub fn holds_private_key(content: &[u8]) -> bool {
    const LABEL: &[u8] = b"PRIVATE KEY-----";
    content.windows(LABEL.len()).any(|part| part == LABEL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_beside_a_certificate_is_seen() {
        let certificate = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
        assert!(!holds_private_key(certificate.as_bytes()));
        for kind in ["", "RSA ", "EC ", "ENCRYPTED "] {
            let both = format!("{certificate}-----BEGIN {kind}PRIVATE KEY-----\nAA==\n");
            assert!(holds_private_key(both.as_bytes()), "{kind}");
        }
    }

    #[test]
    fn debug_hides_the_secret() {
        let secret = SecretString::from("Passw0rd!23".to_owned());
        let shown = format!("{secret:?} {:?}", Some(&secret));
        assert!(!shown.contains("Passw0rd"), "{shown}");
        assert_eq!(secret.expose_secret(), "Passw0rd!23");
    }
}
