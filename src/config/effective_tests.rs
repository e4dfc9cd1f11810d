//! What is shown is what counts.

use serde_json::json;

use super::*;

#[test]
fn the_environment_wins_by_whatever_name() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("ticket");
    std::fs::write(&file, "https://tenant.example/p/ad/x\n").expect("written");
    let environment = BTreeMap::from([
        (
            "PROVISIONING_TICKET_FILE".to_owned(),
            file.display().to_string(),
        ),
        ("https_proxy".to_owned(), "http://proxy".to_owned()),
        ("ANONYMOUS_SEARCH_ENABLED".to_owned(), "yes".to_owned()),
    ]);
    let mut tried = Map::new();
    for key in ["PROVISIONING_TICKET", "HTTPS_PROXY", "LDAP_BASE"] {
        tried.insert(key.to_owned(), json!("tried"));
    }
    let effective = Effective::read(&Home::new(folder.path()), &environment, &tried);
    let text = |key: &str| effective.text(key);
    assert_eq!(
        text("PROVISIONING_TICKET").as_deref(),
        Some("https://tenant.example/p/ad/x")
    );
    assert_eq!(text("HTTPS_PROXY").as_deref(), Some("http://proxy"));
    assert_eq!(text("LDAP_BASE").as_deref(), Some("tried"));
    assert!(effective.value(&keys::ANONYMOUS_SEARCH_ENABLED));
}

fn of(keys: &Value) -> Effective {
    Effective::of_file(keys.as_object().expect("an object"))
}

#[test]
fn a_value_that_is_sent_back_as_it_is_shown_is_no_change() {
    let values = of(&json!({
        "LDAP_URL": ["ldaps://user:hush@dc1.corp.example", "ldaps://dc2.corp.example"],
        "LDAP_USER_BY_NAME": "cn={0}",
        "PORT": "none",
        "GROUPS": "yes",
    }));
    let says = |key: &str, value: Value| values.says(keys::find(key).expect("a key"), &value);
    let shown = values.in_force(&keys::LDAP_URL).value.text();
    let shown = shown.expect("a text");
    assert!(!shown.contains("hush"), "{shown}");
    assert!(says("LDAP_URL", json!(shown)));
    assert!(!says("LDAP_URL", json!("ldaps://dc1.corp.example")));
    assert!(says("LDAP_USER_BY_NAME", json!("(cn={0})")));
    assert!(says("GROUPS", json!(true)));
    assert!(!says("GROUPS", json!("")), "it is taken out");
    assert!(says("PORT", json!("none")), "wrong as it is");
    assert!(!says("PORT", json!("")));
    assert!(says("SITE_NAME", json!(" ")));
    assert!(!says("SITE_NAME", json!("Acme")));
}

#[test]
fn a_file_by_itself_is_read_as_a_start_reads_it() {
    let values = of(&json!({
        "GROUPS": "off",
        "MAX_HEADER_SIZE": "100",
        "TLS_TERMINATION": " proxy ",
        "SSL_PFX_FILE": "/nowhere/at/all.pfx",
        "CA_CERT": [],
    }));
    assert!(!values.value(&keys::GROUPS));
    assert_eq!(values.value(&keys::MAX_HEADER_SIZE), 65_536);
    assert!(values.value(&keys::SSL_PFX).is_none());
    assert!(values.is_given(&keys::SSL_PFX), "it is in a file");
    assert!(!values.is_given(&keys::CA_CERT));
    assert!(!values.is_given(&keys::TLS_CERT_FILE));
    assert_eq!(
        values
            .in_force(&keys::TLS_TERMINATION)
            .value
            .text()
            .as_deref(),
        Some("proxy")
    );
}
