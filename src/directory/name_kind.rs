//! Which kind of name people type, for those who typed a wrong one.

use super::{dn, domains::Kind};
use crate::config::FilterTemplate;

/// Which kind of name means a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameKind {
    /// `alice`
    Account,
    /// `alice@corp.example`, with the domain.
    Principal(String),
    /// One or the other.
    AccountOrPrincipal(String),
    Mail,
    /// A filter of the administrator's compares something else.
    Other,
}

impl NameKind {
    /// By the administrator's `own` filter if there is one. Until it is known which kind of directory it is,
    /// the rest follows from the domain in `base`.
    pub(super) fn of(own: Option<&FilterTemplate>, kind: Option<&Kind>, base: &str) -> Self {
        let domain = dn::domain(base);
        let Some(own) = own else {
            return match (kind, domain) {
                (Some(Kind::ActiveDirectory(_)) | None, Some(domain)) => {
                    Self::AccountOrPrincipal(domain)
                }
                _ => Self::Account,
            };
        };
        let is =
            |one: &str, among: &[&str]| among.iter().any(|name| one.eq_ignore_ascii_case(name));
        let (mut account, mut principal, mut mail, mut other) = (false, false, false, false);
        for attribute in own.attributes() {
            if is(attribute, &["sAMAccountName", "uid"]) {
                account = true;
            } else if is(attribute, &["userPrincipalName"]) {
                principal = true;
            } else if is(attribute, &["mail"]) {
                mail = true;
            } else {
                other = true;
            }
        }
        match (account, principal, mail, domain) {
            (true, true, _, Some(domain)) => Self::AccountOrPrincipal(domain),
            (true, ..) => Self::Account,
            (false, true, _, Some(domain)) => Self::Principal(domain),
            (false, false, true, _) if !other => Self::Mail,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{super::domains::Domains, *};

    #[test]
    fn the_kind_follows_from_the_filter_or_the_directory() {
        let base = "OU=Staff,DC=corp,DC=example";
        let domain = || "corp.example".to_owned();
        let forest = Arc::new(Domains::of("corp.example", None));
        let without = |kind: Option<Kind>, base| NameKind::of(None, kind.as_ref(), base);
        let both = NameKind::AccountOrPrincipal(domain());
        assert_eq!(without(Some(Kind::ActiveDirectory(forest)), base), both);
        assert_eq!(without(None, base), both);
        assert_eq!(without(Some(Kind::Other), base), NameKind::Account);
        assert_eq!(without(None, "o=acme"), NameKind::Account);
        for (filter, kind) in [
            ("(sAMAccountName={0})", NameKind::Account),
            ("(&(objectClass=person)(uid={0}))", NameKind::Account),
            ("(userprincipalname={0})", NameKind::Principal(domain())),
            ("(|(sAMAccountName={0})(userPrincipalName={0}))", both),
            ("(mail={0})", NameKind::Mail),
            ("(|(mail={0})(employeeID={0}))", NameKind::Other),
            ("(employeeID={0})", NameKind::Other),
        ] {
            let own = FilterTemplate::parse(filter).expect("a filter");
            assert_eq!(NameKind::of(Some(&own), None, base), kind, "{filter}");
        }
    }
}
