//! An identifier of Active Directory as the text in which everybody writes it.

use uuid::Uuid;

/// An objectGUID as lower-case text, or `None` when it does not have 16 bytes.
///
/// The first three fields are little-endian, the rest is in the order of the bytes ([MS-DTYP] 2.3.4).
#[must_use]
pub fn guid_text(bytes: &[u8]) -> Option<String> {
    let guid = Uuid::from_bytes_le(bytes.try_into().ok()?);
    Some(guid.hyphenated().to_string())
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
}
