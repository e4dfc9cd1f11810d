//! The registration at the tenant at serve: what the tenant says is used and saved as far as it fits, and a tenant that
//! is away, wrong or hostile keeps nobody from signing in.

use std::{net::TcpListener, path::Path, process::Command, time::Duration};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::lab::{
    Lab,
    instance::{Builder, Instance},
    process::Running,
    set_up::{ad_edge, config},
    stand_in::Tenant,
    wait_until,
};

const LIMIT: Duration = Duration::from_secs(15);

/// A home without the tenant's keys, but with its ticket.
fn with_ticket(ticket: &str) -> Builder {
    Instance::builder()
        .set("PROVISIONING_TICKET", ticket)
        .set("SSL_CA_FILE", Lab::get().ca().display().to_string())
}

/// `serve` with everything in the environment, and no file used.
fn without_files(home: &Path, tenant: &Tenant, ops: u16) -> Command {
    let lab = Lab::get();
    let part = |name: &str| std::fs::read_to_string(lab.state.join(name)).expect("a file");
    let mut serve = ad_edge(home, &["serve"]);
    serve
        .env("OVERRIDE_CONFIG", "false")
        .env("PROVISIONING_TICKET", tenant.ticket())
        .env("SSL_CA_FILE", lab.ca())
        .env("LDAP_URL", format!("ldaps://{}:636", lab.address))
        .env("LDAP_BASE", "DC=corp,DC=example")
        .env("LDAP_BIND_USER", "svc-ldap@corp.example")
        .env("AUTH_CERT", part("home/certs/cert.pem"))
        .env("AUTH_CERT_KEY", part("home/certs/cert.key"))
        .env("ADMIN_LISTEN", "off")
        .env("SERVER_URL", "https://login.corp.example:8443")
        .env("OPS_LISTEN", format!("{}:{ops}", lab.address));
    serve
}

#[test]
fn without_a_file_and_without_a_keytab_the_tunnel_comes_up() {
    let (lab, tenant) = (Lab::get(), Tenant::by_address());
    let folder = TempDir::new().expect("a folder");
    let home = folder.path().join("home");
    std::fs::create_dir(&home).expect("a folder");
    let mut serve = without_files(&home, &tenant, lab.free_port());
    let running = Running::start(&mut serve, &folder.path().join("log"));
    // The hub's address, the connection and the tenant's key are what the ticket said.
    tenant.await_agents(1);
    // The tenant wants Kerberos, for which there is no file here.
    let line = running.await_event(LIMIT, "tenant.unusable", &["KERBEROS_AUTH"]);
    assert!(line.contains("KERBEROS_KEYTAB") || running.log().contains("KERBEROS_KEYTAB"));
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

#[test]
fn a_tenant_that_was_away_at_the_start_is_asked_again_and_what_it_says_is_saved() {
    let lab = Lab::get();
    let port = lab.free_port();
    let ticket = format!("https://{}:{port}/p/ad/trial", lab.address);
    let instance = with_ticket(&ticket).start();
    instance.await_event("tenant.failed", &["cannot be reached"]);
    let alice = lab.kinit("alice");
    assert_eq!(instance.curl("/wsfed").negotiate(&alice).run().status, 200);
    assert!(config(&instance.home()).get("AD_HUB").is_none());

    let tenant = Tenant::by_address_on(port, &[]);
    tenant.await_agents_within(Duration::from_secs(40), 1);
    let saved = config(&instance.home());
    assert!(saved["AD_HUB"].is_string() && saved["TENANT_SIGNING_KEY"].is_string());
    // Each change is logged, a secret without its value.
    let line = instance.await_event("tenant.changed", &["\"AD_HUB\""]);
    assert!(line.contains("/lo/hub"), "{line}");
    let line = instance.await_event("tenant.changed", &["TENANT_SIGNING_KEY"]);
    assert!(!line.contains("BEGIN"), "{line}");
}

#[test]
fn what_the_administrator_changes_afterwards_counts_and_is_told() {
    let tenant = Tenant::by_address();
    let instance = with_ticket(&tenant.ticket()).start();
    tenant.await_agents(1);
    instance.await_event("reload.done", &[]);
    let mut keys = config(&instance.home());
    keys["SERVER_URL"] = json!("https://other.corp.example:8443");
    keys["WSFED_ISSUER"] = json!("kestrel.example");
    let text = serde_json::to_string_pretty(&keys).expect("JSON");
    std::fs::write(instance.home().join("config.json"), text).expect("written");
    instance.process.signal("HUP");
    let metadata = "/wsfed/FederationMetadata/2007-06/FederationMetadata.xml";
    wait_until(LIMIT, "the new address is not used", || {
        let answer = instance.curl(metadata).try_run();
        answer.is_ok_and(|page| page.body.contains("https://other.corp.example:8443"))
    });
    let line = "registered https://other.corp.example:8443/wsfed";
    tenant.process.await_log(LIMIT, &[line]);
}

#[test]
fn what_does_not_fit_is_not_taken_and_counts_as_an_error() {
    let broken = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----";
    let realm = |name: &str| {
        let realm = json!({ "name": name, "postTokenUrl": "ldaps://evil.example" });
        json!({ "realm": realm }).to_string()
    };
    let (server, file) = (realm("LDAP_URL"), realm("LDAP_BIND_PASSWORD_FILE"));
    for (arguments, why) in [
        (vec!["--signing-key", broken], "TENANT_SIGNING_KEY"),
        (vec!["--info", &server], "names a realm that no tenant has"),
        (vec!["--info", &file], "names a realm that no tenant has"),
        (vec!["--info", r#"{"adHub": "nowhere"}"#], "AD_HUB"),
        (vec!["--padding", "2000000"], "too long"),
    ] {
        let tenant = Tenant::by_address_with(&arguments);
        let instance = with_ticket(&tenant.ticket()).start();
        let before = config(&instance.home());
        instance.await_event("tenant.failed", &[why]);
        assert_eq!(config(&instance.home()), before, "{arguments:?}");
        let errors = instance.metric("ad_edge_ticket_steps_total{outcome=\"error\"}");
        assert!(errors.is_some_and(|count| count >= 1.0), "{errors:?}");
        let alice = Lab::get().kinit("alice");
        assert_eq!(instance.curl("/wsfed").negotiate(&alice).run().status, 200);
    }
}

#[test]
fn a_switch_of_which_the_tenant_says_nothing_stays() {
    let said = r#"{"kerberos": null, "certAuth": null}"#;
    let tenant = Tenant::by_address_with(&["--info", said, "--no-clock"]);
    let instance = with_ticket(&tenant.ticket()).start();
    instance.await_event("tenant.clock_unknown", &[]);
    tenant.await_agents(1);
    assert_eq!(config(&instance.home())["KERBEROS_AUTH"], Value::Bool(true));
    assert!(config(&instance.home()).get("CLIENT_CERT_AUTH").is_none());
}

#[test]
fn the_end_does_not_wait_for_a_tenant() {
    let lab = Lab::get();
    // Takes connections and says nothing.
    let silent = TcpListener::bind((lab.address.as_str(), 0)).expect("a port");
    let address = silent.local_addr().expect("an address");
    let mut instance = with_ticket(&format!("https://{address}/p/ad/trial"))
        .env("SHUTDOWN_SECONDS", "60")
        .start();
    let _asked = silent.accept().expect("it asks");
    instance.process.signal("TERM");
    let status = instance.process.wait_exit(Duration::from_secs(8));
    assert!(status.success(), "{status}");
    instance.await_event("program.ended", &["\"cut\":0"]);
}

#[test]
fn a_login_whose_file_is_broken_is_not_switched_on() {
    let tenant = Tenant::by_address();
    let instance = with_ticket(&tenant.ticket())
        .set("KERBEROS_AUTH", false)
        .set("KERBEROS_KEYTAB", "certs/broken.keytab")
        .file("certs/broken.keytab", "this is no keytab")
        .start();
    tenant.await_agents(1);
    instance.await_event("tenant.unusable", &["KERBEROS_AUTH", "keytab"]);
    let saved = config(&instance.home());
    assert_eq!(saved["KERBEROS_AUTH"], false);
    assert!(saved["AD_HUB"].is_string(), "all else is taken");
}
