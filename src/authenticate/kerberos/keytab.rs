//! Reads a keytab's entries: what the instance can accept, for messages that say why it could not.
//!
//! Format: MIT krb5, "Keytab file format", version 2 (0x0502, big endian). Keys are skipped.

use std::{collections::BTreeSet, io, path::Path};

use crate::{
    cause,
    config::{Most, read_file},
};

/// The principals, key versions and encryption types of a keytab; no keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keytab {
    pub entries: Vec<Entry>,
}

/// One key's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `HTTP/login.corp.example@CORP.EXAMPLE`.
    pub principal: String,
    pub realm: String,
    pub kvno: u32,
    /// The encryption type's number (RFC 3961, section 8).
    pub etype: i32,
    /// Which of the keytab's keys it is: equal ones have equal numbers.
    pub key: usize,
}

/// Why a keytab cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeytabError {
    #[error("cannot be read ({})", cause::io(.0))]
    Read(#[from] io::Error),
    #[error("is not a keytab of version 2; export it again from the directory")]
    Format,
    #[error("holds no key; export it again from the directory")]
    Empty,
}

impl Keytab {
    /// Reads the file.
    ///
    /// # Errors
    /// When it cannot be read, is no keytab, or holds no key.
    pub fn read(path: &Path) -> Result<Self, KeytabError> {
        Self::parse(&read_file(path, Most::ORDINARY)?)
    }

    /// Parses a keytab's bytes.
    ///
    /// # Errors
    /// When they are no keytab, or hold no key.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeytabError> {
        let mut rest = bytes.strip_prefix(&[5, 2]).ok_or(KeytabError::Format)?;
        let (mut entries, mut keys) = (Vec::new(), Vec::new());
        while !rest.is_empty() {
            let size = take_i32(&mut rest).ok_or(KeytabError::Format)?;
            let length = usize::try_from(size.unsigned_abs()).map_err(|_| KeytabError::Format)?;
            let record = take(&mut rest, length).ok_or(KeytabError::Format)?;
            // A negative size marks a hole that a removed key left behind.
            if size > 0 {
                entries.push(entry(record, &mut keys).ok_or(KeytabError::Format)?);
            }
        }
        if entries.is_empty() {
            return Err(KeytabError::Empty);
        }
        Ok(Self { entries })
    }

    /// The realms of its principals.
    #[must_use]
    pub fn realms(&self) -> BTreeSet<String> {
        self.entries
            .iter()
            .map(|entry| entry.realm.clone())
            .collect()
    }

    /// Its principals, each once.
    #[must_use]
    pub fn principals(&self) -> BTreeSet<&str> {
        self.entries
            .iter()
            .map(|entry| entry.principal.as_str())
            .collect()
    }
}

/// `keys` are those that came before.
fn entry<'a>(mut record: &'a [u8], keys: &mut Vec<&'a [u8]>) -> Option<Entry> {
    let record = &mut record;
    let components = take_u16(record)?;
    let realm = take_text(record)?;
    let mut parts = Vec::new();
    for _ in 0..components {
        parts.push(take_text(record)?);
    }
    let _name_type = take(record, 4)?;
    let _timestamp = take(record, 4)?;
    let short_kvno = take(record, 1)?.first().copied()?;
    let etype = i32::from(take_u16(record)?.cast_signed());
    let length = usize::from(take_u16(record)?);
    let bytes = take(record, length)?;
    let key = keys.iter().position(|known| *known == bytes);
    let key = key.unwrap_or_else(|| {
        keys.push(bytes);
        keys.len() - 1
    });
    // A 32-bit version follows when there is room for it, and counts when it is not zero.
    let kvno = match take_i32(record).map(i32::cast_unsigned) {
        Some(long) if long != 0 => long,
        _ => u32::from(short_kvno),
    };
    Some(Entry {
        principal: format!("{}@{realm}", parts.join("/")),
        realm,
        kvno,
        etype,
        key,
    })
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(length)?;
    *rest = tail;
    Some(head)
}

fn take_u16(rest: &mut &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes(take(rest, 2)?.try_into().ok()?))
}

fn take_i32(rest: &mut &[u8]) -> Option<i32> {
    Some(i32::from_be_bytes(take(rest, 4)?.try_into().ok()?))
}

fn take_text(rest: &mut &[u8]) -> Option<String> {
    let length = usize::from(take_u16(rest)?);
    String::from_utf8(take(rest, length)?.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kvno: u8, long_kvno: Option<u32>) -> Vec<u8> {
        let mut record = vec![0, 2];
        for text in ["CORP.EXAMPLE", "HTTP", "login.corp.example"] {
            record.extend(u16::try_from(text.len()).expect("short").to_be_bytes());
            record.extend(text.as_bytes());
        }
        record.extend([0, 0, 0, 1, 0, 0, 0, 0, kvno, 0, 18, 0, 2, 0xaa, 0xbb]);
        record.extend(long_kvno.into_iter().flat_map(u32::to_be_bytes));
        let size = i32::try_from(record.len()).expect("short").to_be_bytes();
        [size.to_vec(), record].concat()
    }

    #[test]
    fn entries_are_named_without_their_keys() {
        let hole = [(-3_i32).to_be_bytes().to_vec(), vec![1, 2, 3]].concat();
        let bytes = [vec![5, 2], record(2, None), hole, record(1, Some(257))].concat();
        let keytab = Keytab::parse(&bytes).expect("a keytab");
        let versions: Vec<_> = keytab.entries.iter().map(|entry| entry.kvno).collect();
        assert_eq!(versions, [2, 257]);
        assert_eq!(keytab.entries[0].etype, 18);
        let keys: Vec<_> = keytab.entries.iter().map(|entry| entry.key).collect();
        assert_eq!(keys, [0, 0]);
        assert_eq!(
            keytab.principals().into_iter().collect::<Vec<_>>(),
            ["HTTP/login.corp.example@CORP.EXAMPLE"]
        );
        assert_eq!(keytab.realms(), BTreeSet::from(["CORP.EXAMPLE".to_owned()]));
    }

    #[test]
    fn what_is_no_keytab_is_refused() {
        let whole = [vec![5, 2], record(2, None)].concat();
        for broken in [&b""[..], b"\x05\x01", b"PEM", &whole[..whole.len() - 1]] {
            assert!(
                matches!(Keytab::parse(broken), Err(KeytabError::Format)),
                "{broken:?}"
            );
        }
        assert!(matches!(Keytab::parse(&[5, 2]), Err(KeytabError::Empty)));
    }
}
