//! Values that mean the same are equal, and what is a host's own is not compared.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::{
    super::{Home, load::Config},
    *,
};
use crate::config::encrypt_credentials;

/// The values of a folder with these keys.
fn values(change: &Value) -> BTreeMap<String, [u8; 32]> {
    let folder = TempDir::new().expect("a folder");
    let mut config = json!({
        "LDAP_URL": "ldaps://dc1.corp.example",
        "LDAP_BASE": "DC=corp,DC=example",
        "LDAP_BIND_USER": "svc@corp.example",
        "LDAP_BIND_PASSWORD": "a password",
        "SERVER_URL": "https://login.corp.example",
    });
    for (key, value) in change.as_object().expect("an object") {
        config[key] = value.clone();
    }
    std::fs::create_dir(folder.path().join("certs")).expect("a folder");
    std::fs::write(folder.path().join("certs/cert.pem"), "read later").expect("written");
    std::fs::write(folder.path().join("certs/cert.key"), "the key").expect("written");
    std::fs::write(folder.path().join("config.json"), config.to_string()).expect("written");
    let home = Home::new(folder.path());
    let loaded = Config::load_with(home, &BTreeMap::new(), &Map::new()).expect("loads");
    assert_eq!(format!("{:?}", loaded.shared), "SharedValues");
    let shared = loaded.shared.iter();
    shared
        .map(|(key, value)| (key.to_owned(), value.digest))
        .collect()
}

/// The keys in which the two differ.
fn differing(one: &Value, other: &Value) -> Vec<String> {
    let (one, other) = (values(one), values(other));
    let keys: std::collections::BTreeSet<_> = one.keys().chain(other.keys()).collect();
    keys.into_iter()
        .filter(|key| one.get(*key) != other.get(*key))
        .cloned()
        .collect()
}

#[test]
fn what_means_the_same_is_equal() {
    for (one, other) in [
        (json!({}), json!({"MAX_LOGINS": "1000", "GROUPS": "yes"})),
        (
            json!({"LDAP_URL": ["ldaps://dc1", "ldaps://dc2"]}),
            json!({"LDAP_URL": "ldaps://dc1, ldaps://dc2"}),
        ),
        (
            json!({"PROXY_PROTOCOL": "off"}),
            json!({"PROXY_PROTOCOL": "false"}),
        ),
        (
            json!({"LDAP_SRV_NAMESERVERS": ""}),
            json!({"LDAP_SRV_NAMESERVERS": null}),
        ),
        (
            json!({"HTTP_PROXY": "http://p"}),
            json!({"HTTP_PROXY": "http://p", "HTTPS_PROXY": "http://p"}),
        ),
        (
            json!({"SITE_NAME": ""}),
            json!({"SESSION_SECRET": "of the legacy connector"}),
        ),
    ] {
        assert_eq!(differing(&one, &other), [""; 0], "{one} {other}");
    }
}

#[test]
fn what_differs_is_named_and_a_host_s_own_keys_are_not() {
    let other = json!({
        "LDAP_BASE": "OU=people,DC=corp,DC=example",
        "LDAP_BIND_PASSWORD": "another",
        "urn:auth0:acme": "https://acme.example/callback",
        "PORT": 4001,
        "OPS_LISTEN": "127.0.0.1:9465",
        "ADMIN_LISTEN": "off",
        "LISTEN_ADDRESS": "127.0.0.1",
        "INSTANCE_NAME": "edge2",
    });
    assert_eq!(
        differing(&json!({}), &other),
        ["LDAP_BASE", "LDAP_BIND_PASSWORD", "urn:auth0:acme"]
    );
}

#[test]
fn the_bind_password_is_equal_however_it_is_kept() {
    let encrypted = || {
        let password = "a password".to_owned().into();
        let stored = encrypt_credentials(&password, b"the key").expect("encrypts");
        json!({"LDAP_BIND_PASSWORD": null, "LDAP_BIND_CREDENTIALS": stored})
    };
    let (one, other) = (encrypted(), encrypted());
    assert_ne!(one, other, "encrypted anew each time");
    assert_eq!(differing(&one, &other), [""; 0]);
    assert_eq!(differing(&json!({}), &one), [""; 0]);
}

#[test]
fn what_waits_for_a_restart_stays_as_it_was() {
    let of = |text: &str| {
        let value = SharedValue::of(&Value::from(text), Origin::ConfigJson);
        SharedValues(BTreeMap::from([
            ("TRUSTED_PROXIES".to_owned(), value.clone()),
            ("LDAP_BASE".to_owned(), value),
        ]))
    };
    let (old, mut new) = (of("old"), of("new"));
    new.keep(&old, &["TRUSTED_PROXIES", "PORT"]);
    let digest = |values: &SharedValues, key: &str| values.0[key].digest;
    for (key, as_old) in [("TRUSTED_PROXIES", true), ("LDAP_BASE", false)] {
        assert_eq!(digest(&new, key) == digest(&old, key), as_old, "{key}");
    }
    assert_eq!(new.0.len(), 2);
}
