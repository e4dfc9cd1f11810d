use super::*;

/// So many sequences, each in the one before.
fn nested(depth: usize) -> Vec<u8> {
    let header = |level: usize| {
        let length = u32::try_from(level * 6).expect("small").to_be_bytes();
        [MESSAGE, 0x84].into_iter().chain(length)
    };
    (0..depth).rev().flat_map(header).collect()
}

/// A message of a value's bytes.
fn message(content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).expect("small").to_be_bytes();
    [&[MESSAGE, 0x84], &length[..], content].concat()
}

fn scanned(bytes: &[u8]) -> Result<bool, Unfit> {
    let mut scan = Scan::default();
    scan.read(bytes)?;
    Ok(scan.is_complete())
}

#[test]
fn what_servers_send_passes_in_parts_of_any_length() {
    let bind = b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x31\x04\x00\x04\x00";
    let entry = b"\x30\x84\x00\x00\x00\x1e\x02\x01\x02\x64\x84\x00\x00\x00\x15\x04\x01a\x30\x84\x00\x00\x00\x0c\
        \x30\x0a\x04\x01n\x31\x05\x04\x03\x30\xff\x84";
    let all = [&bind[..], entry, b"\x30\x00", bind].concat();
    for part in 1..all.len() {
        let mut scan = Scan::default();
        for bytes in all.chunks(part) {
            scan.read(bytes).expect("LDAP");
        }
        assert!(scan.is_complete(), "{part}");
    }
    for end in 1..bind.len() {
        assert_eq!(scanned(&bind[..end]), Ok(false), "{end}");
    }
    assert_eq!(scanned(&nested(MOST_DEPTH)), Ok(true));
    assert_eq!(
        scanned(&message(&b"\x05\x00".repeat(MOST_VALUES - 1))),
        Ok(true)
    );
    assert_eq!(scanned(&message(&message(&[0; 8]))), Ok(true));
    assert!(!Scan::default().is_complete());
}

#[test]
fn what_no_server_sends_does_not_pass() {
    for (what, bytes) in [
        ("no message", &b"\x31\x00"[..]),
        ("text", b"HTTP/1.1"),
        ("an indefinite length", b"\x30\x80"),
        ("a length of nine bytes", b"\x30\x89"),
        ("a value beyond its message", b"\x30\x03\x02\x02"),
        ("a length beyond its message", b"\x30\x02\x02\x82\x00"),
        ("no length", b"\x30\x01\x02\x00"),
    ] {
        assert_eq!(scanned(bytes), Err(Unfit::NotLdap), "{what}");
    }
    for (what, bytes) in [
        ("a large message", b"\x30\x84\x01\x00\x00\x01".to_vec()),
        ("all bytes set", [&[0x30, 0x88][..], &[0xff; 8]].concat()),
        ("values within values", nested(MOST_DEPTH + 1)),
        ("very many of them", nested(100_000)),
        ("many values", message(&b"\x05\x00".repeat(MOST_VALUES))),
    ] {
        assert_eq!(scanned(&bytes), Err(Unfit::TooLarge), "{what}");
    }
}
