//! `ad-edge setup`: from a ticket to a configuration that serves.

use serde_json::Value;
use tempfile::TempDir;

use crate::lab::{
    Lab,
    curl::Curl,
    process::Running,
    set_up::{ad_edge, set_up, words},
    stand_in::Tenant,
    wait_until,
};

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
    // The tenant wants Kerberos; what is missing for it is listed with commands, not "start it".
    for step in [
        "setspn -S HTTP/login.corp.example ",
        "ktpass /princ HTTP/login.corp.example@CORP.EXAMPLE",
        "certs/tls.pem",
        "ad-edge check --home",
        "KERBEROS_AUTH=false",
    ] {
        assert!(said.contains(step), "{step} in {said}");
    }
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
    let again = words(&set_up(&home, &tenant, &[]));
    assert!(
        again.contains("Start it: ad-edge serve") && !again.contains("Before it starts"),
        "{again}"
    );
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
    // Signed with the key that the set-up made and whose certificate it registered at the tenant.
    let form = crate::lab::page::Form::read(&page.expect("a page").body);
    assert_eq!(
        tenant.verified(&form)["authenticationMethod"],
        "urn:ietf:rfc:1510"
    );
}
