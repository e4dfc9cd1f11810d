//! Which accounts of Active Directory sign in: users, and no computers, groups or trusts.

use crate::directory::{Attribute, Entry};

/// `SAM_USER_OBJECT`: users, those of class inetOrgPerson too ([MS-SAMR] 2.2.1.9).
const USER: i64 = 0x3000_0000;
/// `SAM_MACHINE_ACCOUNT`: computers, and managed service accounts (MSA and gMSA).
const MACHINE: i64 = 0x3000_0001;

/// Why an entry is nobody who signs in, whatever the proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAUser {
    #[error(
        "the entry is {}, and only users (sAMAccountType {USER}) sign in{}", kind(*.0),
        if *.0 == MACHINE { "; ALLOW_MACHINE_ACCOUNTS lets this kind in too" } else { "" }
    )]
    Other(i64),
    #[error(
        "the directory does not show the entry's sAMAccountType, so it may be a computer or a group: \
         let LDAP_BIND_USER read it, which is in the property set General Information"
    )]
    Unreadable,
}

fn kind(account_type: i64) -> String {
    let kind = match account_type {
        0x1000_0000 | 0x1000_0001 | 0x2000_0000 | 0x2000_0001 => "a group",
        MACHINE => "a computer or a managed service account",
        0x3000_0002 => "a trust",
        _ => "no account",
    };
    format!("{kind} (sAMAccountType {account_type})")
}

impl NotAUser {
    /// The `reason` label of metrics and audit lines.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Other(_) => "not_a_user",
            Self::Unreadable => "account_type_unreadable",
        }
    }

    /// Nothing, for a user; with `machines` (`ALLOW_MACHINE_ACCOUNTS`) for a machine as well. `entry` is of
    /// Active Directory.
    pub(super) fn check(entry: &Entry, machines: bool) -> Result<(), Self> {
        let account_type = entry.text("sAMAccountType").and_then(|t| t.parse().ok());
        // Older controllers let whoever made a computer give it the flags, and a name, of a user (CVE-2021-42278).
        let account_type = match account_type {
            Some(USER) if is_computer(entry) => Some(MACHINE),
            shown => shown,
        };
        match account_type {
            Some(USER) => Ok(()),
            Some(MACHINE) if machines => Ok(()),
            Some(other) => Err(Self::Other(other)),
            None => Err(Self::Unreadable),
        }
    }
}

fn is_computer(entry: &Entry) -> bool {
    let computer = |class: &str| class.eq_ignore_ascii_case("computer");
    match entry.get("objectClass") {
        Some(Attribute::Text(class)) => computer(class),
        Some(Attribute::List(classes)) => classes.iter().any(|class| computer(class)),
        Some(Attribute::Bytes(_)) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_computer_with_the_flags_of_a_user_is_a_computer() {
        let entry = |classes: &[&str]| {
            let classes = classes.iter().map(|class| class.as_bytes().to_vec());
            let raw = [
                ("sAMAccountType".to_owned(), vec![b"805306368".to_vec()]),
                ("objectClass".to_owned(), classes.collect()),
            ];
            Entry::new("CN=a".to_owned(), raw.into())
        };
        let user = ["top", "person", "organizationalPerson", "user"];
        assert_eq!(NotAUser::check(&entry(&user), false), Ok(()));
        let computer = [&user[..], &["Computer"]].concat();
        let refused = Err(NotAUser::Other(MACHINE));
        assert_eq!(NotAUser::check(&entry(&computer), false), refused);
        assert_eq!(NotAUser::check(&entry(&computer), true), Ok(()));
    }

    #[test]
    fn only_users_sign_in_and_machines_where_they_are_wanted() {
        for (value, alone, with_machines) in [
            (Some("805306368"), Ok(()), Ok(())),
            (Some("805306369"), Err(NotAUser::Other(MACHINE)), Ok(())),
            (
                Some("805306370"),
                Err(NotAUser::Other(0x3000_0002)),
                Err(NotAUser::Other(0x3000_0002)),
            ),
            (
                Some("268435456"),
                Err(NotAUser::Other(0x1000_0000)),
                Err(NotAUser::Other(0x1000_0000)),
            ),
            (
                Some("users"),
                Err(NotAUser::Unreadable),
                Err(NotAUser::Unreadable),
            ),
            (None, Err(NotAUser::Unreadable), Err(NotAUser::Unreadable)),
        ] {
            let raw = value.map(|value| ("sAMAccountType".to_owned(), vec![value.into()]));
            let entry = Entry::new("CN=a".to_owned(), raw.into_iter().collect());
            assert_eq!(NotAUser::check(&entry, false), alone, "{value:?}");
            assert_eq!(NotAUser::check(&entry, true), with_machines, "{value:?}");
        }
    }
}
