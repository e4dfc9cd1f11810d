//! `ad-edge doctor`: all is well on the lab, and each trouble is provoked there and found, with what
//! mends it.

use std::process::Command;

use serde_json::Value;

use crate::lab::{
    Lab,
    client_ca::ClientCa,
    instance::{Builder, Instance},
    project, run_with_input,
    stand_in::Tenant,
};

/// An installation without a fault, and not running.
fn healthy(tenant: &Tenant) -> Builder {
    Instance::builder()
        .tunnel(tenant)
        .set(
            "AD_HUB",
            format!("https://{}:{}/lo/hub", Lab::get().address, tenant.port),
        )
        .set("PROVISIONING_TICKET", tenant.ticket())
        .set("KERBEROS_KEYTAB", "certs/krb5.keytab")
}

/// The findings and the exit code.
fn doctor(builder: Builder) -> (Vec<Value>, Option<i32>) {
    let ended = builder.run_to_end_with(&["doctor", "--json"]);
    let start = ended
        .log
        .find("[\n")
        .unwrap_or_else(|| panic!("no JSON:\n{}", ended.log));
    let findings: Vec<Value> = serde_json::from_str(&ended.log[start..]).expect("JSON");
    (findings, ended.status.code())
}

/// The finding of that level whose text holds the words; it tells what to do.
fn assert_finds(findings: &[Value], level: &str, words: &str) {
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap_or_default().to_owned();
    let found = findings
        .iter()
        .find(|finding| finding["level"] == level && text(finding, "text").contains(words));
    let found = found.unwrap_or_else(|| panic!("no {level} with {words:?} in {findings:#?}"));
    assert!(
        level == "ok" || !text(found, "fix").is_empty(),
        "no fix: {found}"
    );
}

fn assert_fails(builder: Builder, words: &str) {
    let (findings, code) = doctor(builder);
    assert_finds(&findings, "fail", words);
    assert_eq!(code, Some(1));
}

fn assert_warns(builder: Builder, words: &str) {
    assert_finds(&doctor(builder).0, "warn", words);
}

#[test]
fn a_healthy_installation_has_nothing_to_mend_but_its_name() {
    let tenant = Tenant::by_address();
    let (findings, _) = doctor(healthy(&tenant));
    for words in [
        "can be read",
        "secret files are this user's alone",
        "thumbprint",
        "a certificate for login.corp.example",
        "a CA that this machine trusts",
        "is free",
        "answers over TCP and TLS",
        "bind: svc-ldap@corp.example",
        "search: users under",
        "clock differs by 0 s",
        "the groups of a user",
        "the keytab has HTTP/login.corp.example",
        "the SPN HTTP/login.corp.example is",
        "the account's present key",
        "the tenant's clock differs",
        "knows this signing certificate",
        "knows this connection as \"corp\"",
    ] {
        assert_finds(&findings, "ok", words);
    }
    let hub = findings
        .iter()
        .find(|finding| finding["area"] == "hub")
        .expect("the hub");
    assert_eq!(hub["level"], "ok", "{hub}");
    let failed: Vec<_> = findings
        .iter()
        .filter(|finding| finding["level"] == "fail")
        .collect();
    // The lab has no DNS: its clients are told the address.
    assert!(
        failed.iter().all(|finding| finding["area"] == "dns"),
        "{failed:#?}"
    );
    assert_finds(&findings, "fail", "is not found");
}

#[test]
fn the_configuration_and_the_files() {
    let tenant = Tenant::by_address();
    let healthy = || healthy(&tenant);
    assert_fails(healthy().set("FORM_LOGIN", "perhaps"), "FORM_LOGIN");
    assert_warns(healthy().set("FROM_LOGIN", true), "unknown key");
    let readable = healthy();
    run_with_input(
        Command::new("chmod")
            .arg("644")
            .arg(readable.home().join("certs/cert.key")),
        "",
    );
    assert_warns(readable, "can be read by others (mode 644)");
    assert_fails(
        healthy().set("SERVER_URL", "https://other.corp.example"),
        "does not cover other.corp.example",
    );
    assert_fails(healthy().file("certs/tls.pem", "broken"), "tls.pem");
    assert_fails(healthy().clock("+9000d"), "has expired");
    let other_ca = healthy().set("SSL_CA_FILE", Lab::get().signer().display().to_string());
    assert_warns(other_ca, "leads to no CA");
    let taken = std::net::TcpListener::bind((Lab::get().address.as_str(), 0)).expect("a port");
    let port = taken.local_addr().expect("its number").port();
    assert_fails(healthy().on_port(port), "is in use");
}

#[test]
fn client_certificates() {
    let (tenant, ca) = (Tenant::by_address(), ClientCa::new("Doctor's"));
    let with = |ca: &str| {
        healthy(&tenant)
            .set("CLIENT_CERT_AUTH", true)
            .file("certs/client-ca.pem", ca)
    };
    assert_warns(with(&ca.pem), "there is no revocation list");
    assert_fails(with("no certificate"), "holds no CA certificate");
}

#[test]
fn the_directory() {
    let (lab, tenant) = (Lab::get(), Tenant::by_address());
    let healthy = || healthy(&tenant);
    let at = |url: &str| healthy().set("LDAP_URL", url);
    assert_fails(at(&format!("ldaps://{}:1", lab.address)), "cannot connect");
    let plain = at(&format!("ldap://{}:389", lab.address)).set("LDAP_STARTTLS", false);
    assert_warns(plain, "is not encrypted");
    let other_ca = healthy().set("SSL_CA_FILE", lab.signer().display().to_string());
    assert_fails(other_ca, "ertificate");
    assert_fails(
        healthy().set("LDAP_BIND_PASSWORD", "wrong-on-purpose"),
        "bind:",
    );
    assert_fails(healthy().set("LDAP_BASE", "DC=other,DC=example"), "search:");
    assert_fails(
        healthy().clock("+10m"),
        "Kerberos refuses tickets beyond 300 s",
    );
}

#[test]
fn the_keytab_and_its_account() {
    let (lab, tenant) = (Lab::get(), Tenant::by_address());
    let for_host = |host: &str| healthy(&tenant).set("SERVER_URL", format!("https://{host}"));
    assert_fails(
        for_host("unknown.corp.example"),
        "has no key for HTTP/unknown.corp.example",
    );
    assert_fails(
        for_host("unknown.corp.example"),
        "has the SPN HTTP/unknown.corp.example",
    );
    assert_fails(
        healthy(&tenant).file("certs/krb5.keytab", "no keytab"),
        "is not a keytab",
    );

    let add = |user: &str, host: &str, types: &str| {
        lab.add_user(user, &format!("servicePrincipalName: HTTP/{host}\n{types}"));
    };
    let export = |builder: &Builder, host: &str, name: &str| {
        let path = builder
            .home()
            .join("certs")
            .join(name)
            .display()
            .to_string();
        lab.samba_tool(&[
            "domain",
            "exportkeytab",
            &path,
            &format!("--principal=HTTP/{host}"),
        ]);
        format!("certs/{name}")
    };
    // The password was set after the export.
    add(
        "svc-doctor",
        "doctor.corp.example",
        "msDS-SupportedEncryptionTypes: 24\n",
    );
    let builder = for_host("doctor.corp.example");
    let keytab = export(&builder, "doctor.corp.example", "old.keytab");
    lab.samba_tool(&[
        "user",
        "setpassword",
        "svc-doctor",
        "--newpassword=D0ctor-Passw0rd!x",
    ]);
    assert_fails(
        builder.set("KERBEROS_KEYTAB", keytab),
        "its password was set after the export",
    );
    // An account that says nothing of AES, and RC4 alone.
    add(
        "svc-rc4",
        "rc4.corp.example",
        "msDS-SupportedEncryptionTypes: 4\n",
    );
    let builder = for_host("rc4.corp.example");
    let keytab = export(&builder, "rc4.corp.example", "rc4.keytab");
    assert_warns(builder.set("KERBEROS_KEYTAB", keytab), "RC4");
}

#[test]
fn the_tenant_and_the_hub() {
    let tenant = Tenant::by_address();
    let healthy = || healthy(&tenant);
    let wrong = tenant.ticket().replace("trial", "other");
    assert_fails(
        healthy().set("PROVISIONING_TICKET", wrong),
        "does not know this ticket",
    );
    assert_warns(healthy().unset("PROVISIONING_TICKET"), "there is no ticket");
    assert_fails(
        healthy().set("AD_HUB", "https://127.0.0.1:1/lo/hub"),
        "127.0.0.1",
    );
    assert_fails(
        healthy().set("HTTPS_PROXY", "http://127.0.0.1:1"),
        "cannot be reached",
    );
    assert_fails(healthy().clock("+10m"), "it may refuse tokens");
    let made = tempfile::TempDir::new().expect("a folder");
    run_with_input(
        Command::new(project().join("certs/make-signing.sh"))
            .arg(made.path())
            .args(["corp", "corp.example"]),
        "",
    );
    let read = |name: &str| std::fs::read(made.path().join(name)).expect("made");
    let other = healthy()
        .file("certs/cert.pem", read("cert.pem"))
        .file("certs/cert.key", read("cert.key"));
    assert_fails(other, "does not know this signing certificate");
}
