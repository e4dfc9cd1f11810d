//! Session tickets that every instance can read: their keys are made of what instances share, the
//! signing key, and of the time. No store, and nothing to send around.
//!
//! A ticket holds what it takes to resume a session (RFC 8446, section 4.6.1; RFC 5077): the server
//! keeps nothing. Its key is derived by HKDF-SHA256 (RFC 5869) from the signing key for one purpose, one
//! period and one certificate, and encrypts by AES-256-GCM. The key of the period before is accepted too,
//! and that of the next, for instances whose clock is ahead.
//!
//! The certificate counts because a client that resumes keeps the one that its session
//! began with, and binds its Kerberos token to that (RFC 5929, section 4.1): under another certificate
//! the binding would be refused as a wrong one. So another certificate means a full handshake.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use arc_swap::ArcSwap;
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    digest,
    hkdf::{HKDF_SHA256, KeyType, Prk, Salt},
    rand,
};
use rustls::server::ProducesTickets;
use rustls_pki_types::{PrivateKeyDer, pem::PemObject as _};

use crate::{
    clock::Clock,
    secret::{ExposeSecret as _, SecretString},
};

/// Separates these keys from any other use of the signing key.
const PURPOSE: &[u8] = b"ad-edge TLS session tickets, version 1";
/// How long one key makes tickets.
const PERIOD: Duration = Duration::from_hours(12);
/// The lifetime that a client reads: no ticket is older than the key before the present one.
const LIFETIME: Duration = PERIOD;
const NUMBER_LEN: usize = 8;
const KEY_LEN: usize = 32;
/// A session with a long certificate chain is not put into a ticket: it would burden every hello.
const MAX_PLAIN: usize = 8 << 10;

/// The root of all tickets' keys: what instances share.
pub struct SharedTickets {
    root: ArcSwap<Prk>,
    clock: Clock,
}

/// Makes and reads the tickets of sessions under one certificate.
pub(super) struct CertificateTickets {
    shared: Arc<SharedTickets>,
    /// SHA-256 of the leaf, DER.
    leaf: digest::Digest,
}

/// The signing key's text holds no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signing key cannot be read, so no session tickets can be made of it")]
pub struct NoTicketKey;

impl SharedTickets {
    /// From the signing key, PEM.
    ///
    /// # Errors
    /// When it is none.
    pub fn new(signing_key: &SecretString, clock: Clock) -> Result<Arc<Self>, NoTicketKey> {
        Ok(Arc::new(Self {
            root: ArcSwap::from_pointee(root(signing_key)?),
            clock,
        }))
    }

    /// From another signing key on: tickets of the old one then lead to a full handshake.
    ///
    /// # Errors
    /// When it is none; the old one stays.
    pub fn use_key(&self, signing_key: &SecretString) -> Result<(), NoTicketKey> {
        self.root.store(Arc::new(root(signing_key)?));
        Ok(())
    }

    /// What the tickets' age is measured by.
    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    fn period(&self) -> u64 {
        let now = self.clock.now().duration_since(UNIX_EPOCH);
        now.unwrap_or_default().as_secs() / PERIOD.as_secs()
    }

    /// For sessions under the certificate with this leaf, DER.
    pub(super) fn of_certificate(self: &Arc<Self>, leaf: &[u8]) -> Arc<CertificateTickets> {
        Arc::new(CertificateTickets {
            shared: Arc::clone(self),
            leaf: digest::digest(&digest::SHA256, leaf),
        })
    }

    fn key(&self, period: u64, leaf: &digest::Digest) -> Option<LessSafeKey> {
        struct Length;
        impl KeyType for Length {
            fn len(&self) -> usize {
                KEY_LEN
            }
        }
        let mut key = zeroize::Zeroizing::new([0; KEY_LEN]);
        let info = period.to_be_bytes();
        let info: [&[u8]; 2] = [&info, leaf.as_ref()];
        self.root
            .load()
            .expand(&info, Length)
            .ok()?
            .fill(&mut *key)
            .ok()?;
        Some(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &*key).ok()?))
    }
}

fn root(signing_key: &SecretString) -> Result<Prk, NoTicketKey> {
    // The DER, so that the text's line ends make no difference.
    let key = signing_key.expose_secret().trim_start_matches('\u{feff}');
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| NoTicketKey)?;
    Ok(Salt::new(HKDF_SHA256, PURPOSE).extract(key.secret_der()))
}

impl ProducesTickets for CertificateTickets {
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        u32::try_from(LIFETIME.as_secs()).unwrap_or(u32::MAX)
    }

    /// The period, a nonce by chance, and the sealed session.
    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        if plain.len() > MAX_PLAIN {
            return None;
        }
        let period = self.shared.period();
        let key = self.shared.key(period, &self.leaf)?;
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).ok()?;
        let number = period.to_be_bytes();
        let mut sealed = plain.to_vec();
        let nonce_value = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(nonce_value, Aad::from(number), &mut sealed)
            .ok()?;
        Some([&number[..], &nonce, &sealed].concat())
    }

    fn decrypt(&self, ticket: &[u8]) -> Option<Vec<u8>> {
        let (number, rest) = ticket.split_first_chunk::<NUMBER_LEN>()?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>()?;
        let period = u64::from_be_bytes(*number);
        if period.abs_diff(self.shared.period()) > 1 {
            return None;
        }
        let mut plain = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self
            .shared
            .key(period, &self.leaf)?
            .open_in_place(nonce, Aad::from(*number), &mut plain)
            .ok()?
            .len();
        plain.truncate(opened);
        Some(plain)
    }
}

impl fmt::Debug for SharedTickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedTickets")
    }
}

impl fmt::Debug for CertificateTickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CertificateTickets")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn at(pem: &str, unix: u64) -> Arc<CertificateTickets> {
        under(b"a certificate", pem, unix)
    }

    fn under(leaf: &[u8], pem: &str, unix: u64) -> Arc<CertificateTickets> {
        let key = SecretString::from(pem.to_owned());
        let shared = SharedTickets::new(&key, Clock::fixed(unix)).expect("a key");
        shared.of_certificate(leaf)
    }

    fn pem() -> String {
        rcgen::KeyPair::generate().expect("a key").serialize_pem()
    }

    #[test]
    fn one_instance_reads_the_tickets_of_another() {
        let pem = pem();
        let (one, two) = (at(&pem, NOW), at(&pem.replace('\n', "\r\n"), NOW));
        let ticket = one.encrypt(b"a session").expect("a ticket");
        assert_eq!(two.decrypt(&ticket).as_deref(), Some(&b"a session"[..]));
        assert_ne!(
            one.encrypt(b"a session"),
            Some(ticket.clone()),
            "a fresh nonce"
        );
        assert!(!ticket.windows(9).any(|part| part == b"a session"));
        let other = at(&self::pem(), NOW);
        assert_eq!(other.decrypt(&ticket), None);
        let renewed = under(b"another certificate", &pem, NOW);
        assert_eq!(renewed.decrypt(&ticket), None);
        for index in 0..ticket.len() {
            let mut changed = ticket.clone();
            changed[index] ^= 1;
            assert_eq!(two.decrypt(&changed), None, "byte {index}");
            assert_eq!(two.decrypt(&ticket[..index]), None);
        }
    }

    #[test]
    fn a_ticket_outlives_its_period_by_one() {
        let (pem, period) = (pem(), PERIOD.as_secs());
        let ticket = at(&pem, NOW).encrypt(b"x").expect("a ticket");
        for (then, readable) in [
            (NOW + period, true),
            (NOW + 2 * period, false),
            // A clock that is behind.
            (NOW - period, true),
            (NOW - 2 * period, false),
        ] {
            let read = at(&pem, then).decrypt(&ticket);
            assert_eq!(read.is_some(), readable, "at {then}");
        }
    }

    #[test]
    fn a_long_session_has_no_ticket() {
        assert_eq!(at(&pem(), NOW).encrypt(&[0; MAX_PLAIN + 1]), None);
        let none = SecretString::from("no key".to_owned());
        assert!(SharedTickets::new(&none, Clock::system()).is_err());
    }
}
