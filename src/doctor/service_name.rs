//! One name of the service: its keys, and how they are exported.

use super::finding::Finding;
use crate::authenticate::Keytab;

/// What the checks of one name share.
pub(super) struct Case<'a> {
    pub keytab: &'a Keytab,
    /// `HTTP/login.corp.example`.
    pub service: String,
    pub realm: String,
    pub path: String,
    /// `KERBEROS_REQUIRE_PAC`.
    pub require_pac: bool,
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
             the file to {path} on every instance. With the types of keys and the SPN put right as well: {}. On Samba: \
             samba-tool domain exportkeytab krb5.keytab --principal={service}",
            by_script(service, account, true)
        ))
}

/// The call of `deploy/windows/Set-AdEdge.ps1` that does it all.
pub(super) fn by_script(service: &str, account: &str, new_keys: bool) -> String {
    let host = service.strip_prefix("HTTP/").unwrap_or(service);
    let keys = if new_keys { " -NewKeys" } else { "" };
    format!(".\\Set-AdEdge.ps1 -ServerName {host} -Account {account}{keys}")
}
