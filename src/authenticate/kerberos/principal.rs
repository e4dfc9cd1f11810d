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
    /// Reads `name@REALM` as `krb5_unparse_name` of MIT krb5 writes it: a backslash escapes `@`, `/` and
    /// itself, and `\n`, `\t`, `\b` and `\0` are a line end, a tab, a backspace and NUL. `None` for anything
    /// else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut name = String::new();
        let mut realm: Option<String> = None;
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            let (c, escaped) = match c {
                '\\' => (unescaped(chars.next()?)?, true),
                c => (c, false),
            };
            if c == char::REPLACEMENT_CHARACTER {
                // In place of what is no UTF-8, it could make this somebody else's name.
                return None;
            }
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

/// What a backslash and this letter stand for.
fn unescaped(letter: char) -> Option<char> {
    Some(match letter {
        'n' => '\n',
        't' => '\t',
        'b' => '\u{8}',
        '0' => '\0',
        '@' | '/' | '\\' => letter,
        _ => return None,
    })
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

    /// What is to be said when no user of the service's own realms may sign in.
    #[must_use]
    pub fn concern(&self) -> Option<String> {
        let listed = |realms: &BTreeSet<String>| {
            let realms: Vec<_> = realms.iter().map(String::as_str).collect();
            realms.join(", ")
        };
        let is_open = self.own.is_empty() || self.own.iter().any(|realm| self.allow(realm));
        (!is_open).then(|| {
            format!(
                "KERBEROS_REALMS ({}) has none of the keytab's realms ({}): tickets of their users are refused",
                listed(&self.allowed),
                listed(&self.own)
            )
        })
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
        let read = |text: &str| Principal::parse(text).map(|p| (p.name, p.realm));
        let pair = |name: &str, realm: &str| Some((name.to_owned(), realm.to_owned()));
        assert_eq!(read("alice@CORP.EXAMPLE"), pair("alice", "CORP.EXAMPLE"));
        assert_eq!(
            read(r"alice\@corp@CORP.EXAMPLE"),
            pair("alice@corp", "CORP.EXAMPLE")
        );
        for (written, name) in [
            (r"al\bice", "al\u{8}ice"),
            (r"al\nice\t", "al\nice\t"),
            (r"alice\0x", "alice\0x"),
            (r"CORP\\alice\/b", r"CORP\alice/b"),
        ] {
            let whole = format!("{written}@CORP.EXAMPLE");
            assert_eq!(read(&whole), pair(name, "CORP.EXAMPLE"), "{written}");
        }
        for bad in [
            "alice",
            "@CORP",
            "alice@",
            "",
            r"alice\",
            r"al\ice@CORP",
            r"alice@CO\RP",
            "ali\u{fffd}ce@CORP",
        ] {
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
        assert_eq!(by_keytab.concern(), None);
        let concern = listed.concern().expect("nobody of CORP.EXAMPLE");
        assert!(
            concern.contains("(PARTNER.EXAMPLE) has none of the keytab's realms (CORP.EXAMPLE)")
        );
    }
}
