//! Names that outsiders choose, as keys of a fixed size: what is remembered of a name takes sixteen bytes,
//! however long it is.

use std::fmt;

use aws_lc_rs::{hmac, rand::SystemRandom};

/// Stands for a name: the first half of an HMAC-SHA256 under a key of this process (RFC 2104, section 5).
/// Two names with one key cannot be made up without knowing that, and are not met by chance.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct NameKey([u8; 16]);

/// Makes the keys of names; another one makes others.
pub struct NameKeys(hmac::Key);

impl NameKeys {
    /// With a key of its own.
    ///
    /// # Panics
    /// Where the system has no random numbers, without which nothing else would work either.
    #[must_use]
    pub fn new() -> Self {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new());
        Self(key.expect("the system has random numbers"))
    }

    /// The key of `name`.
    #[must_use]
    pub fn of(&self, name: &str) -> NameKey {
        let tag = hmac::sign(&self.0, name.as_bytes());
        let mut key = [0; 16];
        key.copy_from_slice(&tag.as_ref()[..16]);
        NameKey(key)
    }
}

impl Default for NameKeys {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for NameKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NameKeys")
    }
}

impl fmt::Debug for NameKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NameKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_key_with_each_maker_of_keys() {
        let (keys, others) = (NameKeys::new(), NameKeys::new());
        let long = "x".repeat(65_536);
        for name in ["", "alice", long.as_str()] {
            assert!(keys.of(name) == keys.of(name), "the same again");
            assert!(keys.of(name) != others.of(name), "nobody can foresee it");
        }
        assert!(keys.of("alice") != keys.of("alicf"));
        assert_eq!(size_of::<NameKey>(), 16);
    }
}
