//! What a server sends, looked at before ldap3 reads it.
//!
//! ldap3's decoder calls itself for each value within a value and keeps a whole message in memory, as large as the
//! server says it is: some kilobytes of nested values end the process, and a message without an end fills the
//! memory. Who is between may send them, before StartTLS too. So what ldap3 reads passes here first: BER as
//! LDAP uses it (RFC 4511, section 5.1), with bounds that no directory reaches.

use std::sync::{Arc, OnceLock};

use ldap3::LdapError;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, split},
    net::UnixStream,
};
use zeroize::Zeroize as _;

use super::error::LostCause;

/// Of one message. Active Directory's own limit for what it reads is 10 MB; entries with pictures are far below.
const MOST_BYTES: u64 = 16 << 20;
/// Values of one message: a user in 100 000 groups has as many. Each takes some hundred bytes here.
const MOST_VALUES: usize = 250_000;
/// Values within values: an entry has five, controls a few more.
const MOST_DEPTH: usize = 24;
/// `SEQUENCE`, as every message is.
const MESSAGE: u8 = 0x30;
const CONSTRUCTED: u8 = 0x20;
const LONG: u8 = 0x80;
/// What is read at a time.
const PART: usize = 16 << 10;

/// Why a connection is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unfit {
    /// It is no BER, or none of LDAP's.
    NotLdap,
    TooLarge,
}

impl From<Unfit> for LostCause {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::NotLdap => Self::NotLdap,
            Unfit::TooLarge => Self::TooLarge,
        }
    }
}

/// Follows the values of a server's messages; takes bytes in parts of any length.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// How many bytes there were.
    at: u64,
    /// Where each value ends that is being read and holds others, the message first.
    ends: Vec<u64>,
    /// Where the plain value ends that is passed over.
    passes_to: u64,
    /// The beginning of the next value, as far as it is there: its kind, then the bytes of its length.
    begun: Option<Begun>,
    values: usize,
}

#[derive(Debug, Clone, Copy)]
struct Begun {
    kind: u8,
    /// Bytes of the length that are still to come; `None` before its first one.
    left: Option<u8>,
    length: u64,
}

impl Scan {
    /// # Errors
    /// When a message is none, or beyond all bounds: nothing more may be passed on.
    pub fn read(&mut self, mut bytes: &[u8]) -> Result<(), Unfit> {
        while !bytes.is_empty() {
            let passed = usize::try_from(self.passes_to.saturating_sub(self.at));
            let passed = passed.unwrap_or(usize::MAX).min(bytes.len());
            self.at += passed as u64;
            bytes = &bytes[passed..];
            if self.begun.is_none() {
                while self.ends.pop_if(|end| *end <= self.at).is_some() {}
            }
            let Some((byte, rest)) = bytes.split_first() else {
                break;
            };
            bytes = rest;
            self.at += 1;
            if self.ends.last().is_some_and(|end| self.at > *end) {
                return Err(Unfit::NotLdap);
            }
            self.begun = match self.begun {
                None => Some(Begun {
                    kind: *byte,
                    left: None,
                    length: 0,
                }),
                Some(begun) => begun.with(*byte)?,
            };
            if let Some(Begun {
                kind,
                left: Some(0),
                length,
            }) = self.begun
            {
                self.begun = None;
                self.begins(kind, length)?;
            }
        }
        Ok(())
    }

    /// Whether the last byte was the last of a message.
    pub fn is_complete(&self) -> bool {
        let mut open = self.ends.iter().chain([&self.passes_to]);
        self.at > 0 && self.begun.is_none() && open.all(|end| *end <= self.at)
    }

    fn begins(&mut self, kind: u8, length: u64) -> Result<(), Unfit> {
        if length > MOST_BYTES {
            return Err(Unfit::TooLarge);
        }
        let end = self.at + length;
        match self.ends.last() {
            None if kind != MESSAGE => return Err(Unfit::NotLdap),
            None => self.values = 0,
            Some(outer) if end > *outer => return Err(Unfit::NotLdap),
            Some(_) => {}
        }
        self.values += 1;
        if self.values > MOST_VALUES || self.ends.len() >= MOST_DEPTH {
            return Err(Unfit::TooLarge);
        }
        if kind & CONSTRUCTED == 0 {
            self.passes_to = end;
        } else {
            self.ends.push(end);
        }
        Ok(())
    }
}

impl Begun {
    /// With one byte more of its length.
    fn with(self, byte: u8) -> Result<Option<Self>, Unfit> {
        let (left, length) = match self.left {
            None if byte < LONG => (0, u64::from(byte)),
            // Lengths are definite (RFC 4511, section 5.1), and fit into 64 bits.
            None if (1..=8).contains(&(byte - LONG)) => (byte - LONG, 0),
            None => return Err(Unfit::NotLdap),
            Some(left) => (left - 1, self.length << 8 | u64::from(byte)),
        };
        Ok(Some(Self {
            left: Some(left),
            length,
            ..self
        }))
    }
}

/// Passes on what a server and ldap3 send each other, until one of them ends it. `cause` is set when that was not
/// ldap3.
pub(super) async fn relay(
    server: impl AsyncRead + AsyncWrite,
    mut ours: UnixStream,
    cause: Arc<OnceLock<LostCause>>,
) {
    let (mut from_server, mut to_server) = split(server);
    let (mut from_us, mut to_us) = ours.split();
    let lost = |error| LostCause::Library(Arc::new(LdapError::from(error)));
    let answers = async {
        let mut part = vec![0; PART];
        let mut scan = Scan::default();
        loop {
            let length = match from_server.read(&mut part).await {
                Ok(0) => return LostCause::Ended,
                Ok(length) => length,
                Err(error) => return lost(error),
            };
            if let Err(unfit) = scan.read(&part[..length]) {
                return unfit.into();
            }
            if let Err(error) = to_us.write_all(&part[..length]).await {
                return lost(error);
            }
        }
    };
    let requests = async {
        let mut part = vec![0; PART];
        loop {
            let length = from_us.read(&mut part).await?;
            if length == 0 {
                return to_server.shutdown().await;
            }
            to_server.write_all(&part[..length]).await?;
            to_server.flush().await?;
            // It may have been a password.
            part[..length].zeroize();
        }
    };
    let ended = tokio::select! {
        ended = answers => Some(ended),
        sent = requests => sent.err().map(lost),
    };
    if let Some(ended) = ended {
        let _ = cause.set(ended);
    }
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
