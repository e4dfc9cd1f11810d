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
             the file to {path} on every instance. On Samba: samba-tool domain exportkeytab krb5.keytab \
             --principal={service}"
        ))
}
