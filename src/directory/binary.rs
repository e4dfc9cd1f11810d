//! The two binary identifiers of Active Directory, as the text in which everybody writes them.

use std::fmt::Write as _;

use uuid::Uuid;

/// An objectGUID as lower-case text, or `None` when it does not have 16 bytes.
///
/// The first three fields are little-endian, the rest is in the order of the bytes ([MS-DTYP] 2.3.4).
#[must_use]
pub fn guid_text(bytes: &[u8]) -> Option<String> {
    let guid = Uuid::from_bytes_le(bytes.try_into().ok()?);
    Some(guid.hyphenated().to_string())
}

/// An objectSid as `S-1-…`, or `None` when the bytes are no SID ([MS-DTYP] 2.4.2.2).
#[must_use]
pub fn sid_text(bytes: &[u8]) -> Option<String> {
    let (head, subs) = bytes.split_at_checked(8)?;
    if head[0] != 1 || subs.len() != usize::from(head[1]) * 4 {
        return None;
    }
    let authority = head[2..]
        .iter()
        .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    let mut text = format!("S-1-{authority}");
    for sub in subs.chunks_exact(4) {
        let sub = u32::from_le_bytes(sub.try_into().ok()?);
        // Writing to a String cannot fail.
        let _ = write!(text, "-{sub}");
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guid_has_the_mixed_order_of_active_directory() {
        let bytes: Vec<u8> = (0..16).collect();
        assert_eq!(
            guid_text(&bytes).as_deref(),
            Some("03020100-0504-0706-0809-0a0b0c0d0e0f")
        );
        assert_eq!(guid_text(&bytes[..15]), None);
    }

    #[test]
    fn sid_of_a_domain_user() {
        let mut bytes = vec![1, 5, 0, 0, 0, 0, 0, 5];
        for sub in [21_u32, 3_623_811_015, 3_361_044_348, 30_300_820, 1013] {
            bytes.extend(sub.to_le_bytes());
        }
        assert_eq!(
            sid_text(&bytes).as_deref(),
            Some("S-1-5-21-3623811015-3361044348-30300820-1013")
        );
        assert_eq!(sid_text(&bytes[..27]), None, "a sub-authority is missing");
        assert_eq!(sid_text(&[]), None);
        assert_eq!(
            sid_text(&[1, 0, 0, 0, 0, 0, 0, 1]).as_deref(),
            Some("S-1-1")
        );
    }
}
