//! One name of the service: its keys, and how they are exported.

use super::finding::Finding;
use crate::authenticate::{Keytab, Services};

/// What the checks of one name share.
pub(super) struct Case<'a> {
    pub keytab: &'a Keytab,
    /// `HTTP/login.corp.example`.
    pub service: String,
    pub realm: String,
    pub path: String,
    /// `KERBEROS_REQUIRE_PAC`.
    pub require_pac: bool,
    /// All names of the service.
    pub services: &'a Services,
}

/// How a keytab is made anew.
pub(super) fn export(case: &Case<'_>, account: &str, finding: Finding) -> Finding {
    let Case {
        service,
        realm,
        path,
        ..
    } = case;
    let account = if account.is_empty() {
        "ACCOUNT"
    } else {
        account
    };
    finding
        .fix(format!(
            "ktpass -princ {service}@{realm} -mapuser {account}@{realm} -crypto All -ptype KRB5_NT_PRINCIPAL \
             -pass * -out krb5.keytab"
        ))
        .note(format!(
            "on a domain controller; it sets {account}'s password anew, so each older keytab of it ends; copy \
             the file to {path} on every instance.{} On Samba: samba-tool domain exportkeytab krb5.keytab \
             --principal={service}",
            by_script(service, account)
                .map(|call| format!(" With the types of keys and the SPN put right as well: {call}."))
                .unwrap_or_default()
        ))
}

/// The call of `deploy/windows/Set-AdEdge.ps1` that does it all; `None` for an account that it does not take: a
/// computer's (`WEB1$`), or one with a name that would need quoting.
pub(super) fn by_script(service: &str, account: &str) -> Option<String> {
    let host = service.strip_prefix("HTTP/").unwrap_or(service);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let is_taken = account.len() <= 20 && account.chars().all(plain);
    is_taken.then(|| format!(".\\Set-AdEdge.ps1 -ServerName {host} -Account {account} -NewKeys"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_named_for_accounts_that_it_takes() {
        let call = by_script("HTTP/login.corp.example", "svc-adedge").expect("a call");
        assert!(call.ends_with("-ServerName login.corp.example -Account svc-adedge -NewKeys"));
        for account in ["WEB1$", "svc ad-edge", "svc'x", "an-account-of-21-chars"] {
            assert_eq!(
                by_script("HTTP/login.corp.example", account),
                None,
                "{account}"
            );
        }
    }
}
