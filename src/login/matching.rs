//! Which directory entry a proved name means.

use super::Refusal;
use crate::{
    authenticate::{KerberosRealms, Principal},
    directory::{Entry, Found, Sid},
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

/// An error when the name can be nobody's, so that nobody was asked.
fn usable(found: &Found, name: &str) -> Result<(), Refusal> {
    let refusal = |why| Refusal::UnusableName {
        name: name.to_owned(),
        why,
    };
    found.unusable.clone().map(refusal).map_or(Ok(()), Err)
}

/// The entry of a Kerberos principal, and of no other account than the one whose SID the ticket has, if it has
/// one.
pub(super) fn of_principal(
    found: Found,
    principal: &Principal,
    sid: Option<&Sid>,
    realms: &KerberosRealms,
) -> Result<Entry, Refusal> {
    let Some(sid) = sid else {
        return of_realm(found, principal, &principal.to_string(), realms);
    };
    let entry = of_realm(found, principal, &format!("{principal} ({sid})"), realms)?;
    of_sid(entry, principal, sid)
}

/// The entry, when it has the SID of the principal's ticket.
pub(super) fn of_sid(entry: Entry, principal: &Principal, sid: &Sid) -> Result<Entry, Refusal> {
    if entry.text("objectSid") == Some(&sid.to_string()) {
        Ok(entry)
    } else {
        Err(Refusal::OtherSid {
            principal: principal.clone(),
            sid: sid.clone(),
            dn: entry.dn().to_owned(),
        })
    }
}

/// The entry of a Kerberos principal: never by the name alone when the realm could be another's.
///
/// In Active Directory realm and domain are one name, and every DN ends in its domain, so the entry
/// must be in the realm's domain. Another directory's DNs need not say so; there the name counts for
/// the service's own realm only.
fn of_realm(
    found: Found,
    principal: &Principal,
    name: &str,
    realms: &KerberosRealms,
) -> Result<Entry, Refusal> {
    usable(&found, name)?;
    let is_active_directory = found.is_active_directory();
    let mut found = found.users;
    let Some(elsewhere) = found.first().map(|entry| entry.dn().to_owned()) else {
        return Err(Refusal::UnknownPrincipal {
            name: name.to_owned(),
        });
    };
    found.retain(|entry| {
        let in_domain = entry
            .domain()
            .is_some_and(|domain| domain.eq_ignore_ascii_case(&principal.realm));
        let names_no_domain = !is_active_directory && !entry.is_active_directory();
        in_domain || (names_no_domain && realms.is_own(&principal.realm))
    });
    only(found, name)?.ok_or_else(|| Refusal::OtherDomain {
        principal: principal.clone(),
        dn: elsewhere,
    })
}

/// What a Kerberos proxy passes on: `alice`, `alice@CORP.EXAMPLE` or `CORP\alice`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FrontendUser<'a> {
    pub name: &'a str,
    /// A realm, or a domain's NetBIOS or DNS name.
    domain: Option<&'a str>,
}

impl<'a> FrontendUser<'a> {
    pub fn parse(user: &'a str) -> Self {
        if let Some((domain, name)) = user.split_once('\\') {
            let domain = Some(domain);
            return Self { name, domain };
        }
        match user.rsplit_once('@') {
            Some((name, realm)) => Self {
                name,
                domain: Some(realm),
            },
            None => Self {
                name: user,
                domain: None,
            },
        }
    }

    /// The one entry in the domain that was named, if one was.
    pub fn only(self, mut found: Found, user: &str) -> Result<Entry, Refusal> {
        usable(&found, user)?;
        if let Some(domain) = self.domain {
            found.retain_domain(domain);
        }
        only(found.users, user)?.ok_or_else(|| Refusal::UnknownPrincipal {
            name: user.to_owned(),
        })
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
        of_principal(Found::with(entries, None), &principal, None, &realms)
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
    fn in_active_directory_the_domain_counts_even_of_an_entry_that_does_not_show_its_sid() {
        let realms = KerberosRealms::new(&[], BTreeSet::from(["CORP.EXAMPLE".to_owned()]));
        let principal = Principal {
            name: "alice".to_owned(),
            realm: "CORP.EXAMPLE".to_owned(),
        };
        for (dn, is_found) in [(HERE, true), (CHILD, false)] {
            let found = Found::with(vec![entry(dn, false)], Some("corp.example"));
            let is = of_principal(found, &principal, None, &realms).is_ok();
            assert_eq!(is, is_found, "{dn}");
        }
    }

    /// Whatever a server answers, or something between remembers.
    #[test]
    fn an_entry_of_another_sid_is_not_the_tickets() {
        let realms = KerberosRealms::new(&[], BTreeSet::from(["CORP.EXAMPLE".to_owned()]));
        let principal = Principal {
            name: "alice".to_owned(),
            realm: "CORP.EXAMPLE".to_owned(),
        };
        let sid = Sid::read(b"\x01\x01\0\0\0\0\0\x05\x15\0\0\0").expect("a SID");
        let other = sid.clone().of_account(500).expect("room");
        let found = |sid: &Sid, dn, shows_sid| {
            let found = Found::with(vec![entry(dn, shows_sid)], Some("corp.example"));
            of_principal(found, &principal, Some(sid), &realms)
                .map(|entry| entry.dn().to_owned())
                .map_err(|refusal| refusal.reason())
        };
        assert_eq!(found(&sid, HERE, true), Ok(HERE.to_owned()));
        assert_eq!(found(&other, HERE, true), Err("other_sid"));
        assert_eq!(
            found(&sid, HERE, false),
            Err("other_sid"),
            "it is not shown"
        );
        assert_eq!(found(&sid, CHILD, true), Err("other_domain"));
    }

    #[test]
    fn a_proxys_user_counts_in_the_domain_that_it_names() {
        for (user, is_of) in [
            ("alice", true),
            ("alice@CORP.EXAMPLE", true),
            (r"CORP\alice", true),
            ("alice@EVIL.EXAMPLE", false),
            (r"EVIL\alice", false),
            (r"\alice", false),
        ] {
            let read = FrontendUser::parse(user);
            assert_eq!(read.name, "alice");
            for domain in [None, Some("corp.example")] {
                let found = Found::with(vec![entry(HERE, true)], domain);
                assert_eq!(read.only(found, user).is_ok(), is_of, "{user}");
            }
        }
    }
}
