//! Which value counts in a set-up: the environment, an option, `config.json`; and what is left in the
//! files afterwards.

use std::{os::unix::fs::MetadataExt as _, process::Command, time::Duration};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    directory_discovery::name_server,
    lab::{
        Lab,
        instance::Instance,
        run_with_input,
        set_up::{command, config, refused, works},
        stand_in::Tenant,
        wait_until,
    },
};

fn lab_tenant_and_home() -> (&'static Lab, Tenant, TempDir) {
    (
        Lab::get(),
        Tenant::by_address(),
        TempDir::new().expect("a folder"),
    )
}

fn write(home: &TempDir, keys: &Value) {
    std::fs::write(home.path().join("config.json"), keys.to_string()).expect("written");
}

#[test]
fn the_servers_of_a_domain_are_found_by_its_srv_records() {
    let (lab, tenant, home) = lab_tenant_and_home();
    let (dns, port) = (TempDir::new().expect("a folder"), lab.free_port());
    let _dns = name_server(port, &dns);
    let server = format!("{}:{port}", lab.address);
    let changes = [("--ldap-url", ""), ("--domain", "corp.example")];
    let mut by_domain = command(home.path(), &tenant, &changes);
    by_domain.env("LDAP_SRV_NAMESERVERS", &server);
    wait_until(Duration::from_secs(10), "no name server", || {
        by_domain.output().expect("ad-edge").status.success()
    });
    let said = works(&mut by_domain);
    assert!(
        said.contains("ok    reach   ldaps://dc1.corp.example:636"),
        "{said}"
    );
    assert!(
        said.contains("but cannot connect to ldaps://gone"),
        "{said}"
    );
    let saved = config(home.path());
    assert_eq!(saved["LDAP_URL"], "srv:corp.example");
    assert_eq!(saved["LDAP_SRV_NAMESERVERS"], server.as_str());

    // The console looks for them too, before it saves.
    let instance = Instance::builder()
        .console()
        .set("LDAP_URL", "srv:corp.example")
        .set("LDAP_SRV_NAMESERVERS", server)
        .start();
    save_in_console(&instance);
    assert_eq!(config(&instance.home())["LDAP_URL"], "srv:corp.example");
}

/// Another base, with all other fields as the page shows them.
fn save_in_console(instance: &Instance) {
    let page = instance.console("/").run();
    let field = |name: &str| {
        let rest = page.body.split(&format!("name=\"{name}\"")).nth(1);
        let rest = rest.and_then(|rest| rest.split("value=\"").nth(1));
        let value = rest.and_then(|rest| rest.split('"').next());
        value.expect("a field").to_owned()
    };
    let (csrf, url) = (field("csrf"), field("LDAP_URL"));
    let saved = instance.console("/directory").form([
        ("csrf", csrf.as_str()),
        ("LDAP_URL", &url),
        ("LDAP_BASE", "CN=Users,DC=corp,DC=example"),
    ]);
    let saved = saved.run();
    assert_eq!(saved.status, 200, "{}", saved.body);
    instance.await_event("reload.done", &[]);
}

#[test]
fn a_list_of_servers_and_a_number_stay_as_they_are() {
    let (lab, tenant, home) = lab_tenant_and_home();
    let urls = json!([
        format!("ldaps://{}:636", lab.address),
        format!("ldaps://{}:3269", lab.address)
    ]);
    write(&home, &json!({ "LDAP_URL": urls, "PORT": 8443 }));
    works(&mut command(home.path(), &tenant, &[("--ldap-url", "")]));
    let saved = config(home.path());
    assert_eq!((&saved["LDAP_URL"], &saved["PORT"]), (&urls, &json!(8443)));

    let instance = Instance::builder()
        .console()
        .set("LDAP_URL", urls.clone())
        .start();
    save_in_console(&instance);
    assert_eq!(config(&instance.home())["LDAP_URL"], urls);
}

#[test]
fn a_password_in_plain_text_is_encrypted_and_taken_out() {
    let (lab, tenant, home) = lab_tenant_and_home();
    write(&home, &json!({ "LDAP_BIND_PASSWORD": lab.password }));
    let mut from_file = command(home.path(), &tenant, &[]);
    works(from_file.env_remove("LDAP_BIND_PASSWORD"));
    let saved = config(home.path());
    assert!(saved.get("LDAP_BIND_PASSWORD").is_none());
    let stored = saved["LDAP_BIND_CREDENTIALS"].as_str();
    assert!(stored.is_some_and(|text| text.starts_with("$2$.")));
    // It is the right one: the next set-up needs no other.
    works(from_file.env_remove("LDAP_BIND_PASSWORD"));
}

#[test]
fn the_environment_wins_and_what_contradicts_it_is_refused() {
    let (lab, tenant, home) = lab_tenant_and_home();
    let set_up = || command(home.path(), &tenant, &[]);
    for (key, value, option) in [
        ("LDAP_URL", "ldaps://other.corp.example", "--ldap-url"),
        ("LDAP_BIND_USER", "other@corp.example", "--bind-user"),
        (
            "PROVISIONING_TICKET",
            "https://t.example/p/ad/x",
            "--ticket",
        ),
        ("SERVER_URL", "https://other.corp.example", "--server-url"),
    ] {
        refused(
            set_up().env(key, value),
            &[option, key, "environment", "Nothing was saved"],
        );
    }
    let other = home.path().join("other");
    std::fs::write(&other, "https://tenant.example/p/ad/x").expect("written");
    refused(
        set_up().env("PROVISIONING_TICKET_FILE", &other),
        &["--ticket", "environment"],
    );
    std::fs::write(&other, "another password").expect("written");
    refused(
        set_up().arg("--bind-password-file").arg(&other),
        &["--bind-password-file", "LDAP_BIND_PASSWORD", "environment"],
    );
    refused(
        set_up().env("OVERRIDE_CONFIG", "false"),
        &["OVERRIDE_CONFIG=false", "nothing to set up"],
    );
    refused(
        command(home.path(), &tenant, &[("--bind-user", "")])
            .env("ANONYMOUS_SEARCH_ENABLED", "yes"),
        &["FAIL  search", "Nothing was saved"],
    );
    assert_eq!(std::fs::read_dir(home.path()).expect("a folder").count(), 1);

    // The same value is no contradiction; and what only the environment says is saved.
    std::fs::write(&other, tenant.ticket()).expect("written");
    let changes = [("--ticket", ""), ("--bind-user", ""), ("--server-url", "")];
    let url = format!("ldaps://{}:636", lab.address);
    works(
        command(home.path(), &tenant, &changes)
            .env("PROVISIONING_TICKET_FILE", &other)
            .env("LDAP_URL", &url)
            .env("LDAP_BIND_USER", "svc-ldap@corp.example")
            .env("SERVER_URL", "https://login.corp.example")
            .env("KERBEROS_AUTH", "true")
            .env("AGENT_MODE", "true"),
    );
    let saved = config(home.path());
    assert_eq!(saved["LDAP_BIND_USER"], "svc-ldap@corp.example");
    assert_eq!(saved["LDAP_URL"], url);
    assert_eq!(saved["SERVER_URL"], "https://login.corp.example");
}

#[test]
fn the_tenant_s_switches_are_told_and_taken_only_when_it_says_them() {
    let home = TempDir::new().expect("a folder");
    let keys = json!({ "KERBEROS_AUTH": true, "CLIENT_CERT_AUTH": false, "AGENT_MODE": false });
    write(&home, &keys);
    let silent = Tenant::by_address_with(&["--info", r#"{"kerberos": null}"#, "--no-clock"]);
    let said = works(&mut command(home.path(), &silent, &[]));
    assert!(said.contains("does not say its time"), "{said}");
    assert_eq!(config(home.path())["KERBEROS_AUTH"], true);
    let agent = "registered https://login.corp.example:8443/wsfed agent false";
    silent.process.await_log(Duration::from_secs(5), &[agent]);
    let off = Tenant::by_address_with(&["--kerberos", "false"]);
    let said = works(&mut command(home.path(), &off, &[]));
    assert!(
        said.contains("KERBEROS_AUTH was true and is false"),
        "{said}"
    );
    assert_eq!(config(home.path())["KERBEROS_AUTH"], false);
}

#[test]
fn a_hostile_or_broken_tenant_changes_nothing() {
    let realm = |name: &str| {
        let realm = json!({ "name": name, "postTokenUrl": "ldaps://evil.example" });
        json!({ "realm": realm }).to_string()
    };
    let (server, mapper) = (realm("LDAP_URL"), realm("PROFILE_MAPPER"));
    let broken = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----";
    for (arguments, expected) in [
        (vec!["--info", &server], "names a realm that no tenant has"),
        (vec!["--info", &mapper], "names a realm that no tenant has"),
        (vec!["--padding", "2000000"], "too long"),
        (vec!["--clock-ahead-ms", "600000"], "FAIL  tenant"),
        (vec!["--clock-ahead-ms=-9223372036854775808"], "NTP"),
    ] {
        let (tenant, home) = (
            Tenant::by_address_with(&arguments),
            TempDir::new().expect("a folder"),
        );
        refused(
            &mut command(home.path(), &tenant, &[]),
            &[expected, "Nothing was saved"],
        );
        assert_eq!(std::fs::read_dir(home.path()).expect("a folder").count(), 0);
    }
    // After the checks a signing key and certificate are made, which are sent to the tenant: that stays, and is said.
    for arguments in [vec!["--signing-key", broken], vec!["--refuse-registration"]] {
        let (tenant, home) = (
            Tenant::by_address_with(&arguments),
            TempDir::new().expect("a folder"),
        );
        let said = refused(
            &mut command(home.path(), &tenant, &[]),
            &["the signing key and certificate were made", "run it again"],
        );
        assert!(!said.contains("Nothing was saved"), "{said}");
        assert!(!home.path().join("config.json").exists());
        works(&mut command(home.path(), &Tenant::by_address(), &[]));
    }
}

/// The tests run as root, as an administrator does.
#[test]
fn what_root_sets_up_belongs_to_the_service_s_user() {
    const SERVICE: u32 = 4711;
    let (_, tenant, home) = lab_tenant_and_home();
    run_with_input(
        Command::new("chown")
            .arg(format!("{SERVICE}:{SERVICE}"))
            .arg(home.path()),
        "",
    );
    works(&mut command(home.path(), &tenant, &[]));
    for name in ["config.json", "certs", "certs/cert.pem", "certs/cert.key"] {
        let meta = std::fs::metadata(home.path().join(name)).expect("there");
        assert_eq!((meta.uid(), meta.gid()), (SERVICE, SERVICE), "{name}");
    }
}
