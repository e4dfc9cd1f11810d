//! Session tickets that every instance can read: their keys are made of what instances share,
//! `TLS_TICKET_SECRET` or the signing key, and of the time. No store, and nothing to send around.
//!
//! A ticket holds what it takes to resume a session (RFC 8446, section 4.6.1): the server
//! keeps nothing. Its key is derived by HKDF-SHA256 (RFC 5869) from the secret for one purpose, one
//! period and one certificate, and encrypts by AES-256-GCM. The key of the period before is accepted too,
//! and that of the next, for instances whose clock is ahead.
//!
//! Sessions of TLS 1.2 have no ticket: it passes in the clear with all that it takes to read the session, so
//! that the secret would open what was recorded. In TLS 1.3 each connection has a key agreement of its own
//! (RFC 8446, section 2.2, psk_dhe_ke); who has the secret can still pretend to be this server to a client
//! that resumes, hence a secret that is in no backup.
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
const PURPOSE: &[u8] = b"ad-edge TLS session tickets, version 2";
/// How long one key makes tickets.
const PERIOD: Duration = Duration::from_hours(12);
/// The lifetime that a client reads: no ticket is older than the key before the present one.
const LIFETIME: Duration = PERIOD;
const NUMBER_LEN: usize = 8;
const KEY_LEN: usize = 32;
/// A session with a long certificate chain is not put into a ticket: it would burden every hello.
const MAX_PLAIN: usize = 8 << 10;

/// What instances share, to make keys of.
#[derive(Debug, Clone, Copy)]
pub enum TicketSecret<'a> {
    /// Where nothing else is given: PEM.
    SigningKey(&'a SecretString),
    /// `TLS_TICKET_SECRET`.
    Own(&'a SecretString),
}

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
    /// From a secret.
    ///
    /// # Errors
    /// When it is a signing key that is none.
    pub fn new(secret: TicketSecret<'_>, clock: Clock) -> Result<Arc<Self>, NoTicketKey> {
        Ok(Arc::new(Self {
            root: ArcSwap::from_pointee(root(secret)?),
            clock,
        }))
    }

    /// From another secret on: tickets of the old one then lead to a full handshake.
    ///
    /// # Errors
    /// When it is a signing key that is none; the old one stays.
    pub fn use_secret(&self, secret: TicketSecret<'_>) -> Result<(), NoTicketKey> {
        self.root.store(Arc::new(root(secret)?));
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

fn root(secret: TicketSecret<'_>) -> Result<Prk, NoTicketKey> {
    let salt = Salt::new(HKDF_SHA256, PURPOSE);
    match secret {
        TicketSecret::Own(secret) => Ok(salt.extract(secret.expose_secret().trim().as_bytes())),
        TicketSecret::SigningKey(key) => {
            // The DER, so that the text's line ends make no difference.
            let key = key.expose_secret().trim_start_matches('\u{feff}');
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| NoTicketKey)?;
            Ok(salt.extract(key.secret_der()))
        }
    }
}

/// Whether it is a session of TLS 1.3, as rustls writes one: a server name, if there is one, then the
/// version. The settings for clients that offer nothing newer than TLS 1.2 have no tickets at all; this is for
/// one that offers cipher suites of TLS 1.3 and not the version.
fn is_tls13(session: &[u8]) -> bool {
    let version = match session {
        [0, rest @ ..] => rest,
        [1, length, rest @ ..] => rest.get(usize::from(*length)..).unwrap_or_default(),
        _ => &[],
    };
    version.starts_with(&[3, 4])
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
        if plain.len() > MAX_PLAIN || !is_tls13(plain) {
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
        is_tls13(&plain).then_some(plain)
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
        of(TicketSecret::SigningKey(&key), leaf, unix)
    }

    fn of(secret: TicketSecret<'_>, leaf: &[u8], unix: u64) -> Arc<CertificateTickets> {
        let shared = SharedTickets::new(secret, Clock::fixed(unix)).expect("a key");
        shared.of_certificate(leaf)
    }

    /// Without a server name, of TLS 1.3.
    const SESSION: &[u8] = b"\0\x03\x04a session";

    fn pem() -> String {
        rcgen::KeyPair::generate().expect("a key").serialize_pem()
    }

    #[test]
    fn one_instance_reads_the_tickets_of_another() {
        let pem = pem();
        let (one, two) = (at(&pem, NOW), at(&pem.replace('\n', "\r\n"), NOW));
        let ticket = one.encrypt(SESSION).expect("a ticket");
        assert_eq!(two.decrypt(&ticket).as_deref(), Some(SESSION));
        assert_ne!(one.encrypt(SESSION), Some(ticket.clone()), "a fresh nonce");
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
        let ticket = at(&pem, NOW).encrypt(SESSION).expect("a ticket");
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
        let long = [SESSION, &[0; MAX_PLAIN]].concat();
        assert_eq!(at(&pem(), NOW).encrypt(&long), None);
        let none = SecretString::from("no key".to_owned());
        assert!(SharedTickets::new(TicketSecret::SigningKey(&none), Clock::system()).is_err());
    }

    #[test]
    fn the_signing_key_opens_no_ticket_where_there_is_another_secret() {
        let key = SecretString::from(pem());
        let [secret, other] = [
            "a secret of the fleet, in no backup",
            "another secret, as long as that",
        ]
        .map(|text| SecretString::from(text.to_owned()));
        let own = |secret| of(TicketSecret::Own(secret), b"leaf", NOW);
        let ticket = own(&secret).encrypt(SESSION).expect("a ticket");
        assert_eq!(own(&secret).decrypt(&ticket).as_deref(), Some(SESSION));
        assert_eq!(own(&other).decrypt(&ticket), None);
        assert_eq!(
            of(TicketSecret::SigningKey(&key), b"leaf", NOW).decrypt(&ticket),
            None
        );
        let by_key = of(TicketSecret::SigningKey(&key), b"leaf", NOW);
        let by_key = by_key.encrypt(SESSION).expect("a ticket");
        assert_eq!(own(&secret).decrypt(&by_key), None);
    }

    #[test]
    fn a_session_of_tls_1_2_has_no_ticket() {
        let tickets = at(&pem(), NOW);
        for session in [
            &b"\0\x03\x03\xc0\x2fsecrets"[..],
            b"\x01\x05login\x03\x03\xc0\x2fsecrets",
            b"\x01\x05\x03\x04",
            b"\x02\x03\x04",
            b"",
        ] {
            assert_eq!(tickets.encrypt(session), None, "{session:?}");
        }
        assert!(
            tickets
                .encrypt(b"\x01\x05login\x03\x04\x13\x01secrets")
                .is_some()
        );
    }
}
