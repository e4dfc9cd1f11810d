//! The few pieces of DER that no library reads for us (X.690, section 8).

/// The content of the element at the front, if it has this tag, and what follows it. Definite lengths
/// of up to four bytes.
pub(super) fn element(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let length = digits
                .iter()
                .fold(0, |sum, digit| sum << 8 | usize::from(*digit));
            (length, rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    (found == tag).then_some((content, rest))
}

/// The user principal name in an otherName's value: `[0] { UTF8String }`.
pub(super) fn upn(value: &[u8]) -> Option<String> {
    let (content, _) = element(0xa0, value)?;
    let (text, _) = element(0x0c, content)?;
    String::from_utf8(text.to_vec()).ok()
}

/// The SID in the extension of AD's certificate services ([MS-WCCE], section 2.2.2.7.7.4):
/// `SEQUENCE { [0] { OID 1.3.6.1.4.1.311.25.2.1, [0] { OCTET STRING } } }`, the SID as text.
pub(super) fn sid(value: &[u8]) -> Option<String> {
    const OBJECT_SID: [u8; 10] = [0x2b, 6, 1, 4, 1, 0x82, 0x37, 0x19, 2, 1];
    let (mut names, _) = element(0x30, value)?;
    while !names.is_empty() {
        let (name, rest) = element(0xa0, names)?;
        names = rest;
        let (oid, name) = element(0x06, name)?;
        if oid != OBJECT_SID {
            continue;
        }
        let (name, _) = element(0xa0, name)?;
        let (text, _) = element(0x04, name)?;
        let text = String::from_utf8(text.to_vec()).ok()?;
        let rest = text.strip_prefix("S-1-")?;
        let plain = rest
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'-');
        return plain.then_some(text);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a Windows CA writes it.
    pub fn sid_extension(sid: &str) -> Vec<u8> {
        let wrap = |tag: u8, content: &[u8]| {
            let mut bytes = vec![tag, u8::try_from(content.len()).expect("short")];
            bytes.extend_from_slice(content);
            bytes
        };
        let oid = wrap(6, &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 0x19, 2, 1]);
        let value = wrap(0xa0, &wrap(4, sid.as_bytes()));
        wrap(0x30, &wrap(0xa0, &[oid, value].concat()))
    }

    #[test]
    fn a_sid_is_read_and_nothing_else() {
        let good = sid_extension("S-1-5-21-1-2-3-1104");
        assert_eq!(sid(&good).as_deref(), Some("S-1-5-21-1-2-3-1104"));
        for bad in ["S-1-5-21-*", "S-2-5", "alice", ""] {
            assert_eq!(sid(&sid_extension(bad)), None, "{bad}");
        }
        for length in 0..good.len() {
            assert_eq!(sid(&good[..length]), None, "cut at {length}");
        }
        assert_eq!(sid(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
        assert_eq!(sid(&[0x30, 0x80]), None, "an indefinite length");
    }

    #[test]
    fn a_upn_is_read() {
        assert_eq!(upn(b"\xa0\x05\x0c\x03a@b").as_deref(), Some("a@b"));
        for bad in [
            &b""[..],
            b"\xa0",
            b"\xa0\x05\x0c\x04a@b",
            b"\xa0\x05\x16\x03a@b",
            b"\xa0\x04\x0c\x02\xff\xfe",
        ] {
            assert_eq!(upn(bad), None, "{bad:?}");
        }
    }
}
