//! The account of an SPN against the keytab: key versions and encryption types.

use std::collections::BTreeSet;

use super::{
    finding::{Area, Finding, Findings},
    service_name::{Case, export},
};
use crate::{
    authenticate::KeytabEntry,
    directory::{Attribute, Entry},
};

const AREA: Area = Area::Kerberos;
/// Encryption types (RFC 3962, RFC 4757) and their bits in msDS-SupportedEncryptionTypes ([MS-KILE]
/// 2.2.7), the strongest first: the one that a controller takes.
const TYPES: [(u32, i32, &str); 3] = [
    (0x10, 18, "AES-256"),
    (0x8, 17, "AES-128"),
    (0x4, RC4, "RC4"),
];
const RC4: i32 = 23;
/// The controller puts no PAC into tickets for an account with this flag of userAccountControl ([MS-KILE]
/// 3.3.5.7).
const NO_AUTH_DATA_REQUIRED: u32 = 0x200_0000;

/// An account with SPNs.
#[derive(Debug)]
pub(super) struct Owner {
    pub name: String,
    pub services: Vec<String>,
    version: Option<u32>,
    types: u32,
    control: u32,
}

impl Owner {
    pub const ATTRIBUTES: [&str; 5] = [
        "sAMAccountName",
        "servicePrincipalName",
        "msDS-KeyVersionNumber",
        "msDS-SupportedEncryptionTypes",
        "userAccountControl",
    ];

    pub fn of(entry: &Entry) -> Self {
        let number = |name: &str| entry.text(name).and_then(|text| text.parse().ok());
        let services = match entry.get("servicePrincipalName") {
            Some(Attribute::Text(one)) => vec![one.clone()],
            Some(Attribute::List(list)) => list.clone(),
            _ => Vec::new(),
        };
        Self {
            name: entry
                .text("sAMAccountName")
                .unwrap_or(entry.dn())
                .to_owned(),
            services,
            version: number("msDS-KeyVersionNumber"),
            types: number("msDS-SupportedEncryptionTypes").unwrap_or(0),
            control: number("userAccountControl").unwrap_or(0),
        }
    }

    pub fn has(&self, service: &str) -> bool {
        self.services.iter().any(|own| same(own, service))
    }

    /// The keytab's keys under any name of this account: they are the same keys.
    pub fn keys<'a>(&self, case: &Case<'a>) -> Vec<&'a KeytabEntry> {
        let is_ours = |key: &&KeytabEntry| {
            let name = key.principal.split_once('@').map_or("", |(name, _)| name);
            self.has(name) || same(name, &self.name) || same(name, &case.service)
        };
        case.keytab.entries.iter().filter(is_ours).collect()
    }

    pub fn has_present_key(&self, case: &Case<'_>) -> bool {
        let own = |key: &&&KeytabEntry| Some(key.kvno) == self.version;
        self.keys(case).iter().find(own).is_some()
    }
}

/// Names of principals are compared without regard to case, as Active Directory does.
pub(super) fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// Whether tickets for the account say by SID whose they are.
fn pac(case: &Case<'_>, owner: &Owner, findings: &Findings) {
    if owner.control & NO_AUTH_DATA_REQUIRED == 0 {
        return;
    }
    let name = &owner.name;
    let text = format!(
        "tickets for {name} have no PAC (NO_AUTH_DATA_REQUIRED), so they do not say which account they are for"
    );
    let finding = if case.require_pac {
        Finding::fail(
            AREA,
            "no-pac",
            format!("{text}: nobody signs in by Kerberos"),
        )
    } else {
        Finding::warn(
            AREA,
            "no-pac",
            format!("{text}: whoever has the name now signs in"),
        )
    };
    let control = owner.control & !NO_AUTH_DATA_REQUIRED;
    findings.add(
        finding
            .about(&case.service)
            .fix(format!(
                "Set-ADUser {name} -Replace @{{userAccountControl={control}}}"
            ))
            .note("in PowerShell on a domain controller; KERBEROS_REQUIRE_PAC says whether such tickets count"),
    );
}

/// Whether tickets for the account can be read, and say whose they are.
pub(super) fn owner(case: &Case<'_>, owner: &Owner, findings: &Findings) {
    pac(case, owner, findings);
    let keys = owner.keys(case);
    // That there are none is reported already.
    if keys.is_empty() {
        return;
    }
    let add = |finding: Finding| findings.add(finding.about(&case.service));
    let Some(version) = owner.version else {
        let text = format!(
            "the directory does not show the version of {}'s key",
            owner.name
        );
        add(Finding::warn(AREA, "key-version", text)
            .note("let LDAP_BIND_USER read msDS-KeyVersionNumber"));
        return;
    };
    let versions: BTreeSet<u32> = keys.iter().map(|key| key.kvno).collect();
    let etypes: BTreeSet<i32> = keys
        .iter()
        .filter(|key| key.kvno == version)
        .map(|key| key.etype)
        .collect();
    if etypes.is_empty() {
        let list: Vec<_> = versions.iter().map(u32::to_string).collect();
        let text = format!(
            "{}'s key has version {version}, the keytab {}",
            owner.name,
            list.join(", ")
        );
        if versions.iter().all(|have| *have > version) {
            let text = format!("{text}: this controller does not have the new password yet");
            add(Finding::warn(AREA, "key-newer", text)
                .fix("repadmin /syncall /AdeP")
                .note("on a domain controller; replication may take some minutes"));
        } else {
            let text = format!("{text} only: its password was set after the export");
            let finding = Finding::fail(AREA, "key-version", text);
            add(export(case, &owner.name, finding));
        }
        return;
    }
    let text = format!(
        "the keytab has {}'s present key, version {version}",
        owner.name
    );
    add(Finding::ok(AREA, "key-version", text));
    types(case, owner, &etypes, findings);
}

fn types(case: &Case<'_>, owner: &Owner, etypes: &BTreeSet<i32>, findings: &Findings) {
    let add = |finding: Finding| findings.add(finding.about(&case.service));
    let strongest = TYPES.iter().find(|(bit, ..)| owner.types & bit != 0);
    let name = &owner.name;
    let (rc4, aes) = (
        etypes.contains(&RC4),
        etypes.iter().any(|etype| *etype != RC4),
    );
    let make_aes = |finding: Finding| {
        finding
            .fix(format!(
                "Set-ADUser {name} -KerberosEncryptionType AES128,AES256"
            ))
            .note("in PowerShell on a domain controller; then set its password and export the keytab with all types")
    };
    match strongest {
        Some((_, RC4, _)) => {
            let text = format!(
                "{name} takes RC4 only, which controllers and clients refuse more and more"
            );
            add(make_aes(Finding::warn(AREA, "types-rc4", text)));
            if !rc4 {
                let text =
                    format!("tickets for {name} come with RC4, and the keytab has no such key");
                add(export(case, name, Finding::fail(AREA, "types", text)));
            }
        }
        Some((_, etype, label)) if etypes.contains(etype) => {
            let text = format!("tickets for {name} come with {label}, and the keytab has that key");
            add(Finding::ok(AREA, "types", text));
        }
        Some((_, _, label)) => {
            let text = format!(
                "tickets for {name} come with {label}, and the keytab has no such key of the present version"
            );
            add(export(case, name, Finding::fail(AREA, "types", text)));
        }
        None => {
            let says = format!("{name} does not say which encryption it takes");
            let finding = match (aes, rc4) {
                (false, _) => Finding::warn(
                    AREA,
                    "types-unset",
                    format!(
                        "{says}, and the keytab has RC4 only: controllers of 2026 (CVE-2026-20833) give AES"
                    ),
                ),
                (true, false) => Finding::warn(
                    AREA,
                    "types-unset",
                    format!(
                        "{says}, and the keytab has AES only: controllers before 2026 give RC4"
                    ),
                ),
                (true, true) => Finding::ok(
                    AREA,
                    "types-unset",
                    format!("{says}, and the keytab has both AES and RC4"),
                ),
            };
            add(match (aes, rc4) {
                (true, true) => finding,
                _ => make_aes(finding),
            });
        }
    }
}
