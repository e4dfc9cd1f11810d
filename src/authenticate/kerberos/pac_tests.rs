use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::*;

/// Of a computer of a Samba domain, made for these tests.
const SAMBA: &str = "\
    BwAAAAAAAAABAAAAsAEAAHgAAAAAAAAACgAAABgAAAAoAgAAAAAAAAwAAACIAAAAQAIAAAAAAAAGAAAAEAAAAMgCAAAAAAAA\
    BwAAABAAAADYAgAAAAAAABAAAAAQAAAA6AIAAAAAAAATAAAAEAAAAPgCAAAAAAAAARAIAMzMzMygAQAAAAAAAAAAAgAQuHar\
    c4HdAf////////9//////////3+gYTOrc4HdAaBhM6tzgd0B/////////38OAA4ABAACAAAAAAAIAAIAAAAAAAwAAgAAAAAA\
    EAACAAAAAAAUAAIAAAAAABgAAgABAAAA9AUAAAMCAAABAAAAHAACACAAAAAAAAAAAAAAAAAAAAAAAAAABgAIACAAAgAIAAoA\
    JAACACgAAgAAAAAAAAAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAAACwAAgAAAAAAAAAAAAAAAAAHAAAA\
    AAAAAAcAAABhAHMAbQBpAHQAaAAkAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
    AAAAAAAAAAAAAAAAAQAAAAMCAAAHAAAABAAAAAAAAAADAAAARABDADEAAAAFAAAAAAAAAAQAAABDAE8AUgBQAAQAAAABBAAA\
    AAAABRUAAACsa408DibWsBft5C4BAAAAMAACAAcAAAABAAAAAQEAAAAAABIBAAAAgKqHq3OB3QEOAGEAcwBtAGkAdABoACQA\
    KAAYABgAQAADAAAADgBYABwAZgAAAAAAYQBzAG0AaQB0AGgAJABAAGMAbwByAHAALgBlAHgAYQBtAHAAbABlAEMATwBSAFAA\
    LgBFAFgAQQBNAFAATABFAGEAcwBtAGkAdABoACQAAQUAAAAAAAUVAAAArGuNPA4m1rAX7eQu9AUAAAAAAAAAABAAAAA8zLr2\
    pfETLVk1a4oQAAAAdqGfHZ05oc6aeIL3EAAAAOgKICxSU2aHXEeZdBAAAABrLXvQUdR0xDVr36k=";

fn samba() -> Vec<u8> {
    BASE64_STANDARD.decode(SAMBA).expect("base64")
}

/// A domain's SID; with a number, an account's.
fn sid(last: Option<u32>) -> Vec<u8> {
    let subs = [21, 111, 222, 333].into_iter().chain(last);
    let count = if last.is_some() { 5 } else { 4 };
    let mut bytes = vec![1, count, 0, 0, 0, 0, 0, 5];
    bytes.extend(subs.flat_map(u32::to_le_bytes));
    bytes
}

const USER: &str = "S-1-5-21-111-222-333-1104";

/// A KERB_VALIDATION_INFO in NDR.
struct LogonInfo {
    user: u32,
    names: [&'static str; 6],
    groups: u32,
    domain: Option<Vec<u8>>,
    extra: Vec<Vec<u8>>,
}

impl LogonInfo {
    fn of_user() -> Self {
        Self {
            user: 1104,
            names: ["alice", "Alice Smith", "", "x", "", "H:"],
            groups: 3,
            domain: Some(sid(None)),
            extra: vec![sid(Some(572))],
        }
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = vec![
            1, 0x10, 8, 0, 0xcc, 0xcc, 0xcc, 0xcc, 0, 0, 0, 0, 0, 0, 0, 0,
        ];
        let mut ends = Vec::new();
        let number = |out: &mut Vec<u8>, value: u32| out.extend(value.to_le_bytes());
        let texts = |out: &mut Vec<u8>, ends: &mut Vec<u8>, names: &[&str]| {
            for name in names {
                let units: Vec<u16> = name.encode_utf16().collect();
                let length = u16::try_from(units.len() * 2).expect("short");
                out.extend([length, length].into_iter().flat_map(u16::to_le_bytes));
                // Some writers point to nothing, some to an empty text.
                let pointer = if units.is_empty() { 0 } else { 0x2_0004 };
                number(out, pointer);
                if pointer == 0 {
                    continue;
                }
                let length = u32::from(length / 2);
                for value in [length, 0, length] {
                    number(ends, value);
                }
                ends.extend(units.into_iter().flat_map(u16::to_le_bytes));
                ends.resize(ends.len().next_multiple_of(4), 0);
            }
        };
        let with_count = |ends: &mut Vec<u8>, sid: &[u8]| {
            number(ends, u32::from(sid[1]));
            ends.extend(sid);
        };
        number(&mut out, 0x2_0000);
        out.extend([0; 48]);
        texts(&mut out, &mut ends, &self.names);
        out.extend([0; 4]);
        for value in [self.user, 513, self.groups, 0x2_0008] {
            number(&mut out, value);
        }
        number(&mut ends, self.groups);
        ends.extend(vec![7; self.groups as usize * 8]);
        out.extend([0; 20]);
        texts(&mut out, &mut ends, &["DC1", "CORP"]);
        number(&mut out, if self.domain.is_some() { 0x2_000c } else { 0 });
        if let Some(domain) = &self.domain {
            with_count(&mut ends, domain);
        }
        out.extend([0; 40]);
        let extra = u32::try_from(self.extra.len()).expect("few");
        number(&mut out, extra);
        number(&mut out, if extra == 0 { 0 } else { 0x2_0010 });
        out.extend([0; 12]);
        if extra != 0 {
            number(&mut ends, extra);
            self.extra
                .iter()
                .for_each(|_| ends.extend([4, 0, 2, 0, 7, 0, 0, 0]));
            self.extra.iter().for_each(|sid| with_count(&mut ends, sid));
        }
        [out, ends].concat()
    }
}

fn upn_info(sid: Option<&[u8]>) -> Vec<u8> {
    let mut info = vec![2, 0, 20, 0, 2, 0, 20, 0];
    info.extend(if sid.is_some() {
        [3, 0, 0, 0]
    } else {
        [1, 0, 0, 0]
    });
    let length = u8::try_from(sid.map_or(0, <[u8]>::len)).expect("short");
    info.extend([2, 0, 20, 0, length, 0, 22, 0]);
    info.extend([b'a', 0]);
    info.extend(sid.unwrap_or_default());
    info
}

fn pac(parts: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let mut table = u32::try_from(parts.len())
        .expect("few")
        .to_le_bytes()
        .to_vec();
    table.extend([0; 4]);
    let mut bytes = Vec::new();
    for (kind, part) in parts {
        let place = 8 + parts.len() * 16 + bytes.len();
        let length = u32::try_from(part.len()).expect("short");
        table.extend([*kind, length].into_iter().flat_map(u32::to_le_bytes));
        table.extend((place as u64).to_le_bytes());
        bytes.extend(part);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
    }
    [table, bytes].concat()
}

/// Whom it names.
fn read(pac: &[u8]) -> Result<String, PacError> {
    user_sid(pac).map(|sid| sid.map_or_else(|| "nobody".to_owned(), |sid| sid.to_string()))
}

#[test]
fn a_real_one_names_its_account() {
    assert_eq!(
        read(&samba()),
        Ok("S-1-5-21-1015901100-2966824462-786754839-1524".into())
    );
}

#[test]
fn the_domain_and_the_number_are_the_user() {
    let logon = LogonInfo::of_user().encode();
    assert_eq!(read(&pac(&[(10, vec![0; 9]), (1, logon)])), Ok(USER.into()));
    // Without groups, names and further SIDs.
    let bare = LogonInfo {
        names: [""; 6],
        groups: 0,
        extra: Vec::new(),
        ..LogonInfo::of_user()
    };
    assert_eq!(read(&pac(&[(1, bare.encode())])), Ok(USER.into()));
}

#[test]
fn an_account_without_a_number_is_the_first_of_the_further_sids() {
    let mut logon = LogonInfo {
        user: 0,
        extra: vec![sid(Some(1104)), sid(Some(572))],
        ..LogonInfo::of_user()
    };
    assert_eq!(read(&pac(&[(1, logon.encode())])), Ok(USER.into()));
    logon.domain = None;
    assert_eq!(read(&pac(&[(1, logon.encode())])), Ok(USER.into()));
    logon.extra.clear();
    let nobody = read(&pac(&[(1, logon.encode())]));
    assert_eq!(nobody, Err(PacError::Malformed("logon information")));
}

#[test]
fn two_parts_must_be_of_one_user() {
    let logon = || (1, LogonInfo::of_user().encode());
    let names = |last| (12, upn_info(Some(&sid(Some(last)))));
    assert_eq!(read(&pac(&[logon(), names(1104)])), Ok(USER.into()));
    assert_eq!(
        read(&pac(&[logon(), (12, upn_info(None))])),
        Ok(USER.into())
    );
    assert_eq!(read(&pac(&[names(1104)])), Ok(USER.into()));
    assert_eq!(read(&pac(&[(12, upn_info(None))])), Ok("nobody".into()));
    assert_eq!(read(&pac(&[])), Ok("nobody".into()));
    let differ = read(&pac(&[names(500), logon()]));
    assert!(
        matches!(differ, Err(PacError::TwoAccounts { .. })),
        "{differ:?}"
    );
    // Which of two counts would be a matter of the reader.
    for twice in [[logon(), logon()], [names(1104), names(1104)]] {
        assert_eq!(read(&pac(&twice)), Err(PacError::Malformed("table")));
    }
}

#[test]
fn an_authority_without_a_number_is_nobody() {
    let authority = [1, 0, 0, 0, 0, 0, 0, 5];
    let names = (12, upn_info(Some(&authority)));
    assert_eq!(
        read(&pac(&[names])),
        Err(PacError::Malformed("part of names"))
    );
    let logon = LogonInfo {
        user: 0,
        domain: None,
        extra: vec![authority.to_vec()],
        ..LogonInfo::of_user()
    };
    assert_eq!(
        read(&pac(&[(1, logon.encode())])),
        Err(PacError::Malformed("logon information"))
    );
}

#[test]
fn no_bytes_are_too_odd() {
    let whole = pac(&[
        (1, LogonInfo::of_user().encode()),
        (12, upn_info(Some(&sid(Some(1104))))),
    ]);
    for bytes in [samba(), whole] {
        let right = read(&bytes);
        for end in 0..bytes.len() {
            let cut = read(&bytes[..end]);
            assert!(cut.is_err() || cut == right, "{end}: {cut:?}");
        }
        for at in 0..bytes.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut odd = bytes.clone();
                odd[at] = value;
                let _whatever = read(&odd);
            }
        }
    }
    let logon = LogonInfo::of_user().encode();
    for end in 0..logon.len() - sid(None).len() - 4 {
        let cut = logon_sid(&logon[..end]);
        assert!(cut.is_none_or(|sid| sid.to_string() == USER), "{end}");
    }
    // Lengths that would be many gigabytes.
    for at in (16..logon.len() - 4).step_by(4) {
        let mut odd = logon.clone();
        odd[at..at + 4].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
        let _whatever = logon_sid(&odd);
    }
}
