//! Security identifiers of Active Directory.

use std::fmt::{self, Write as _};

/// A security identifier ([MS-DTYP] 2.4.2), shown as `S-1-5-21-…`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Sid {
    authority: u64,
    subs: Vec<u32>,
}

/// `SID_MAX_SUB_AUTHORITIES`.
const MAX_SUBS: usize = 15;

impl Sid {
    /// From the binary form, which must be the whole of `bytes` ([MS-DTYP] 2.4.2.2).
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (head, subs) = bytes.split_first_chunk::<8>()?;
        let [1, count, authority @ ..] = head else {
            return None;
        };
        let count = usize::from(*count);
        if count > MAX_SUBS || subs.len() != count * 4 {
            return None;
        }
        let authority = authority
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        let (subs, _) = subs.as_chunks::<4>();
        Some(Self {
            authority,
            subs: subs.iter().copied().map(u32::from_le_bytes).collect(),
        })
    }

    /// That of an account of this domain, by its relative identifier.
    #[must_use]
    pub fn of_account(mut self, relative: u32) -> Option<Self> {
        (self.subs.len() < MAX_SUBS).then(|| {
            self.subs.push(relative);
            self
        })
    }

    /// Whether it ends with a number: without one it is that of an authority, and nobody's.
    #[must_use]
    pub fn has_number(&self) -> bool {
        !self.subs.is_empty()
    }

    /// Its binary form as a filter holds it: every byte escaped (RFC 4515, section 3).
    #[must_use]
    pub fn escaped(&self) -> String {
        let [_, _, authority @ ..] = self.authority.to_be_bytes();
        let count = u8::try_from(self.subs.len()).unwrap_or(u8::MAX);
        let subs = self.subs.iter().flat_map(|sub| sub.to_le_bytes());
        let bytes = [1, count].into_iter().chain(authority).chain(subs);
        bytes.fold(String::new(), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "\\{byte:02x}");
            text
        })
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S-1-{}", self.authority)?;
        self.subs.iter().try_for_each(|sub| write!(f, "-{sub}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain() -> Vec<u8> {
        let mut bytes = vec![1, 4, 0, 0, 0, 0, 0, 5];
        for sub in [21_u32, 3_623_811_015, 3_361_044_348, 30_300_820] {
            bytes.extend(sub.to_le_bytes());
        }
        bytes
    }

    #[test]
    fn a_user_of_a_domain() {
        let domain = Sid::read(&domain()).expect("a SID");
        assert_eq!(
            domain.to_string(),
            "S-1-5-21-3623811015-3361044348-30300820"
        );
        let user = domain.clone().of_account(1013).expect("room");
        assert_eq!(
            user.to_string(),
            "S-1-5-21-3623811015-3361044348-30300820-1013"
        );
        assert_ne!(user, domain);
    }

    #[test]
    fn what_is_no_sid() {
        let whole = domain();
        for end in 0..whole.len() {
            assert_eq!(Sid::read(&whole[..end]), None, "{end}");
        }
        assert_eq!(Sid::read(&[&whole[..], &[0]].concat()), None);
        let none = Sid::read(&[1, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(none.map(|sid| sid.to_string()).as_deref(), Some("S-1-1"));
        let long = [&[1, 16, 0, 0, 0, 0, 0, 5][..], &[0; 64]].concat();
        assert_eq!(Sid::read(&long), None);
        let mut longest = long[..68].to_vec();
        longest[1] = 15;
        let longest = Sid::read(&longest).expect("fifteen parts");
        assert_eq!(longest.of_account(1), None);
    }

    #[test]
    fn a_filter_holds_every_byte() {
        let bytes = domain();
        let escaped = Sid::read(&bytes).expect("a SID").escaped();
        assert_eq!(
            escaped,
            bytes.iter().fold(String::new(), |text, byte| {
                text + &format!("\\{byte:02x}")
            })
        );
    }
}
