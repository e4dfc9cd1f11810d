//! What else has the key of the login edge, or lies beside it in the keytab.

use std::collections::BTreeSet;

use super::{
    context::quoted,
    finding::{Area, Finding, Findings},
    key_versions::{Owner, same},
    service_name::Case,
};

const AREA: Area = Area::Kerberos;

/// Other services of the account, and principals of the keytab that are not its own. Said once, for the name of
/// SERVER_URL.
pub(super) fn other_services(case: &Case<'_>, owner: &Owner, findings: &Findings) {
    let first = case.services.hosts().next().unwrap_or_default();
    if !same(&case.service, &format!("HTTP/{first}")) {
        return;
    }
    let (service, name) = (&case.service, &owner.name);
    let others: Vec<_> = owner
        .services
        .iter()
        .filter(|other| !case.services.accept(other))
        .map(String::as_str)
        .collect();
    if !others.is_empty() {
        let text = format!(
            "{name} has other SPNs as well ({}): tickets for them open with the same key, and nothing protects the \
             name of the service in a ticket",
            others.join(", ")
        );
        findings.add(
            Finding::warn(AREA, "spn-others", text)
                .about(service)
                .fix(format!("setspn -L {name}"))
                .note(format!(
                    "give {service} an account of its own; a name by which browsers reach this service belongs in \
                     KERBEROS_ALIASES"
                )),
        );
    }
    let principals = case.keytab.principals().into_iter();
    let strangers: BTreeSet<_> = principals
        .filter_map(|principal| Some(principal.split_once('@')?.0))
        .filter(|other| !case.services.accept(other) && !owner.has(other) && !same(other, name))
        .collect();
    if !strangers.is_empty() {
        let list: Vec<_> = strangers.into_iter().collect();
        let text = format!(
            "the keytab has keys that are not {name}'s: {}. They open no ticket for {service}",
            list.join(", ")
        );
        findings.add(
            Finding::warn(AREA, "keytab-others", text)
                .about(service)
                .fix(format!("klist -k -e -t {}", quoted(&case.path)))
                .note("whoever has such a key could make tickets with it: leave this service's keys alone in the file"),
        );
    }
}
