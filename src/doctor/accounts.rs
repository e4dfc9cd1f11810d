//! Whether the service account sees of users what decides whether they may sign in, and who they are.

use super::{
    context::Context,
    finding::{Area, Finding, Findings},
};
use crate::{
    config::ServiceAccount,
    directory::{Directory, Entry},
};

const AREA: Area = Area::Ldap;
/// Users of Active Directory, by classes that nobody hides; computers are users as well.
const USERS: &str = "(&(objectCategory=person)(objectClass=user))";
/// So many are looked at: rights may differ from one part of the domain to the next.
const LOOKED_AT: usize = 20;

/// In other directories nothing tells what is hidden from what is not there.
pub(super) async fn examine(context: &Context, directory: &Directory, findings: &Findings) {
    if !directory.is_active_directory() {
        return;
    }
    // A search that fails is a finding of the server.
    let Ok(mut users) = directory.search(USERS, LOOKED_AT).await else {
        return;
    };
    // Of itself an account may read more than of others.
    if let ServiceAccount::Simple { user, .. } = &context.config.directory.service {
        users.retain(|entry| !is(entry, user));
    }
    if users.is_empty() {
        return;
    }
    let worst = users
        .iter()
        .find(|user| !user.unseen().decide.is_empty())
        .or_else(|| users.iter().find(|user| !user.unseen().tell.is_empty()));
    let Some(user) = worst else {
        let text = "the service account sees of users what decides whether they may sign in";
        findings.add(Finding::ok(AREA, "ldap-attributes", text));
        return;
    };
    let unseen = user.unseen();
    let names: Vec<_> = unseen.decide.iter().chain(&unseen.tell).copied().collect();
    let text = format!(
        "the service account cannot read {} of {}",
        names.join(", "),
        user.dn()
    );
    let direct = context.config.direct.as_ref();
    let judged_by_us = direct.is_some_and(|direct| {
        direct.kerberos.is_some() || direct.client_cert.is_some() || direct.proxy_frontend
    });
    // By every way, a password as well (login::NotAUser).
    let nobody = unseen.decide.contains(&"sAMAccountType");
    let note = "let it read these attributes of users (the property sets \"Account Restrictions\" and \"General \
                Information\"), and ask no global catalog (ports 3268, 3269), which lacks some";
    findings.add(if nobody {
        let text = format!("{text}: such users are refused");
        Finding::fail(AREA, "ldap-attributes", text).note(note)
    } else if judged_by_us && !unseen.decide.is_empty() {
        let text = format!("{text}: such users are refused, unless they sign in by their password");
        Finding::fail(AREA, "ldap-attributes", text).note(note)
    } else {
        Finding::warn(AREA, "ldap-attributes", text).note(note)
    });
}

/// Whether this is the account of `LDAP_BIND_USER`: a DN, a principal, `CORP\name` or a name.
fn is(entry: &Entry, user: &str) -> bool {
    let account = user.rsplit('\\').next().unwrap_or(user);
    let account = account.split('@').next().unwrap_or(account);
    let same = |attribute: &str, text: &str| {
        let value = entry.text(attribute).unwrap_or_default();
        value.to_lowercase() == text.to_lowercase()
    };
    entry.dn().to_lowercase() == user.to_lowercase()
        || same("userPrincipalName", user)
        || same("sAMAccountName", account)
}
