//! Which service a ticket must be for, and whose keys may open it.
//!
//! The name of the service stands beside what its key encrypts (RFC 4120, section 5.3), so a ticket for another
//! service with the same key can be given this one's name: only an account of its own tells services apart.

use std::{collections::BTreeSet, fmt};

use super::keytab::Keytab;

/// The names of this service: `HTTP/<host of SERVER_URL>` and that of each of `KERBEROS_ALIASES`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Services {
    hosts: Vec<String>,
}

/// Whose keys open tickets for this service.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Openers {
    /// Those of the whole keytab: it has no other keys than the service's, or none under its names, as when it
    /// was exported by the account's name.
    All,
    /// Those of these principals.
    Of(BTreeSet<String>),
}

impl Services {
    #[must_use]
    pub fn new(host: &str, aliases: &[String]) -> Self {
        let aliases = aliases.iter().map(String::as_str);
        let hosts = std::iter::once(host).chain(aliases);
        Self {
            hosts: hosts.map(without_dot).map(str::to_owned).collect(),
        }
    }

    /// The hosts by whose names it is reached.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.hosts.iter().map(String::as_str)
    }

    /// Whether this is a name of it, with or without a realm. Active Directory does not tell capitals apart.
    #[must_use]
    pub fn accept(&self, principal: &str) -> bool {
        let name = principal
            .rsplit_once('@')
            .map_or(principal, |(name, _)| name);
        let host = name
            .split_once('/')
            .filter(|(service, _)| service.eq_ignore_ascii_case("HTTP"))
            .map(|(_, host)| host);
        host.map(without_dot)
            .is_some_and(|host| self.hosts().any(|own| own.eq_ignore_ascii_case(host)))
    }

    /// Whose keys of the keytab count.
    pub(super) fn openers(&self, keytab: &Keytab) -> Openers {
        let own = keytab.entries.iter().filter(|e| self.accept(&e.principal));
        let own: BTreeSet<usize> = own.map(|entry| entry.key).collect();
        let (ours, others): (Vec<_>, Vec<_>) = keytab
            .entries
            .iter()
            .partition(|entry| own.contains(&entry.key));
        if ours.is_empty() || others.is_empty() {
            return Openers::All;
        }
        // Who shares one key shares the account, and older keys of it are no stranger's.
        Openers::Of(ours.into_iter().map(|e| e.principal.clone()).collect())
    }
}

/// A dot at the end says that a name is whole; browsers write it or not.
fn without_dot(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

impl fmt::Display for Services {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, host) in self.hosts().enumerate() {
            write!(f, "{}HTTP/{host}", if at == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authenticate::KeytabEntry;

    fn services() -> Services {
        Services::new("login.corp.example", &["login".to_owned()])
    }

    #[test]
    fn a_service_has_its_names_and_no_others() {
        for (name, is_own) in [
            ("HTTP/login.corp.example@CORP.EXAMPLE", true),
            ("http/LOGIN.Corp.Example@CORP.EXAMPLE", true),
            ("HTTP/login", true),
            ("HTTP/login.corp.example.@CORP.EXAMPLE", true),
            ("HTTP/other.corp.example@CORP.EXAMPLE", false),
            ("HTTP/login.corp.example.evil.example", false),
            ("HTTP/login.corp.example/CORP", false),
            ("HTTP/login.corp.example@evil@CORP.EXAMPLE", false),
            ("HOST/login.corp.example@CORP.EXAMPLE", false),
            ("cifs/login.corp.example", false),
            ("login.corp.example", false),
            ("HTTP/", false),
            ("", false),
        ] {
            assert_eq!(services().accept(name), is_own, "{name}");
        }
        assert_eq!(
            services().to_string(),
            "HTTP/login.corp.example, HTTP/login"
        );
    }

    #[test]
    fn keys_of_other_accounts_open_nothing() {
        let keytab = |entries: &[(&str, usize)]| Keytab {
            entries: entries
                .iter()
                .map(|(name, key)| KeytabEntry {
                    principal: format!("{name}@CORP.EXAMPLE"),
                    realm: "CORP.EXAMPLE".to_owned(),
                    kvno: 1,
                    etype: 18,
                    key: *key,
                })
                .collect(),
        };
        let openers = |entries: &[_]| match services().openers(&keytab(entries)) {
            Openers::All => Vec::new(),
            Openers::Of(names) => names
                .iter()
                .map(|name| name.trim_end_matches("@CORP.EXAMPLE").to_owned())
                .collect(),
        };
        let own = ("HTTP/login.corp.example", 0);
        assert!(openers(&[own, ("HTTP/login", 1)]).is_empty());
        // Another name of the account, and one under which alone its keys are there.
        assert!(openers(&[("svc-login", 0), own]).is_empty());
        assert!(openers(&[("svc-login", 0), ("svc-login", 1)]).is_empty());
        assert_eq!(
            openers(&[("svc-login", 3), ("svc-login", 0), own, ("HTTP/other", 2)]),
            [own.0, "svc-login"]
        );
        assert_eq!(openers(&[("HTTP/other", 2), own]), [own.0]);
    }
}
