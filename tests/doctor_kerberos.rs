//! `ad-edge doctor` on SPN, keytab and account.

use std::{fs, ops::Range, process::Command, time::Duration};

use tempfile::TempDir;

use crate::{
    doctor::{DoctorReport, doctor, healthy, text},
    lab::{Lab, instance::Builder, process::Running, run_with_input, stand_in::Tenant, wait_until},
};

const AES256: u16 = 18;
const AES128: u16 = 17;
const RC4: u16 = 23;

/// An account with that SPN; `types` is msDS-SupportedEncryptionTypes.
fn account(name: &str, service: &str, types: Option<u32>) {
    let types = types.map(|types| format!("msDS-SupportedEncryptionTypes: {types}\n"));
    let lines = format!(
        "servicePrincipalName: {service}\n{}",
        types.unwrap_or_default()
    );
    Lab::get().add_user(name, &lines);
}

fn for_host(tenant: &Tenant, host: &str) -> Builder {
    healthy(tenant).set("SERVER_URL", format!("https://{host}"))
}

/// The account's keytab as the controller exports it, with keys of these types only.
fn export(service: &str, types: &[u16]) -> Vec<u8> {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("keytab");
    Lab::get().samba_tool(&[
        "domain",
        "exportkeytab",
        path.to_str().expect("a path"),
        &format!("--principal={service}"),
    ]);
    let bytes = fs::read(path).expect("the keytab");
    let mut kept = bytes[..2].to_vec();
    for (record, etype) in records(&bytes) {
        if types.contains(&number(&bytes, etype)) {
            kept.extend_from_slice(&bytes[record]);
        }
    }
    assert!(kept.len() > 2, "no key of {types:?} in the export");
    kept
}

/// The records of a keytab, and where each has its encryption type (MIT krb5, "Keytab file format").
fn records(bytes: &[u8]) -> Vec<(Range<usize>, usize)> {
    let (mut found, mut at) = (Vec::new(), 2);
    while at < bytes.len() {
        let size = u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four"));
        let end = at + 4 + usize::try_from(size).expect("small");
        // Components and realm, each with its length; then name type, time and version.
        let mut field = at + 6;
        for _ in 0..=number(bytes, at + 4) {
            field += 2 + usize::from(number(bytes, field));
        }
        found.push((at..end, field + 9));
        at = end;
    }
    found
}

fn number(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([bytes[at], bytes[at + 1]])
}

/// The same keys as if they had that version.
fn with_version(mut keytab: Vec<u8>, version: u8) -> Vec<u8> {
    for (record, etype) in records(&keytab) {
        keytab[etype - 1] = version;
        let key_end = etype + 4 + usize::from(number(&keytab, etype + 2));
        if record.end >= key_end + 4 {
            keytab[key_end..key_end + 4].copy_from_slice(&u32::from(version).to_be_bytes());
        }
    }
    keytab
}

fn with_keytab(tenant: &Tenant, host: &str, keytab: Vec<u8>) -> DoctorReport {
    doctor(for_host(tenant, host).file("certs/krb5.keytab", keytab))
}

#[test]
fn realms_among_which_the_keytab_s_is_not() {
    let tenant = Tenant::by_address();
    let typo = || healthy(&tenant).set("KERBEROS_REALMS", "CORP.EXMPLE");
    let report = doctor(typo());
    let words = text(report.warns("kerberos", "realms"), "text");
    let expected = "KERBEROS_REALMS (CORP.EXMPLE) has none of the keytab's realms (CORP.EXAMPLE)";
    assert!(words.contains(expected), "{words}");
    let checked = typo().run_to_end("check");
    assert!(
        checked.log.contains("tickets of their users are refused"),
        "{}",
        checked.log
    );
    assert!(
        doctor(healthy(&tenant))
            .all("kerberos", "realms")
            .is_empty()
    );
}

#[test]
fn a_name_that_no_account_has() {
    let tenant = Tenant::by_address();
    let report = doctor(for_host(&tenant, "unknown.corp.example"));
    let fix = text(report.fails("kerberos", "spn-missing"), "fix");
    // The account is known by the keytab's other name.
    let account = fix.strip_prefix("setspn -S HTTP/unknown.corp.example ");
    assert!(
        account.is_some_and(|name| name.starts_with("svc-")),
        "{fix}"
    );
    let fix = text(report.fails("kerberos", "keytab-principal"), "fix");
    assert!(
        fix.contains("-princ HTTP/unknown.corp.example@CORP.EXAMPLE"),
        "{fix}"
    );
    assert!(fix.contains("-crypto All"), "{fix}");
    doctor(healthy(&tenant).file("certs/krb5.keytab", "no keytab")).fails("kerberos", "keytab");
}

#[test]
fn the_spn_is_searched_in_all_of_the_domain() {
    let tenant = Tenant::by_address();
    let base = "CN=Alice Smith,CN=Users,DC=corp,DC=example";
    let report = doctor(healthy(&tenant).set("LDAP_BASE", base));
    report.passes("ldap", "ldap-search");
    report.passes("kerberos", "spn");
}

#[test]
fn a_name_of_a_computer() {
    let tenant = Tenant::by_address();
    account("svc-computer", "HOST/computer.corp.example", None);
    let report = doctor(for_host(&tenant, "computer.corp.example"));
    let words = text(report.fails("kerberos", "spn-host"), "text");
    assert!(words.contains("svc-computer"), "{words}");
}

#[test]
fn an_export_before_the_last_password() {
    let tenant = Tenant::by_address();
    account("svc-old-key", "HTTP/old-key.corp.example", Some(24));
    let keytab = export("HTTP/old-key.corp.example", &[AES256, AES128]);
    Lab::get().samba_tool(&[
        "user",
        "setpassword",
        "svc-old-key",
        "--newpassword=D0ctor-Passw0rd!x",
    ]);
    let report = with_keytab(&tenant, "old-key.corp.example", keytab);
    let finding = report.fails("kerberos", "key-version");
    let fix = text(finding, "fix");
    assert!(fix.contains("-mapuser svc-old-key@CORP.EXAMPLE"), "{fix}");
    assert!(text(finding, "note").contains("password anew"), "{finding}");
}

#[test]
fn the_strongest_type_that_the_account_takes_is_needed() {
    let tenant = Tenant::by_address();
    let (service, host) = ("HTTP/types.corp.example", "types.corp.example");
    account("svc-types", service, Some(24));
    let report = with_keytab(&tenant, host, export(service, &[AES256]));
    report.passes("kerberos", "types");
    // Another controller knows of a newer password: no reason to export once more.
    let newer = with_version(export(service, &[AES256]), 99);
    with_keytab(&tenant, host, newer).warns("kerberos", "key-newer");
    let report = with_keytab(&tenant, host, export(service, &[AES128]));
    let words = text(report.fails("kerberos", "types"), "text");
    assert!(words.contains("AES-256"), "{words}");
}

#[test]
fn an_account_that_does_not_say_and_one_of_rc4() {
    let tenant = Tenant::by_address();
    let (service, host) = ("HTTP/unset.corp.example", "unset.corp.example");
    account("svc-unset", service, None);
    // Exports hold what the account takes.
    let types = |types: &str| {
        Lab::get().ldbmodify(&format!(
            "dn: CN=svc-unset,CN=Users,DC=corp,DC=example\nchangetype: modify\n\
             replace: msDS-SupportedEncryptionTypes\n{types}"
        ));
    };
    types("msDS-SupportedEncryptionTypes: 28\n");
    let (aes, rc4) = (export(service, &[AES256]), export(service, &[RC4]));
    types("");
    let report = with_keytab(&tenant, host, aes);
    let words = text(report.warns("kerberos", "types-unset"), "text");
    assert!(
        words.contains("controllers before 2026 give RC4"),
        "{words}"
    );
    let report = with_keytab(&tenant, host, rc4.clone());
    let words = text(report.warns("kerberos", "types-unset"), "text");
    assert!(words.contains("CVE-2026-20833"), "{words}");
    report.warns("kerberos", "keytab-rc4");
    types("msDS-SupportedEncryptionTypes: 4\n");
    let report = with_keytab(&tenant, host, rc4);
    let fix = text(report.warns("kerberos", "types-rc4"), "fix");
    assert!(fix.starts_with("Set-ADUser svc-unset "), "{fix}");
}

#[test]
fn an_alias_asks_for_the_canonical_name() {
    let (lab, tenant) = (Lab::get(), Tenant::by_address());
    let folder = TempDir::new().expect("a folder");
    let mut command = Command::new("/usr/sbin/dnsmasq");
    command
        .args([
            "--no-daemon",
            "--conf-file=/dev/null",
            "--no-resolv",
            "--no-hosts",
        ])
        .args(["--bind-interfaces", "--user=root", "--pid-file="])
        .arg(format!("--listen-address={}", lab.address))
        .arg(format!("--host-record=farm.corp.example,{}", lab.address))
        .arg("--cname=login.corp.example,farm.corp.example");
    let _dns = Running::start(&mut command, &folder.path().join("log"));
    wait_until(Duration::from_secs(10), "dnsmasq", || {
        std::net::TcpStream::connect((lab.address.as_str(), 53)).is_ok()
    });
    let resolv = format!("nameserver {}\n", lab.address);
    let report = doctor(healthy(&tenant).with_names("", &resolv));
    report.passes("dns", "dns-name");
    let finding = report.fails("dns", "dns-alias");
    let words = text(finding, "text");
    assert!(words.contains("HTTP/farm.corp.example"), "{words}");
    assert!(text(finding, "note").contains("KERBEROS_ALIASES"));
    let finding = report.fails("kerberos", "spn-missing");
    assert_eq!(finding["subject"], "HTTP/farm.corp.example");
    let listed = healthy(&tenant).set("KERBEROS_ALIASES", "farm.corp.example");
    doctor(listed.with_names("", &resolv)).passes("dns", "dns-alias");
}

/// Samba refuses a second one, so it is written past its checks.
#[test]
fn a_name_that_two_accounts_have() {
    let (lab, tenant) = (Lab::get(), Tenant::by_address());
    let (service, host) = ("HTTP/twice.corp.example", "twice.corp.example");
    account("svc-twice", service, Some(24));
    account("svc-second-owner", "HTTP/not-twice.corp.example", Some(24));
    // Another version of its key than the first account's.
    lab.samba_tool(&[
        "user",
        "setpassword",
        "svc-second-owner",
        "--newpassword=D0ctor-Passw0rd!x",
    ]);
    let keytab = export(service, &[AES256]);
    let partition = lab
        .state
        .join("domain/private/sam.ldb.d/DC=CORP,DC=EXAMPLE.ldb");
    run_with_input(
        Command::new("ldbmodify").arg("-H").arg(partition),
        &format!(
            "dn: CN=svc-second-owner,CN=Users,DC=corp,DC=example\nchangetype: modify\n\
             add: servicePrincipalName\nservicePrincipalName: {service}\n"
        ),
    );
    let report = with_keytab(&tenant, host, keytab);
    let fix = text(report.fails("kerberos", "spn-twice"), "fix");
    assert_eq!(fix, format!("setspn -D {service} svc-second-owner"));
}

/// Tickets for such an account do not say whose they are.
#[test]
fn an_account_for_which_no_pac_is_made() {
    let (lab, tenant) = (Lab::get(), Tenant::by_address());
    let (service, host) = ("HTTP/bare.corp.example", "bare.corp.example");
    account("svc-bare", service, Some(24));
    lab.ldbmodify(
        "dn: CN=svc-bare,CN=Users,DC=corp,DC=example\nchangetype: modify\n\
         replace: userAccountControl\nuserAccountControl: 33554944\n",
    );
    let keytab = export(service, &[AES256]);
    let report = with_keytab(&tenant, host, keytab.clone());
    let fix = text(report.fails("kerberos", "no-pac"), "fix");
    assert_eq!(
        fix,
        "Set-ADUser svc-bare -Replace @{userAccountControl=512}"
    );
    let lax = for_host(&tenant, host)
        .set("KERBEROS_REQUIRE_PAC", false)
        .file("certs/krb5.keytab", keytab);
    doctor(lax).warns("kerberos", "no-pac");
}

#[test]
fn other_services_of_the_account_and_other_keys_in_the_keytab() {
    let (lab, tenant) = (Lab::get(), Tenant::by_address());
    let (service, host) = ("HTTP/shared.corp.example", "shared.corp.example");
    account("svc-shared", service, Some(24));
    account("svc-beside", "HTTP/beside.corp.example", Some(24));
    let keytab = export(service, &[AES256]);
    with_keytab(&tenant, host, keytab.clone()).passes("kerberos", "spn");
    lab.samba_tool(&["spn", "add", "cifs/shared.corp.example", "svc-shared"]);
    let beside = export("HTTP/beside.corp.example", &[AES256]);
    let report = with_keytab(&tenant, host, [&keytab[..], &beside[2..]].concat());
    let words = text(report.warns("kerberos", "spn-others"), "text");
    assert!(words.contains("(cifs/shared.corp.example)"), "{words}");
    let words = text(report.warns("kerberos", "keytab-others"), "text");
    assert!(words.contains(": HTTP/beside.corp.example."), "{words}");
}

#[test]
fn a_clock_skew_that_leaves_tokens_good_for_hours() {
    let (lab, tenant) = (Lab::get(), Tenant::by_address());
    let folder = TempDir::new().expect("a folder");
    let conf = folder.path().join("krb5.conf");
    let usual = fs::read_to_string(lab.krb5_conf()).expect("the lab's");
    let opened = usual.replacen("[libdefaults]", "[libdefaults]\n\tclockskew = 3600", 1);
    fs::write(&conf, opened).expect("written");
    let with = |conf: &std::path::Path| {
        let conf = conf.to_str().expect("a path");
        doctor(healthy(&tenant).env("KRB5_CONFIG", conf))
    };
    let words = text(with(&conf).warns("kerberos", "clock-skew"), "text").to_owned();
    assert!(words.contains("remembered for 7200 s"), "{words}");
    let usual = with(&lab.krb5_conf());
    assert!(usual.all("kerberos", "clock-skew").is_empty());
    fs::write(&conf, "[libdefaults\n").expect("written");
    with(&conf).fails("kerberos", "krb5-conf");
}
