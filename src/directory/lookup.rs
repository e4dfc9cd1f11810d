//! Whom a name means: what is searched for it, and which of the found count.

use std::{borrow::Cow, sync::Arc};

use ldap3::ldap_escape;

use super::{
    domains::{Domains, Kind, by_custom},
    entry::Entry,
    folded::folded,
    outside_name::{OutsideName, UnusableName, beginning},
    sid::Sid,
    typed_name::TypedName,
};
use crate::config::FilterTemplate;

/// Where there is no filter of the administrator's.
const BY_ACCOUNT: &str = "(sAMAccountName={0})";
const ACCOUNT: &str = "sAMAccountName";
const SID: &str = "objectSid";

/// What a user is looked up by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<'a> {
    /// What somebody typed. By `LDAP_USER_BY_NAME`; without it, on Active Directory, in each form in which
    /// people write their name there.
    Name(&'a str),
    /// The same, escaped already (RFC 4515, section 3).
    EscapedName(&'a str),
    /// The SID of an account of Active Directory, whatever `LDAP_USER_BY_NAME` compares; its other conditions
    /// count.
    Sid(&'a Sid),
    /// The name of a Kerberos principal, without the realm. On Active Directory that is the
    /// sAMAccountName, whatever `LDAP_USER_BY_NAME` compares; its other conditions count.
    Principal(&'a str),
    /// The common name of a certificate's subject, by `LDAP_USER_BY_NAME`.
    CommonName(&'a str),
}

/// Whom a name means.
#[derive(Debug)]
pub struct Found {
    /// None, one, or a few.
    pub users: Vec<Entry>,
    /// Why it can mean nobody, when the name says so by itself.
    pub unusable: Option<UnusableName>,
    /// The name in the one spelling under which attempts with it are counted, whether it is somebody's or not.
    pub spelling: String,
    /// `None`: the directory is no Active Directory, or was not asked.
    domains: Option<Arc<Domains>>,
}

/// A name that can be somebody's.
#[derive(Debug)]
pub(super) struct Name<'a> {
    by: By<'a>,
    /// What was typed, in one spelling; what was proved as it is.
    text: OutsideName<'a>,
}

/// A search for a name.
#[derive(Debug)]
pub(super) struct Question<'a> {
    pub filter: String,
    name: &'a Name<'a>,
    domains: Option<Arc<Domains>>,
    /// Whether those found are told apart by what was typed.
    typed: bool,
}

impl<'a> Name<'a> {
    /// The name, when it can be somebody's; else why it cannot, `None` for an empty one.
    pub fn read(by: By<'a>) -> Result<Self, Option<UnusableName>> {
        let read = match by {
            By::Name(text) => OutsideName::typed(text),
            By::EscapedName(text) => OutsideName::escaped(text),
            By::Sid(sid) => Ok(Some(OutsideName::of_sid(sid))),
            By::Principal(text) | By::CommonName(text) => OutsideName::proved(text),
        };
        let text = read?.ok_or(None)?;
        Ok(Self { by, text })
    }

    /// Whether the search depends on the kind of directory.
    pub fn depends_on_kind(&self, own: Option<&FilterTemplate>) -> bool {
        match self.by {
            By::Principal(_) | By::Sid(_) => true,
            By::Name(_) | By::EscapedName(_) => own.is_none(),
            By::CommonName(_) => false,
        }
    }

    /// The search, by the administrator's `own` filter if there is one.
    pub fn question(&'a self, own: Option<&FilterTemplate>, kind: Option<Kind>) -> Question<'a> {
        let domains = match kind {
            Some(Kind::ActiveDirectory(domains)) => Some(domains),
            Some(Kind::Other) | None => None,
        };
        let escaped = match self.by {
            By::Sid(sid) => Cow::from(sid.escaped()),
            // What came escaped is escaped anew: a star that was left as it is would mean more than one name.
            By::Name(_) | By::EscapedName(_) | By::Principal(_) | By::CommonName(_) => {
                ldap_escape(self.text.as_str())
            }
        };
        let by_account = || BY_ACCOUNT.replace("{0}", &ldap_escape(self.text.as_str()));
        let (filter, typed) = match (self.by, own, &domains) {
            (By::Sid(_), Some(own), _) => (own.by_attribute(SID).with_escaped(&escaped), false),
            (By::Sid(_), None, _) => (format!("({SID}={escaped})"), false),
            (By::Principal(_), Some(own), Some(_)) => {
                (own.by_attribute(ACCOUNT).with_escaped(&escaped), false)
            }
            (_, Some(own), _) => (own.with_escaped(&escaped), false),
            (By::Name(_) | By::EscapedName(_), None, Some(domains)) => {
                (TypedName::read(self.text.as_str()).filter(domains), true)
            }
            (_, None, _) => (by_account(), false),
        };
        Question {
            filter,
            name: self,
            domains,
            typed,
        }
    }
}

impl Question<'_> {
    /// What the answer means.
    pub fn answered(self, users: Vec<Entry>) -> Found {
        let text = self.name.text.as_str();
        let Some(domains) = self.domains.as_ref().filter(|_| self.typed) else {
            return Found {
                users,
                unusable: None,
                spelling: folded(text),
                domains: self.domains,
            };
        };
        let typed = TypedName::read(text);
        let unusable = typed.foreign_domain(domains).map(|domain| {
            let own = domains.own_netbios().map(str::to_owned);
            let domain = domain.to_owned();
            UnusableName::OtherDomain { domain, own }
        });
        let users = typed.choose(users, domains);
        Found {
            unusable: unusable.filter(|_| users.is_empty()),
            users,
            spelling: folded(&typed.spelling(domains)),
            domains: self.domains,
        }
    }
}

impl Found {
    /// Nobody, without a search.
    pub(super) fn nobody(by: By<'_>, unusable: Option<UnusableName>) -> Self {
        let text = match by {
            By::Name(text) | By::EscapedName(text) | By::Principal(text) | By::CommonName(text) => {
                text
            }
            // None is too odd to be searched.
            By::Sid(_) => "",
        };
        Self {
            users: Vec::new(),
            unusable,
            spelling: folded(&beginning(text)),
            domains: None,
        }
    }

    /// What a directory could answer; an Active Directory of that domain, if one is given.
    #[cfg(test)]
    #[must_use]
    pub fn with(users: Vec<Entry>, domain: Option<&str>) -> Self {
        Self {
            domains: domain.map(|own| Arc::new(Domains::of(own, None))),
            users,
            ..Self::nobody(By::Principal(""), None)
        }
    }

    /// Whether the directory is known to be an Active Directory.
    #[must_use]
    pub fn is_active_directory(&self) -> bool {
        self.domains.is_some()
    }

    /// Keeps those who are in the domain of this NetBIOS or DNS name.
    pub fn retain_domain(&mut self, name: &str) {
        let domains = self.domains.as_deref();
        self.users.retain(|entry| match domains {
            Some(domains) => domains.hold(name, entry),
            None => entry.domain().is_some_and(|dns| by_custom(name, &dns)),
        });
    }
}

#[cfg(test)]
#[path = "lookup_tests.rs"]
mod tests;
