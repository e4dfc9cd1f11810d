//! The keytab against what the directory says of its account.

use std::collections::BTreeSet;

use super::{Findings, Patient, directory::Found};
use crate::{
    authenticate::Keytab,
    directory::{Entry, escape},
};

const AREA: &str = "kerberos";
/// Encryption types (RFC 3962, RFC 4757) and their bits in msDS-SupportedEncryptionTypes ([MS-KILE] 2.2.7).
const RC4: i32 = 23;
const AES: [(i32, u32, &str); 2] = [(17, 0x8, "AES-128"), (18, 0x10, "AES-256")];

pub(super) async fn examine(patient: &Patient, found: Option<&Found>, findings: &mut Findings) {
    let config = &patient.config;
    let Some(section) = config
        .direct
        .as_ref()
        .and_then(|direct| direct.kerberos.as_ref())
    else {
        return;
    };
    let Some(host) = config.federation.server_url.host_str() else {
        return;
    };
    let service = format!("HTTP/{host}");
    let keytab = match Keytab::read(&section.keytab) {
        Ok(keytab) => keytab,
        Err(error) => {
            let text = format!("the keytab {} {error}", section.keytab.display());
            findings.fail(AREA, text, export(&service));
            return;
        }
    };
    let principals: Vec<_> = keytab.principals().into_iter().collect();
    let is_ours = |principal: &str| {
        principal
            .split_once('@')
            .is_some_and(|(name, _)| name.eq_ignore_ascii_case(&service))
    };
    let ours: Vec<_> = keytab
        .entries
        .iter()
        .filter(|entry| is_ours(&entry.principal))
        .collect();
    let etypes: BTreeSet<i32> = ours.iter().map(|entry| entry.etype).collect();
    let kvnos: BTreeSet<u32> = ours.iter().map(|entry| entry.kvno).collect();
    if ours.is_empty() {
        findings.fail(
            AREA,
            format!(
                "the keytab has no key for {service}, only for {}",
                principals.join(", ")
            ),
            export(&service),
        );
    } else {
        findings.ok(
            AREA,
            format!("the keytab has {service}, versions {kvnos:?}"),
        );
        if etypes.iter().all(|etype| *etype == RC4) {
            findings.warn(
                AREA,
                "the keytab holds RC4 keys only, which clients refuse more and more",
                "enable AES on the account (msDS-SupportedEncryptionTypes 24), set its password anew, and \
                 export the keytab again",
            );
        }
    }
    let Some(found) = found else { return };
    let names = [
        "sAMAccountName",
        "msDS-KeyVersionNumber",
        "msDS-SupportedEncryptionTypes",
    ];
    let filter = format!("(servicePrincipalName={})", escape(&service));
    let owners = found
        .directory
        .entries(&config.directory.base, &filter, &names, 5)
        .await;
    let owners = match owners {
        Ok(owners) => owners,
        Err(error) => {
            findings.fail(AREA, error.to_string(), "");
            return;
        }
    };
    let name = |entry: &Entry| {
        entry
            .text("sAMAccountName")
            .unwrap_or(entry.dn())
            .to_owned()
    };
    match owners.as_slice() {
        [] => findings.fail(
            AREA,
            format!(
                "no account under {} has the SPN {service}: browsers get no ticket",
                config.directory.base
            ),
            format!("setspn -S {service} <service account>"),
        ),
        [owner] => {
            findings.ok(AREA, format!("the SPN {service} is {}'s", name(owner)));
            account(owner, &kvnos, &etypes, &service, findings);
        }
        several => {
            let owners: Vec<_> = several.iter().map(name).collect();
            findings.fail(
                AREA,
                format!(
                    "the SPN {service} stands at {} accounts ({}): no ticket is given",
                    owners.len(),
                    owners.join(", ")
                ),
                format!(
                    "setspn -D {service} {}",
                    owners.last().map_or("", String::as_str)
                ),
            );
        }
    }
}

fn account(
    owner: &Entry,
    kvnos: &BTreeSet<u32>,
    etypes: &BTreeSet<i32>,
    service: &str,
    findings: &mut Findings,
) {
    if kvnos.is_empty() {
        return;
    }
    let number = |name: &str| owner.text(name).and_then(|text| text.parse::<u32>().ok());
    match number("msDS-KeyVersionNumber") {
        Some(version) if kvnos.contains(&version) => {
            findings.ok(AREA, format!("the keytab has the account's present key, version {version}"));
        }
        Some(version) => findings.fail(
            AREA,
            format!("the account's key has version {version}, the keytab only {kvnos:?}: its password was set after the export"),
            export(service),
        ),
        None => findings.warn(
            AREA,
            "the directory does not show the version of the account's key",
            "let LDAP_BIND_USER read msDS-KeyVersionNumber",
        ),
    }
    let supported = number("msDS-SupportedEncryptionTypes").unwrap_or(0);
    for (etype, bit, name) in AES {
        if supported & bit != 0 && !etypes.contains(&etype) {
            findings.fail(
                AREA,
                format!("the account offers {name}, and the keytab has no such key: tickets with it are refused"),
                export(service),
            );
        }
    }
    if AES.iter().all(|(_, bit, _)| supported & bit == 0) {
        findings.warn(
            AREA,
            "the account does not say that it takes AES: tickets may come with RC4",
            "Set-ADUser <account> -KerberosEncryptionType AES128,AES256, then set its password and export the keytab",
        );
    }
}

fn export(service: &str) -> String {
    format!(
        "ktpass -princ {service}@REALM -mapuser <account> -crypto AES256-SHA1 -ptype KRB5_NT_PRINCIPAL -pass * \
         -out krb5.keytab (Windows), or samba-tool domain exportkeytab krb5.keytab --principal={service}"
    )
}
