//! An instance that is set up by a form of the console.

use serde_json::Value;

use crate::{
    console::csrf,
    lab::{Lab, curl::Curl, instance::Instance, stand_in::Tenant},
};

/// An instance with an empty home folder, and where its console is.
fn empty(environment: &[(&str, &str)]) -> (Instance, String) {
    let lab = Lab::get();
    let mut empty = Instance::builder()
        .env("ADMIN_LISTEN", &format!("{}:0", lab.address))
        .env("PROXY_PROTOCOL", "v2");
    for (key, value) in environment {
        empty = empty.env(key, value);
    }
    std::fs::remove_dir_all(empty.home()).expect("emptied");
    std::fs::create_dir(empty.home()).expect("a folder");
    let instance = empty.unchanged().start_alive();
    let line: Value =
        serde_json::from_str(&instance.await_event("setup.awaited", &["url"])).expect("JSON");
    let url = line["url"].as_str().expect("a URL");
    let authority = url.split('/').nth(2).expect("a host with its port");
    (instance, authority.to_owned())
}

fn at(authority: &str, path: &str) -> Curl {
    let (host, port) = authority.rsplit_once(':').expect("a port");
    Curl::plain(host, port.parse().expect("a number"), path)
}

/// What was saved with a CA that is copied, as `ad-edge setup --ca-file` does.
fn saved(instance: &Instance) -> Value {
    let home = instance.home();
    let saved = std::fs::read(home.join("config.json")).expect("read");
    let saved: Value = serde_json::from_slice(&saved).expect("JSON");
    assert_eq!(saved["SSL_CA_FILE"], "certs/ca.pem");
    let copied = std::fs::read(home.join("certs/ca.pem")).expect("copied");
    assert_eq!(copied, std::fs::read(Lab::get().ca()).expect("read"));
    assert!(!home.join(".ca.try.pem").exists(), "tried and gone");
    saved
}

#[test]
fn a_ca_is_taken_as_a_file_and_balancers_that_the_environment_names_stay() {
    let (lab, tenant) = (Lab::get(), Tenant::by_address());
    let (instance, authority) = empty(&[("TRUSTED_PROXIES", "192.0.2.10")]);
    let token = csrf(&at(&authority, "/").run());
    let set_up = |roots: &str| {
        let mut curl = at(&authority, "/set-up");
        let directory = format!("ldaps://{}", lab.address);
        for (name, value) in [
            ("csrf", token.as_str()),
            ("PROVISIONING_TICKET", &tenant.ticket()),
            ("SERVER_URL", "https://login.corp.example"),
            ("directory", &directory),
            ("LDAP_BIND_USER", "svc-ldap@corp.example"),
            ("LDAP_BIND_PASSWORD", &lab.password),
            ("SSL_CA_FILE", ""),
            ("TRUSTED_PROXIES", ""),
        ] {
            curl = curl.arg("-F").arg(&format!("{name}={value}"));
        }
        curl.arg("-F").arg(&format!("roots=@{roots}")).run()
    };
    let refused = set_up(&lab.keytab().display().to_string());
    assert_eq!(refused.status, 422, "{}", refused.body);
    let says = "the file of the CA holds no certificate";
    assert!(refused.body.contains(says), "{}", refused.body);
    let done = set_up(&lab.ca().display().to_string());
    assert!(done.body.contains("is set up"), "{}", done.body);
    saved(&instance);
}

#[test]
fn a_ticket_sets_an_empty_folder_up_and_a_mistake_keeps_what_was_typed() {
    let (lab, tenant) = (Lab::get(), Tenant::by_address());
    let (instance, authority) = empty(&[]);
    let console = |path: &str| at(&authority, path);
    let page = console("/").run();
    assert!(page.body.contains("Set this instance up"), "{}", page.body);
    let token = csrf(&page);
    let (ticket, ca) = (tenant.ticket(), lab.ca().display().to_string());
    let directory = format!("{}:636", lab.address);
    let set_up = |password: &str| {
        console("/set-up")
            .form([
                ("csrf", token.as_str()),
                ("PROVISIONING_TICKET", &ticket),
                ("SERVER_URL", "https://login.corp.example"),
                ("directory", &directory),
                ("LDAP_BIND_USER", "svc-ldap@corp.example"),
                ("LDAP_BIND_PASSWORD", password),
                ("TRUSTED_PROXIES", "192.0.2.10, 192.0.2.11"),
                ("SSL_CA_FILE", &ca),
            ])
            .run()
    };
    let refused = set_up("not the password");
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(
        refused.body.contains("Nothing was saved"),
        "{}",
        refused.body
    );
    for typed in [ticket.as_str(), "192.0.2.10, 192.0.2.11", &directory, &ca] {
        assert!(
            refused.body.contains(&format!("value=\"{typed}\"")),
            "no {typed} in {}",
            refused.body
        );
    }
    assert!(!refused.body.contains("not the password"));
    let config = instance.home().join("config.json");
    assert!(!config.exists(), "nothing was saved");
    let done = set_up(&lab.password);
    assert!(done.body.contains("is set up"), "{}", done.body);
    let saved = saved(&instance);
    assert_eq!(saved["LDAP_URL"], format!("ldaps://{directory}"));
    assert_eq!(saved["LDAP_BASE"], "DC=corp,DC=example");
    assert_eq!(
        saved["TRUSTED_PROXIES"],
        serde_json::json!(["192.0.2.10", "192.0.2.11"])
    );
    assert!(!saved.to_string().contains(&lab.password));
}
