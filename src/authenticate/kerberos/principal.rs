//! Kerberos principals and the realms whose users may sign in.

use std::{collections::BTreeSet, fmt};

/// A user's principal (RFC 4120, section 6.2), as GSSAPI displays it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The name without the realm, unescaped.
    pub name: String,
    pub realm: String,
}

/// The realms whose users may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KerberosRealms {
    allowed: BTreeSet<String>,
    /// The realms of the service itself: the keytab's.
    own: BTreeSet<String>,
}

impl Principal {
    /// Reads `name@REALM`, in which a backslash escapes `@`, `/` and itself.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut name = String::new();
        let mut realm: Option<String> = None;
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            let (c, escaped) = match c {
                '\\' => (chars.next()?, true),
                c => (c, false),
            };
            match (&mut realm, c) {
                (None, '@') if !escaped => realm = Some(String::new()),
                (None, c) => name.push(c),
                (Some(realm), c) => realm.push(c),
            }
        }
        let realm = realm.filter(|realm| !realm.is_empty())?;
        (!name.is_empty()).then_some(Self { name, realm })
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.realm)
    }
}

impl KerberosRealms {
    /// `configured` is `KERBEROS_REALMS`; when it is empty the keytab's own realms count.
    #[must_use]
    pub fn new(configured: &[String], own: BTreeSet<String>) -> Self {
        let allowed = if configured.is_empty() {
            own.clone()
        } else {
            configured.iter().cloned().collect()
        };
        Self { allowed, own }
    }

    /// Realm names differ by case (RFC 4120, section 6.1), but AD compares them without it.
    #[must_use]
    pub fn allow(&self, realm: &str) -> bool {
        self.allowed
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(realm))
    }

    /// Whether `realm` is the service's own, not one that trusts or is trusted by it.
    #[must_use]
    pub fn is_own(&self, realm: &str) -> bool {
        self.own.iter().any(|own| own.eq_ignore_ascii_case(realm))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals_are_read_with_their_escapes() {
        let read = |text| Principal::parse(text).map(|p| (p.name, p.realm));
        let pair = |name: &str, realm: &str| Some((name.to_owned(), realm.to_owned()));
        assert_eq!(read("alice@CORP.EXAMPLE"), pair("alice", "CORP.EXAMPLE"));
        assert_eq!(
            read(r"alice\@corp@CORP.EXAMPLE"),
            pair("alice@corp", "CORP.EXAMPLE")
        );
        for bad in ["alice", "@CORP", "alice@", "", r"alice\"] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn only_listed_realms_are_allowed() {
        let own = BTreeSet::from(["CORP.EXAMPLE".to_owned()]);
        let by_keytab = KerberosRealms::new(&[], own.clone());
        assert!(by_keytab.allow("corp.example") && by_keytab.is_own("CORP.EXAMPLE"));
        assert!(!by_keytab.allow("EVIL.EXAMPLE"));
        let listed = KerberosRealms::new(&["PARTNER.EXAMPLE".to_owned()], own);
        assert!(listed.allow("PARTNER.EXAMPLE") && !listed.is_own("PARTNER.EXAMPLE"));
        assert!(!listed.allow("CORP.EXAMPLE"));
    }
}
