//! `ad-edge doctor`: all is well on the lab, and each trouble of the configuration, the files, the ports
//! and the tenant is provoked there and found, with how to correct it.

use std::{fs::Permissions, os::unix::fs::PermissionsExt as _, process::Command};

use serde_json::Value;

use crate::lab::{
    Lab,
    client_ca::ClientCa,
    instance::{Builder, Instance},
    project, run_with_input,
    snapshot::named,
    stand_in::Tenant,
};

/// What the doctor reported.
#[derive(Debug)]
pub struct DoctorReport {
    pub findings: Vec<Value>,
    pub code: Option<i32>,
}

/// An installation without a fault, and not running.
pub fn healthy(tenant: &Tenant) -> Builder {
    let lab = Lab::get();
    Instance::builder()
        .tunnel(tenant)
        .set(
            "AD_HUB",
            format!("https://{}:{}/lo/hub", lab.address, tenant.port),
        )
        .set("PROVISIONING_TICKET", tenant.ticket())
        .set("KERBEROS_KEYTAB", "certs/krb5.keytab")
}

/// Where the lab's names are known, and no name server is.
pub fn known(builder: Builder) -> Builder {
    let hosts = format!("{} login.corp.example\n", Lab::get().address);
    builder.with_names(
        &hosts,
        "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
    )
}

pub fn doctor(builder: Builder) -> DoctorReport {
    let ended = builder.run_to_end_with(&["doctor", "--json"]);
    let start = ended
        .log
        .find("{\n")
        .unwrap_or_else(|| panic!("no JSON:\n{}", ended.log));
    let all: Value = serde_json::from_str(&ended.log[start..]).expect("JSON");
    assert_eq!(all["version"], 1);
    assert!(
        all["home"]
            .as_str()
            .is_some_and(|home| home.ends_with("/home")),
        "{all:#}"
    );
    assert!(
        all["at"].as_str().is_some_and(|at| at.ends_with('Z')),
        "{all:#}"
    );
    for finding in all["findings"].as_array().expect("a list") {
        let fix = text(finding, "fix");
        let blank = |part: &str| part.starts_with(|c: char| c.is_ascii_alphabetic());
        assert!(!fix.split('<').skip(1).any(blank), "a blank: {finding}");
    }
    DoctorReport {
        findings: all["findings"].as_array().expect("a list").clone(),
        code: ended.status.code(),
    }
}

impl DoctorReport {
    pub fn all(&self, area: &str, id: &str) -> Vec<&Value> {
        let is = |finding: &&Value| finding["area"] == area && finding["id"] == id;
        self.findings.iter().filter(is).collect()
    }

    /// The finding of that area, id and level. One that is not good tells what to do.
    pub fn find(&self, level: &str, area: &str, id: &str) -> &Value {
        let all = self.all(area, id);
        let found = all.iter().find(|finding| finding["level"] == level);
        let found = found.unwrap_or_else(|| panic!("no {level} {area} {id} in {self:#?}"));
        assert!(
            level == "ok" || found["fix"].is_string() || found["note"].is_string(),
            "nothing to do: {found}"
        );
        found
    }

    pub fn fails(&self, area: &str, id: &str) -> &Value {
        assert_eq!(self.code, Some(1), "{self:#?}");
        self.find("fail", area, id)
    }

    pub fn warns(&self, area: &str, id: &str) -> &Value {
        self.find("warn", area, id)
    }

    pub fn passes(&self, area: &str, id: &str) -> &Value {
        self.find("ok", area, id)
    }
}

pub fn text<'a>(finding: &'a Value, member: &str) -> &'a str {
    finding[member].as_str().unwrap_or_default()
}

#[test]
fn a_healthy_installation_has_nothing_to_correct() {
    let tenant = Tenant::by_address();
    let report = doctor(known(healthy(&tenant)));
    for (area, id) in [
        ("config", "config"),
        ("files", "file-modes"),
        ("files", "load"),
        ("signing", "expiry"),
        ("tls", "expiry"),
        ("tls", "tls-chain"),
        ("dns", "dns-name"),
        ("ports", "port"),
        ("ldap", "ldap-reach"),
        ("ldap", "ldap-bind"),
        ("ldap", "ldap-search"),
        ("ldap", "ldap-names"),
        ("clock", "clock-directory"),
        ("groups", "groups"),
        ("kerberos", "keytab-principal"),
        ("kerberos", "spn"),
        ("kerberos", "key-version"),
        ("clock", "clock-tenant"),
        ("tenant", "ticket"),
        ("tenant", "thumbprint"),
        ("hub", "hub"),
    ] {
        report.passes(area, id);
    }
    assert!(text(report.passes("ldap", "ldap-reach"), "text").contains("TLS"));
    let failed = |finding: &&Value| finding["level"] == "fail";
    assert_eq!(report.findings.iter().find(failed), None);
    assert_eq!(report.code, Some(0));
}

#[test]
fn the_text_has_a_line_each_and_the_fix_under_it() {
    let (lab, tenant) = (Lab::get(), Tenant::by_address());
    let builder = known(healthy(&tenant).unset("PROVISIONING_TICKET"));
    let home = builder.home().display().to_string();
    let ports = [builder.port(), builder.ops_port(), tenant.port].map(|port| format!(":{port}"));
    let ended = builder.run_to_end("doctor");
    assert!(ended.status.success(), "{}", ended.log);
    let report = named(
        &ended.log,
        &[
            (&home, "HOME"),
            (&lab.address, "ADDRESS"),
            (&ports[0], ":PORT"),
            (&ports[1], ":OPS"),
            (&ports[2], ":TENANT"),
        ],
    );
    insta::assert_snapshot!("doctor", report);
    let lines: Vec<_> = ended.log.lines().collect();
    let at = lines
        .iter()
        .position(|line| line.starts_with("warn  tenant    there is no ticket"));
    let fix = lines[at.expect("the warning") + 1].trim();
    assert!(
        fix.starts_with("fix: ad-edge setup --ticket URL --home /"),
        "{fix}"
    );
    assert!(
        lines
            .last()
            .is_some_and(|line| line.ends_with(" to correct")),
        "{}",
        ended.log
    );
}

#[test]
fn the_configuration_and_the_files() {
    let tenant = Tenant::by_address();
    let healthy = || healthy(&tenant);
    let report = doctor(healthy().set("FORM_LOGIN", "perhaps"));
    assert_eq!(
        report.find("fail", "config", "config")["subject"],
        "FORM_LOGIN"
    );
    assert_eq!(report.code, Some(64));
    doctor(healthy().set("FROM_LOGIN", true)).warns("config", "config-warning");
    let readable = healthy();
    let key = readable.home().join("certs/cert.key");
    run_with_input(Command::new("chmod").arg("644").arg(&key), "");
    let report = doctor(readable);
    let fix = text(report.warns("files", "file-mode"), "fix");
    assert_eq!(fix, format!("chmod 600 {}", key.display()));
    doctor(healthy().set("SERVER_URL", "https://other.corp.example")).fails("tls", "tls-leaf");
    doctor(healthy().file("certs/tls.pem", "broken")).fails("tls", "tls");
    doctor(healthy().clock("+9000d")).fails("tls", "tls-leaf");
    let report = doctor(healthy().set("SSL_CA_FILE", Lab::get().signer().display().to_string()));
    assert!(
        text(report.warns("tls", "tls-chain"), "text").contains("CN="),
        "{report:#?}"
    );
    // One for clients, of the right CA.
    let made = tempfile::TempDir::new().expect("a folder");
    let prefix = made.path().join("client");
    run_with_input(
        Command::new(project().join("certs/make-client.sh"))
            .arg(Lab::get().state.join("pki"))
            .arg(&prefix)
            .args(["alice@corp.example", "trial"]),
        "",
    );
    let read = |end: &str| std::fs::read(prefix.with_extension(end)).expect("made");
    let client = healthy()
        .file("certs/tls.pem", read("pem"))
        .file("certs/tls.key", read("key"));
    let report = doctor(client);
    let words = text(report.fails("tls", "tls-chain"), "text");
    assert!(words.starts_with("browsers refuse its chain"), "{words}");
    // One that is its own authority: words of this program, not of Rust.
    let folder = tempfile::TempDir::new().expect("a folder");
    run_with_input(
        Command::new("openssl")
            .args([
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30",
            ])
            .args(["-subj", "/CN=login.corp.example"])
            .args(["-addext", "subjectAltName=DNS:login.corp.example"])
            .args(["-keyout", "tls.key", "-out", "tls.pem"])
            .current_dir(folder.path()),
        "",
    );
    let read = |name: &str| std::fs::read(folder.path().join(name)).expect("made");
    let own = folder.path().join("tls.pem").display().to_string();
    let report = doctor(
        healthy()
            .set("SSL_CA_FILE", own)
            .file("certs/tls.pem", read("tls.pem"))
            .file("certs/tls.key", read("tls.key")),
    );
    let words = text(report.fails("tls", "tls-chain"), "text");
    assert!(words.contains("an authority's own"), "{words}");
    assert!(!words.contains("Other"), "{words}");
    // What only serve reads.
    let report = doctor(healthy().file("lib/profileMapper.js", "module.exports = ((("));
    assert!(text(report.fails("files", "load"), "text").contains("serve does not start"));
}

#[test]
fn a_configuration_of_another_user_is_one_finding() {
    let tenant = Tenant::by_address();
    let builder = healthy(&tenant);
    let home = builder.home();
    let above = home.parent().expect("a folder");
    std::fs::set_permissions(above, Permissions::from_mode(0o711)).expect("set");
    run_with_input(Command::new("chown").args(["-R", "4711"]).arg(&home), "");
    let home = home.display().to_string();
    // The doctor of one user in the folder of another.
    let other = [
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
    ];
    let report = doctor(builder.under(&other));
    assert_eq!(report.findings.len(), 1, "{report:#?}");
    let fix = text(report.find("fail", "config", "config-unreadable"), "fix");
    assert_eq!(fix, format!("sudo -u '#4711' ad-edge doctor --home {home}"));
    assert_eq!(report.code, Some(64));
    // Root's becomes the owner, and judges low ports and other processes all the same.
    let taken = std::net::TcpListener::bind((Lab::get().address.as_str(), 0)).expect("a port");
    let port = taken.local_addr().expect("its number").port();
    let builder = healthy(&tenant).on_port(987).on_ops_port(port);
    let home = builder.home();
    let above = home.parent().expect("a folder");
    std::fs::set_permissions(above, Permissions::from_mode(0o711)).expect("set");
    run_with_input(Command::new("chown").args(["-R", "4711"]).arg(&home), "");
    let report = doctor(builder);
    let text_of = |finding: &Value| text(finding, "text").to_owned();
    let free = report.all("ports", "port").into_iter().map(text_of);
    assert!(
        free.clone().any(|text| text.contains(":987 is free")),
        "{report:#?}"
    );
    let holder = text_of(report.fails("ports", "port-taken"));
    assert!(
        holder.contains(&format!("process {}", std::process::id())),
        "{holder}"
    );
}

#[test]
fn ports_are_judged_by_who_has_them() {
    let tenant = Tenant::by_address();
    let taken = std::net::TcpListener::bind((Lab::get().address.as_str(), 0)).expect("a port");
    let port = taken.local_addr().expect("its number").port();
    let report = doctor(healthy(&tenant).on_port(port));
    let finding = report.fails("ports", "port-taken");
    assert_eq!(finding["subject"], "PORT");
    assert!(
        text(finding, "fix").contains(&format!(":{port}'")),
        "{finding}"
    );
    let denied = healthy(&tenant).on_port(987);
    let report = doctor(denied.under(&["setpriv", "--bounding-set", "-net_bind_service"]));
    let fix = text(report.fails("ports", "port-denied"), "fix");
    assert!(fix.ends_with("ip_unprivileged_port_start=987"), "{fix}");
    let running = Instance::start();
    let report = doctor(healthy(&tenant).on_port(running.port));
    let ports = report.all("ports", "port");
    let ours = ports.iter().find(|finding| finding["subject"] == "PORT");
    assert!(
        text(ours.expect("PORT"), "text").contains("ad-edge serves there"),
        "{ports:?}"
    );
}

#[test]
fn what_a_balancer_shows_at_the_servers_url() {
    let (tenant, balancer) = (Tenant::by_address(), Instance::start());
    let at = |port: u16| {
        let url = format!("https://login.corp.example:{port}");
        known(
            healthy(&tenant)
                .set("TLS_TERMINATION", "proxy")
                .set("SERVER_URL", url),
        )
    };
    doctor(at(balancer.port)).passes("url", "url-trust");
    doctor(at(1)).warns("url", "url-reach");
    let other = at(balancer.port).set("SSL_CA_FILE", Lab::get().signer().display().to_string());
    let report = doctor(other);
    let words = text(report.warns("url", "url-trust"), "text");
    assert!(words.contains("the last issuer is \"CN="), "{words}");
    doctor(at(balancer.port).clock("+9000d")).fails("url", "url-trust");
}

#[test]
fn client_certificates() {
    let (tenant, ca) = (Tenant::by_address(), ClientCa::new("Doctor's"));
    let with = |ca: &str| {
        healthy(&tenant)
            .set("CLIENT_CERT_AUTH", true)
            .file("certs/client-ca.pem", ca)
    };
    doctor(with(&ca.pem)).warns("clients", "crl");
    doctor(with("no certificate")).fails("clients", "client-ca");
}

#[test]
fn the_tenant_and_the_hub() {
    let tenant = Tenant::by_address();
    let healthy = || healthy(&tenant);
    let wrong = tenant.ticket().replace("trial", "other");
    doctor(healthy().set("PROVISIONING_TICKET", wrong)).fails("tenant", "ticket");
    // Something else than a tenant.
    let other = Instance::start();
    let url = format!("https://login.corp.example:{}/p/ad/trial", other.port);
    let report = doctor(known(healthy().set("PROVISIONING_TICKET", url)));
    report.fails("tenant", "ticket");
    report.warns("clock", "clock-tenant");
    let key = "-----BEGIN PUBLIC KEY-----\nbroken\n-----END PUBLIC KEY-----\n";
    doctor(healthy().set("TENANT_SIGNING_KEY", key)).fails("files", "load");
    doctor(healthy().unset("PROVISIONING_TICKET")).warns("tenant", "ticket");
    doctor(healthy().set("AD_HUB", "https://127.0.0.1:1/lo/hub")).fails("hub", "hub");
    let report = doctor(healthy().set("HTTPS_PROXY", "http://127.0.0.1:1"));
    report.fails("tenant", "tenant-reach");
    assert!(text(report.passes("proxy", "proxy"), "text").contains("127.0.0.1:1"));
    doctor(healthy().clock("+10m")).fails("clock", "clock-tenant");
    let report = doctor(healthy().set("AD_HUB", "https://127.0.0.1:1/lo/hub"));
    assert_eq!(
        report.warns("tenant", "tenant-differs")["subject"],
        "AD_HUB"
    );
    let report = doctor(healthy().set("CONNECTION", "other"));
    assert_eq!(
        report.warns("tenant", "tenant-differs")["subject"],
        "CONNECTION"
    );
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
    doctor(other).fails("tenant", "thumbprint");
}
