//! `ad-edge setup`: from a ticket to a configuration that serves; each mistake on the way is met with
//! words that mend it, and nothing is saved.

use std::{
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::lab::{Lab, curl::Curl, process::Running, stand_in::Tenant, wait_until};

/// `ad-edge` with these arguments on a home folder.
fn ad_edge(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ad-edge"));
    command
        .arg("--home")
        .arg(home)
        .args(arguments)
        .env("LDAP_BIND_PASSWORD", &Lab::get().password);
    command
}

/// The arguments of a set-up that works, with some changed: a value of "" takes an option out.
fn set_up(home: &Path, tenant: &Tenant, changes: &[(&str, &str)]) -> Output {
    let lab = Lab::get();
    let (ticket, ldap) = (tenant.ticket(), format!("ldaps://{}:636", lab.address));
    let ca = lab.ca().display().to_string();
    let mut options = vec![
        ("--ticket", ticket.as_str()),
        ("--server-url", "https://login.corp.example:8443"),
        ("--ldap-url", &ldap),
        ("--bind-user", "svc-ldap@corp.example"),
        ("--ca-file", &ca),
    ];
    for (name, value) in changes {
        options.retain(|(known, _)| known != name);
        if !value.is_empty() {
            options.push((name, value));
        }
    }
    let mut arguments = vec!["setup", "--yes"];
    arguments.extend(options.iter().flat_map(|(name, value)| [*name, *value]));
    ad_edge(home, &arguments).output().expect("ad-edge")
}

fn words(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn a_ticket_and_an_account_are_all_it_takes() {
    let (lab, tenant, folder) = (
        Lab::get(),
        Tenant::by_address(),
        TempDir::new().expect("a folder"),
    );
    let home = folder.path();
    std::fs::write(
        home.join("config.json"),
        r#"{"MINE": 1, "SITE_NAME": "Kestrel"}"#,
    )
    .expect("written");
    let output = set_up(home, &tenant, &[]);
    let said = words(&output);
    assert!(output.status.success(), "{said}");
    for check in ["ok    reach", "ok    bind", "ok    search", "ok    tenant"] {
        assert!(said.contains(check), "{check} in {said}");
    }
    assert!(!said.contains(&lab.password), "the password is never shown");
    let text = std::fs::read_to_string(home.join("config.json")).expect("saved");
    assert!(!text.contains(&lab.password), "{text}");
    let config: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(config["MINE"], 1, "other keys are kept");
    assert_eq!(
        config["LDAP_BASE"], "DC=corp,DC=example",
        "found in the root DSE"
    );
    assert_eq!(config["REALM"], "urn:auth0:corp");
    assert!(
        config["LDAP_BIND_CREDENTIALS"]
            .as_str()
            .is_some_and(|text| text.starts_with("$2$."))
    );
    assert!(config["TENANT_SIGNING_KEY"].is_string());
    assert_eq!(
        config["LAST_SENT_THUMBPRINT"].as_str().map(str::len),
        Some(40)
    );
    let first = config.as_object().expect("an object").keys().next();
    assert_eq!(first.map(String::as_str), Some("MINE"), "in their order");
    let mode = |name: &str| {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(home.join(name))
            .expect("there")
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(
        (mode("config.json"), mode("certs/cert.key")),
        (0o600, 0o600)
    );

    // Again: nothing changes but what is made anew each time.
    let key = std::fs::read(home.join("certs/cert.key")).expect("the key");
    assert!(set_up(home, &tenant, &[]).status.success());
    assert_eq!(
        std::fs::read(home.join("certs/cert.key")).expect("the key"),
        key
    );
}

#[test]
fn what_was_set_up_serves() {
    let (lab, tenant, folder) = (
        Lab::get(),
        Tenant::by_address(),
        TempDir::new().expect("a folder"),
    );
    let home = folder.path().join("home");
    std::fs::create_dir(&home).expect("a folder");
    assert!(set_up(&home, &tenant, &[]).status.success());
    for (from, to) in [
        ("pki/login.pem", "tls.pem"),
        ("pki/login.key", "tls.key"),
        ("krb5.keytab", "krb5.keytab"),
    ] {
        std::fs::copy(lab.state.join(from), home.join("certs").join(to)).expect("copied");
    }
    let (port, ops) = (lab.free_port(), lab.free_port());
    let mut serve = ad_edge(&home, &["serve"]);
    serve
        .env_remove("LDAP_BIND_PASSWORD")
        .env("LISTEN_ADDRESS", &lab.address)
        .env("PORT", port.to_string())
        .env("ADMIN_LISTEN", "off")
        .env("OPS_LISTEN", format!("{}:{ops}", lab.address));
    let _running = Running::start(&mut serve, &folder.path().join("log"));
    tenant.await_agents(1);
    let (alice, mut page) = (lab.kinit("alice"), None);
    wait_until(std::time::Duration::from_secs(10), "no login", || {
        let answer = Curl::new("login.corp.example", port, "/wsfed")
            .negotiate(&alice)
            .try_run();
        page = answer.ok().filter(|response| response.status == 200);
        page.is_some()
    });
    // Signed by the pair that the set-up made and told the tenant.
    let form = crate::lab::page::Form::read(&page.expect("a page").body);
    assert_eq!(
        tenant.verified(&form)["authenticationMethod"],
        "urn:ietf:rfc:1510"
    );
}

#[test]
fn every_mistake_is_met_with_words_and_nothing_is_saved() {
    let (lab, tenant) = (Lab::get(), Tenant::by_address());
    let wrong_ticket = tenant.ticket().replace("trial", "other");
    let no_server = format!("ldaps://{}:1", lab.address);
    let another_ca = lab.home().join("certs/cert.pem").display().to_string();
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "--ticket",
            &wrong_ticket,
            &["does not know this ticket", "connection's page"],
        ),
        (
            "--ticket",
            "http://tenant.corp.example/p/ad/x",
            &["PROVISIONING_TICKET", "https"],
        ),
        (
            "--ticket",
            "https://127.0.0.1:1/p/ad/x",
            &["cannot be reached", "HTTPS_PROXY"],
        ),
        ("--ca-file", &another_ca, &["does not trust", "SSL_CA_FILE"]),
        (
            "--ldap-url",
            &no_server,
            &["cannot connect", "check that the server runs"],
        ),
        ("--ldap-base", "DC=other,DC=example", &["FAIL  search"]),
        (
            "--ldap-base",
            "CN=Builtin,DC=corp,DC=example",
            &["FAIL  search", "nobody is found", "LDAP_BASE"],
        ),
        (
            "--bind-user",
            "nobody@corp.example",
            &["FAIL  bind", "LDAP_BIND_USER"],
        ),
        ("--bind-user", "", &["--bind-user"]),
    ];
    for (option, value, expected) in cases {
        let folder = TempDir::new().expect("a folder");
        let output = set_up(folder.path(), &tenant, &[(option, value)]);
        let said = words(&output);
        assert_eq!(output.status.code(), Some(64), "{option} {value}: {said}");
        for text in *expected {
            assert!(
                said.contains(text),
                "{option} {value}: no {text:?} in {said}"
            );
        }
        assert!(said.contains("Nothing was saved"), "{said}");
        let left = std::fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(left, 0, "{option} {value} left something");
    }
}

#[test]
fn at_serve_the_ticket_s_steps_run_again_without_a_file() {
    let (lab, tenant) = (Lab::get(), Tenant::by_address());
    let folder = TempDir::new().expect("a folder");
    let home = folder.path().join("home");
    std::fs::create_dir(&home).expect("a folder");
    let part = |name: &str| std::fs::read_to_string(lab.state.join(name)).expect("a file");
    let ops = lab.free_port();
    let mut serve = ad_edge(&home, &["serve"]);
    serve
        .env("OVERRIDE_CONFIG", "false")
        .env("PROVISIONING_TICKET", tenant.ticket())
        .env("SSL_CA_FILE", lab.ca())
        .env("LDAP_URL", format!("ldaps://{}:636", lab.address))
        .env("LDAP_BASE", "DC=corp,DC=example")
        .env("LDAP_BIND_USER", "svc-ldap@corp.example")
        .env("AUTH_CERT", part("home/certs/cert.pem"))
        .env("AUTH_CERT_KEY", part("home/certs/cert.key"))
        .env("KERBEROS_AUTH", "false")
        .env("ADMIN_LISTEN", "off")
        .env("SERVER_URL", "https://login.corp.example:8443")
        .env("OPS_LISTEN", format!("{}:{ops}", lab.address));
    let running = Running::start(&mut serve, &folder.path().join("log"));
    // The hub's address, the connection and the tenant's key are what the ticket said.
    tenant.await_agents(1);
    assert_eq!(
        std::fs::read_dir(&home).expect("a folder").count(),
        0,
        "nothing is written"
    );
    assert!(
        !running.log().contains("/p/ad/trial"),
        "the ticket is a secret"
    );
}
