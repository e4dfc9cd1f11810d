//! An instance that is set up by a form of the console.

use serde_json::Value;

use crate::{
    console::csrf,
    lab::{Lab, curl::Curl, instance::Instance, stand_in::Tenant},
};

#[test]
fn a_ticket_sets_an_empty_folder_up_and_a_mistake_keeps_what_was_typed() {
    let (lab, tenant) = (Lab::get(), Tenant::by_address());
    let empty = Instance::builder()
        .env("ADMIN_LISTEN", &format!("{}:0", lab.address))
        .env("PROXY_PROTOCOL", "v2");
    std::fs::remove_dir_all(empty.home()).expect("emptied");
    std::fs::create_dir(empty.home()).expect("a folder");
    let instance = empty.unchanged().start_alive();
    let line: Value =
        serde_json::from_str(&instance.await_event("setup.awaited", &["url"])).expect("JSON");
    let url = line["url"].as_str().expect("a URL");
    let authority = url.split('/').nth(2).expect("a host with its port");
    let (host, port) = authority.rsplit_once(':').expect("a port");
    let port = port.parse().expect("a number");
    let console = |path: &str| Curl::plain(host, port, path);
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
    let saved: Value = serde_json::from_slice(&std::fs::read(config).expect("read")).expect("JSON");
    assert_eq!(saved["LDAP_URL"], format!("ldaps://{directory}"));
    assert_eq!(saved["LDAP_BASE"], "DC=corp,DC=example");
    assert_eq!(
        saved["TRUSTED_PROXIES"],
        serde_json::json!(["192.0.2.10", "192.0.2.11"])
    );
    assert!(!saved.to_string().contains(&lab.password));
}
