//! The keytab and the SPN of SERVER_URL's host, and of the name that browsers make of it.

use super::{
    context::{Context, quoted},
    directory::Found,
    finding::{Area, Finding, Findings},
    key_versions::{Owner, owner, same},
    other_services::other_services,
    service_name::{Case, by_script, export},
};
use crate::{
    authenticate::{KerberosRealms, Keytab, Services, clock_skew},
    config::NoTicket,
    directory::{DirectoryError, canonical_name, ldap_escape},
};

const AREA: Area = Area::Kerberos;
const RC4: i32 = 23;

pub(super) async fn examine(context: &Context, found: Option<&Found>, findings: &Findings) {
    let config = &context.config;
    let direct = config.direct.as_ref();
    let Some(section) = direct.and_then(|direct| direct.kerberos.as_ref()) else {
        return;
    };
    let Some(host) = config.federation.server_url.host_str() else {
        return;
    };
    skew(findings);
    let path = section.keytab.display().to_string();
    let keytab = match Keytab::read(&section.keytab) {
        Ok(keytab) => keytab,
        Err(error) => {
            findings.add(
                Finding::fail(AREA, "keytab", format!("the keytab {path} {error}"))
                    .fix(format!("klist -k -e -t {}", quoted(&path)))
                    .note("KERBEROS_KEYTAB must name a keytab that this user may read"),
            );
            Keytab::default()
        }
    };
    if let Some(concern) = KerberosRealms::new(&section.realms, keytab.realms()).concern() {
        findings.add(Finding::warn(AREA, "realms", concern).note(
            "correct KERBEROS_REALMS, or take it out: then the keytab's realms count. It is right as it is where \
             all users are in other realms",
        ));
    }
    // A warning about SERVER_URL has said it: no ticket is for an address, and none should be for a dot.
    if NoTicket::of(&config.federation.server_url) == Some(NoTicket::Address) {
        return;
    }
    let host = host.trim_end_matches('.');
    let realm = keytab.realms().into_iter().next();
    let realm = realm.or_else(|| found.and_then(|found| realm_of(&found.base)));
    let services = Services::new(host, &section.aliases);
    let mut hosts: Vec<_> = services.hosts().map(str::to_ascii_lowercase).collect();
    if let Some(canonical) = canonical_name(host).await.filter(|name| !same(name, host)) {
        alias(&services, host, &canonical, findings);
        if !hosts.contains(&canonical.to_ascii_lowercase()) {
            hosts.push(canonical);
        }
    }
    for host in hosts {
        let case = Case {
            keytab: &keytab,
            service: format!("HTTP/{host}"),
            realm: realm.clone().unwrap_or_else(|| "REALM".to_owned()),
            path: path.clone(),
            require_pac: section.require_pac,
            services: &services,
        };
        name(&case, &host, found, findings).await;
    }
}

/// Five minutes are the default of clients and controllers.
const USUAL_SKEW: u64 = 300;

/// How long a token that somebody has seen is good for.
fn skew(findings: &Findings) {
    let Some(skew) = clock_skew().map(|skew| skew.as_secs()) else {
        let text = "MIT's Kerberos library cannot read krb5.conf: no token is accepted";
        findings.add(
            Finding::fail(AREA, "krb5-conf", text)
                .fix("klist")
                .note("it says what is wrong with /etc/krb5.conf, or the file in KRB5_CONFIG"),
        );
        return;
    };
    if skew > USUAL_SKEW {
        let text = format!(
            "clockskew in krb5.conf is {skew} s: tokens are accepted {skew} s before and after their time, and \
             remembered for {} s, with room for as many as in ten minutes",
            2 * skew
        );
        findings.add(
            Finding::warn(AREA, "clock-skew", text)
                .fix("grep -rn clockskew /etc/krb5.conf /etc/krb5.conf.d")
                .note("remove it, and let all clocks follow the domain's"),
        );
    }
}

/// SERVER_URL's host is another name of `canonical`, for which most browsers get their tickets.
fn alias(services: &Services, host: &str, canonical: &str, findings: &Findings) {
    let text = format!(
        "{host} is an alias (CNAME) of {canonical}: browsers ask for tickets for HTTP/{canonical}"
    );
    let finding = if services.accept(&format!("HTTP/{canonical}")) {
        Finding::ok(Area::Dns, "dns-alias", text)
    } else {
        Finding::fail(Area::Dns, "dns-alias", format!("{text}, which are refused here"))
            .fix(format!("dig +noall +answer {host}"))
            .note(format!(
                "replace the alias by an A record, or add {canonical} to KERBEROS_ALIASES and give HTTP/{canonical} \
                 to the account as well"
            ))
    };
    findings.add(finding.about(host));
}

async fn name(case: &Case<'_>, host: &str, found: Option<&Found>, findings: &Findings) {
    let service = &case.service;
    let Some(found) = found else {
        in_keytab(case, &[], "", findings);
        return;
    };
    // HOST means HTTP too, where no account has that name (sPNMappings).
    let filter = format!(
        "(|(servicePrincipalName={service})(servicePrincipalName=HOST/{}))",
        ldap_escape(host)
    );
    let owners = match owners(found, &filter).await {
        Ok(owners) => owners,
        Err(error) => {
            let text = format!("the SPN {service} cannot be searched: {error}");
            findings.add(
                Finding::fail(AREA, "spn-search", text)
                    .about(service)
                    .note("let LDAP_BIND_USER read servicePrincipalName in all of the domain"),
            );
            in_keytab(case, &[], "", findings);
            return;
        }
    };
    let (named, by_host): (Vec<_>, Vec<_>) =
        owners.into_iter().partition(|owner| owner.has(service));
    match named.as_slice() {
        [] => match by_host.first() {
            Some(computer) => by_computer(case, host, computer, findings),
            None => {
                nobody(case, found, findings).await;
                in_keytab(case, &[], "", findings);
            }
        },
        [one] => {
            let text = format!("the SPN {service} is {}'s", one.name);
            findings.add(Finding::ok(AREA, "spn", text).about(service));
            in_keytab(case, &one.services, &one.name, findings);
            owner(case, one, findings);
            other_services(case, one, findings);
        }
        several => twice(case, several, findings),
    }
}

async fn owners(found: &Found, filter: &str) -> Result<Vec<Owner>, DirectoryError> {
    let entries = found
        .directory
        .entries(&found.base, filter, &Owner::ATTRIBUTES, 5)
        .await?;
    Ok(entries.iter().map(Owner::of).collect())
}

/// Without the SPN no browser gets a ticket. The account is known when the keytab has another of its
/// names.
async fn nobody(case: &Case<'_>, found: &Found, findings: &Findings) {
    let service = &case.service;
    let names = case.keytab.principals();
    let names = names.iter().filter_map(|name| name.split_once('@'));
    let names = names.fold(String::new(), |all, (name, _)| {
        all + "(servicePrincipalName=" + &ldap_escape(name) + ")"
    });
    let known = if names.is_empty() {
        Vec::new()
    } else {
        owners(found, &format!("(|{names})"))
            .await
            .unwrap_or_default()
    };
    let account = known.first().map_or("ACCOUNT", |owner| &owner.name);
    let text = format!(
        "no account under {} has the SPN {service}: browsers get no ticket",
        found.base
    );
    findings.add(
        Finding::fail(AREA, "spn-missing", text)
            .about(service)
            .fix(format!("setspn -S {service} {account}"))
            .note(format!(
                "on a domain controller, then export the keytab{}. On Samba: samba-tool spn add {service} \
                 {account}",
                by_script(service, account)
                    .map(|call| format!("; or both by {call}"))
                    .unwrap_or_default()
            )),
    );
}

fn by_computer(case: &Case<'_>, host: &str, computer: &Owner, findings: &Findings) {
    let (service, name) = (&case.service, &computer.name);
    let text = format!(
        "no account has the SPN {service}; HOST/{host} is {name}'s, so browsers get tickets for that \
         computer's key"
    );
    let has_key = !computer.keys(case).is_empty();
    let finding = if has_key {
        Finding::ok(AREA, "spn-host", text)
    } else {
        Finding::fail(AREA, "spn-host", text)
            .fix(format!("setspn -S {service} ACCOUNT"))
            .note("ACCOUNT is the service account whose keytab this is")
    };
    findings.add(finding.about(service));
    if has_key {
        owner(case, computer, findings);
        other_services(case, computer, findings);
    }
}

/// The account whose present key is not in the keytab is the wrong one.
fn twice(case: &Case<'_>, several: &[Owner], findings: &Findings) {
    let service = &case.service;
    let names: Vec<_> = several.iter().map(|owner| owner.name.as_str()).collect();
    let text = format!(
        "{} accounts have the SPN {service} ({}): the controller gives no ticket",
        names.len(),
        names.join(", ")
    );
    let wrong = several.iter().rfind(|owner| !owner.has_present_key(case));
    let finding = Finding::fail(AREA, "spn-twice", text).about(service);
    findings.add(match wrong.filter(|_| several.len() == 2) {
        Some(wrong) => finding
            .fix(format!("setspn -D {service} {}", wrong.name))
            .note("its present key is not in the keytab"),
        None => finding
            .fix(format!("setspn -Q {service}"))
            .note("take it from all accounts but the one whose keytab this is, with setspn -D"),
    });
}

/// The keytab holds the key under this name, or another name of the same account.
fn in_keytab(case: &Case<'_>, others: &[String], account: &str, findings: &Findings) {
    let (service, entries) = (&case.service, &case.keytab.entries);
    // That it cannot be read is reported already.
    if entries.is_empty() {
        return;
    }
    let named = |name: &str| {
        let mut names = entries.iter().filter_map(|e| e.principal.split_once('@'));
        names.any(|(principal, _)| same(principal, name))
    };
    let principals: Vec<_> = case.keytab.principals().into_iter().collect();
    if named(service) {
        let text = format!("the keytab has {service}");
        findings.add(Finding::ok(AREA, "keytab-principal", text).about(service));
    } else if let Some(other) = others.iter().find(|other| named(other)) {
        let text = format!("the keytab has {other}, which has the same key as {service}");
        findings.add(Finding::ok(AREA, "keytab-principal", text).about(service));
    } else {
        let text = format!(
            "the keytab has no key for {service}, only for {}",
            principals.join(", ")
        );
        findings.add(export(
            case,
            account,
            Finding::fail(AREA, "keytab-principal", text).about(service),
        ));
    }
    if entries.iter().all(|entry| entry.etype == RC4) {
        let text =
            "the keytab holds RC4 keys only, which controllers and clients refuse more and more";
        findings.add(export(
            case,
            account,
            Finding::warn(AREA, "keytab-rc4", text).about(service),
        ));
    }
}

/// `DC=corp,DC=example` → `CORP.EXAMPLE`.
fn realm_of(base: &str) -> Option<String> {
    let parts: Option<Vec<_>> = base
        .split(',')
        .map(|part| {
            let (kind, name) = part.trim().split_once('=')?;
            kind.eq_ignore_ascii_case("dc")
                .then(|| name.to_ascii_uppercase())
        })
        .collect();
    Some(parts?.join("."))
}

#[cfg(test)]
mod tests {
    use super::realm_of;

    #[test]
    fn the_realm_is_the_domain_s_name() {
        assert_eq!(
            realm_of("DC=corp,dc=example").as_deref(),
            Some("CORP.EXAMPLE")
        );
        assert_eq!(realm_of("OU=people,DC=corp"), None);
    }
}
