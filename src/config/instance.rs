//! How an instance calls itself, in audit lines and request numbers.

use std::fmt;

use aws_lc_rs::digest;

/// What marks are written with: no letter that is read as a digit.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// How this instance calls itself.
#[derive(Debug, Clone)]
pub struct InstanceConfig {
    /// `INSTANCE_NAME`.
    pub name: String,
    /// `INSTANCE_HEADER`: name the instance in each answer.
    pub header: bool,
    /// `SITE_NAME`, else `CONNECTION`: whose sign-in page this is.
    pub site: String,
}

impl InstanceConfig {
    #[must_use]
    pub fn mark(&self) -> InstanceMark {
        InstanceMark::of(&self.name)
    }
}

/// The two characters that the request numbers of an instance begin with: they come from its name, but do
/// not tell it to those who see a number. Two names may have one mark (1 in 1024 pairs).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct InstanceMark([u8; 2]);

impl InstanceMark {
    #[must_use]
    pub fn of(name: &str) -> Self {
        let digest = digest::digest(&digest::SHA256, name.as_bytes());
        let bytes = digest.as_ref();
        Self([0, 1].map(|at| ALPHABET[usize::from(bytes[at] % 32)]))
    }
}

impl fmt::Display for InstanceMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| write!(f, "{}", char::from(*byte)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_the_name_s_own_and_two_characters() {
        let mark = InstanceMark::of("edge1:443");
        assert_eq!(mark, InstanceMark::of("edge1:443"));
        assert_ne!(mark, InstanceMark::of("edge2:443"));
        let text = mark.to_string();
        assert!(
            text.len() == 2 && text.bytes().all(|byte| ALPHABET.contains(&byte)),
            "{text}"
        );
    }
}
