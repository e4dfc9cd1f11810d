//! What an administrator writes, and what the program says to it.

use std::process::Command;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::lab::{
    Lab, instance::Instance, page::Form, run_with_input, verify::verify_with_xmlsec1,
};

#[test]
fn the_legacy_connectors_keys_alone_and_a_keytab_serve_kerberos_logins() {
    let lab = Lab::get();
    let home = lab.home();
    let pfx = tempfile::NamedTempFile::new().expect("a file");
    run_with_input(
        Command::new("openssl")
            .args([
                "pkcs12", "-export", "-legacy", "-passout", "pass:", "-inkey",
            ])
            .arg(home.join("certs/tls.key"))
            .arg("-in")
            .arg(home.join("certs/tls.pem"))
            .arg("-out")
            .arg(pfx.path()),
        "",
    );
    let config: Value =
        serde_json::from_slice(&std::fs::read(home.join("config.json")).expect("a file"))
            .expect("JSON");
    let keys = json!({
        "LDAP_URL": config["LDAP_URL"],
        "LDAP_BASE": "DC=corp,DC=example",
        "LDAP_BIND_USER": config["LDAP_BIND_USER"],
        "LDAP_BIND_PASSWORD": config["LDAP_BIND_PASSWORD"],
        "PORT": "0",
        "SERVER_URL": "https://login.corp.example",
        "REALM": "urn:auth0:corp",
        "urn:auth0:corp": "https://tenant.corp.example:9443/login/callback",
        "WSFED_ISSUER": "corp.example",
        "KERBEROS_AUTH": true,
        "SSL_PFX": STANDARD.encode(std::fs::read(pfx.path()).expect("the file")),
        // The lab's CA, which a company's own machines hold in the system's roots.
        "SSL_CA_FILE": "certs/ca.pem",
    });
    let mut builder = Instance::builder().only(keys);
    for file in [
        "certs/tls.pem",
        "certs/tls.key",
        "certs/cert.pem",
        "certs/cert.key",
    ] {
        builder = builder.without_file(file);
    }
    let instance = builder.start();
    instance.await_event("tunnel.disabled", &[]);
    instance.await_event("signing_key.made", &["WARN"]);
    let response = instance.curl("/wsfed").negotiate(&lab.kinit("alice")).run();
    assert_eq!(response.status, 200, "{}", response.body);
    let form = Form::read(&response.body);
    let made = instance.home().join("certs/cert.pem");
    verify_with_xmlsec1(form.assertion(), &made).expect("verifies under the new certificate");
}

#[test]
fn everything_that_is_wrong_is_said_at_once_with_exit_code_64() {
    let ended = Instance::builder()
        .set("PORT", "none")
        .set("KERBEROS_KEYTAB", "certs/nowhere.keytab")
        .set("LDAP_URL", "dc1")
        .set("LDAP_SERCH_GROUPS", "x")
        .run_to_end("check");
    assert_eq!(ended.status.code(), Some(64), "{}", ended.log);
    for part in [
        "3 mistakes",
        "PORT",
        "nowhere.keytab",
        "LDAP_URL",
        "did you mean LDAP_SEARCH_GROUPS",
    ] {
        assert!(ended.log.contains(part), "{part}\n{}", ended.log);
    }
    assert!(!ended.log.contains(&Lab::get().password), "{}", ended.log);
}

#[test]
fn files_that_cannot_be_used_are_said_at_once_with_exit_code_64() {
    for command in ["check", "serve"] {
        let ended = Instance::builder()
            .file("certs/tls.pem", "no certificate")
            .file("certs/krb5.keytab", "no keytab")
            .run_to_end(command);
        assert_eq!(ended.status.code(), Some(64), "{}", ended.log);
        for part in ["tls.pem", "is not a keytab of version 2"] {
            assert!(ended.log.contains(part), "{command}: {part}\n{}", ended.log);
        }
    }
}

#[test]
fn a_good_configuration_is_called_good() {
    let ended = Instance::builder().run_to_end("check");
    assert!(ended.status.success(), "{}", ended.log);
    assert!(ended.log.contains("can be used"), "{}", ended.log);
}

#[test]
fn bad_usage_is_exit_code_64() {
    let ended = Instance::builder().run_to_end("srve");
    assert_eq!(ended.status.code(), Some(64), "{}", ended.log);
}
