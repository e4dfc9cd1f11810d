//! Whom the names mean that people type, and those of Kerberos.

use super::{
    context::Context,
    finding::{Area, Finding, Findings},
};
use crate::directory::{Directory, Kind};

const AREA: Area = Area::Ldap;

/// Nothing as long as the kind of directory is not known.
pub(super) async fn examine(context: &Context, directory: &Directory, findings: &Findings) {
    if let Some(kind) = directory.kind() {
        let nobody = nobody_by_name(context, directory).await;
        findings.add(nobody.unwrap_or_else(|| names(context, &kind)));
    }
}

/// When an own filter finds nobody, whatever is typed.
async fn nobody_by_name(context: &Context, directory: &Directory) -> Option<Finding> {
    let own = context.config.directory.user_by_name.as_ref()?;
    let everybody = own.with_any_value()?;
    // A search that fails is a finding of the server.
    let found = directory.search(&everybody, 1).await.ok()?;
    let text = format!(
        "no name that people type finds anybody: {everybody}, by LDAP_USER_BY_NAME, is nobody under {}",
        context.config.directory.base
    );
    found.is_empty().then(|| {
        Finding::fail(AREA, "ldap-names", text).note(
            "correct LDAP_USER_BY_NAME: an attribute that users have, and conditions that they meet; or let \
             the service account read the attribute",
        )
    })
}

/// Which names find a user, and which a Kerberos principal.
fn names(context: &Context, kind: &Kind) -> Finding {
    let ok = |text: String| Finding::ok(AREA, "ldap-names", text);
    let own = context.config.directory.user_by_name.as_ref();
    let own = own.map(|own| own.with_escaped("{0}"));
    match (own, kind) {
        (Some(own), Kind::ActiveDirectory(_)) => ok(format!(
            "people are found by {own} (LDAP_USER_BY_NAME), users of Kerberos by the SID of their ticket \
             with its other conditions"
        )),
        (Some(own), Kind::Other) => ok(format!(
            "people, and users of Kerberos, are found by {own} (LDAP_USER_BY_NAME)"
        )),
        (None, Kind::ActiveDirectory(domains)) => {
            let dns = domains.own().unwrap_or("corp.example");
            let netbios = domains.own_netbios().unwrap_or("CORP").to_uppercase();
            let text = format!(
                "people sign in as alice, {netbios}\\alice, alice@{dns} or by their mail address; users of \
                 Kerberos are found by the SID of their ticket"
            );
            if domains.are_known() {
                return ok(text);
            }
            let text = format!(
                "{text}. The NetBIOS names of the domains cannot be read: {netbios} is taken from {dns}"
            );
            Finding::warn(AREA, "ldap-names", text).note(
                "let the service account read CN=Partitions in the directory's configuration, as any \
                 account may by default",
            )
        }
        (None, Kind::Other) => {
            let text = "this is not Active Directory, and LDAP_USER_BY_NAME is not set: people are \
                        found by sAMAccountName, which other directories do not have";
            Finding::warn(AREA, "ldap-names", text)
                .note("set LDAP_USER_BY_NAME, for instance to (uid={0})")
        }
    }
}
