//! Which directory entry a proved name means.

use super::Refusal;
use crate::{
    authenticate::{KerberosRealms, Principal},
    directory::Entry,
};

/// The one entry found for `name`; `None` when there is none.
pub(super) fn only(mut found: Vec<Entry>, name: &str) -> Result<Option<Entry>, Refusal> {
    match found.len() {
        0 | 1 => Ok(found.pop()),
        count => Err(Refusal::Ambiguous {
            name: name.to_owned(),
            count,
        }),
    }
}

/// The entry of a Kerberos principal: never by the name alone when the realm could be another's.
///
/// In Active Directory realm and domain are one name, and every DN ends in its domain, so the entry
/// must lie in the realm's domain. Another directory's DNs need not say so; there the name counts for
/// the service's own realm only.
pub(super) fn of_realm(
    mut found: Vec<Entry>,
    principal: &Principal,
    realms: &KerberosRealms,
) -> Result<Entry, Refusal> {
    let name = principal.to_string();
    let Some(elsewhere) = found.first().map(|entry| entry.dn().to_owned()) else {
        return Err(Refusal::UnknownPrincipal { name });
    };
    found.retain(|entry| {
        let in_domain = entry
            .domain()
            .is_some_and(|domain| domain.eq_ignore_ascii_case(&principal.realm));
        in_domain || (realms.is_own(&principal.realm) && !entry.is_active_directory())
    });
    only(found, &name)?.ok_or_else(|| Refusal::OtherDomain {
        principal: principal.clone(),
        dn: elsewhere,
    })
}

/// What a Kerberos proxy passes on: `alice`, `alice@CORP.EXAMPLE` or `CORP\alice`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FrontendUser<'a> {
    pub name: &'a str,
    domain: Option<Domain<'a>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Domain<'a> {
    Realm(&'a str),
    /// A NetBIOS name: by custom the first label of the DNS name.
    NetBios(&'a str),
}

impl<'a> FrontendUser<'a> {
    pub fn parse(user: &'a str) -> Self {
        if let Some((domain, name)) = user.split_once('\\') {
            let domain = Some(Domain::NetBios(domain));
            return Self { name, domain };
        }
        match user.rsplit_once('@') {
            Some((name, realm)) => Self {
                name,
                domain: Some(Domain::Realm(realm)),
            },
            None => Self {
                name: user,
                domain: None,
            },
        }
    }

    /// Whether the entry lies in the domain that was named, if one was.
    pub fn is_of(self, entry: &Entry) -> bool {
        let found = entry.domain().unwrap_or_default();
        match self.domain {
            None => true,
            Some(Domain::Realm(realm)) => found.eq_ignore_ascii_case(realm),
            Some(Domain::NetBios(name)) => {
                let label = found.split('.').next().unwrap_or_default();
                !label.is_empty() && label.eq_ignore_ascii_case(name)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn entry(dn: &str, active_directory: bool) -> Entry {
        let sid = b"\x01\x01\0\0\0\0\0\x05\x15\0\0\0".to_vec();
        let raw = if active_directory {
            vec![("objectSid".to_owned(), vec![sid])]
        } else {
            Vec::new()
        };
        Entry::new(dn.to_owned(), raw)
    }

    fn found(dns: &[&str], active_directory: bool, realm: &str) -> Result<String, &'static str> {
        let realms = KerberosRealms::new(&[], BTreeSet::from(["CORP.EXAMPLE".to_owned()]));
        let principal = Principal {
            name: "alice".to_owned(),
            realm: realm.to_owned(),
        };
        let entries = dns.iter().map(|dn| entry(dn, active_directory)).collect();
        of_realm(entries, &principal, &realms)
            .map(|entry| entry.dn().to_owned())
            .map_err(|refusal| refusal.reason())
    }

    const HERE: &str = "CN=alice,DC=corp,DC=example";
    const CHILD: &str = "CN=alice,DC=child,DC=corp,DC=example";

    #[test]
    fn a_name_counts_in_its_own_domain_only() {
        assert_eq!(found(&[HERE], true, "CORP.EXAMPLE"), Ok(HERE.to_owned()));
        assert_eq!(
            found(&[HERE, CHILD], true, "CHILD.CORP.EXAMPLE"),
            Ok(CHILD.to_owned())
        );
        assert_eq!(found(&[HERE], true, "PARTNER.EXAMPLE"), Err("other_domain"));
        assert_eq!(
            found(&[HERE], false, "PARTNER.EXAMPLE"),
            Err("other_domain")
        );
        assert_eq!(found(&[], true, "CORP.EXAMPLE"), Err("unknown_user"));
        assert_eq!(
            found(&[HERE, HERE], true, "CORP.EXAMPLE"),
            Err("ambiguous_user")
        );
    }

    #[test]
    fn another_directory_serves_its_own_realm() {
        let dn = "uid=alice,ou=people,o=acme";
        assert_eq!(found(&[dn], false, "CORP.EXAMPLE"), Ok(dn.to_owned()));
        assert_eq!(found(&[dn], true, "CORP.EXAMPLE"), Err("other_domain"));
    }

    #[test]
    fn a_proxys_user_counts_in_the_domain_that_it_names() {
        let here = entry(HERE, true);
        for (user, is_of) in [
            ("alice", true),
            ("alice@CORP.EXAMPLE", true),
            (r"CORP\alice", true),
            ("alice@EVIL.EXAMPLE", false),
            (r"EVIL\alice", false),
            (r"\alice", false),
        ] {
            let read = FrontendUser::parse(user);
            assert_eq!((read.name, read.is_of(&here)), ("alice", is_of), "{user}");
        }
    }
}
