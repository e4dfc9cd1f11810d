//! A ticket counts when it is for this service: by its name, and by the key that opens it.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::json;
use tempfile::TempDir;

use crate::lab::{Lab, curl::Response, instance::Instance};

fn with_token(instance: &Instance, token: &str) -> Response {
    let token = format!("Negotiate {token}");
    let request = instance.curl("/wsfed").header("Authorization", &token);
    request.run()
}

fn assert_refused(instance: &Instance, response: &Response, reason: &str, cause: &str) {
    assert_eq!(response.status, 401, "{}", response.body);
    assert!(!response.body.contains("wresult"), "{}", response.body);
    assert!(
        response.body.contains("Your proof is for another service"),
        "{}",
        response.body
    );
    let reason = format!(r#""reason":"{reason}""#);
    instance.await_event("login.refused", &[&reason, cause]);
}

fn add_service(account: &str, names: &[&str]) {
    let names: Vec<_> = names
        .iter()
        .map(|name| format!("servicePrincipalName: {name}\n"))
        .collect();
    let lines = format!("{}msDS-SupportedEncryptionTypes: 24\n", names.concat());
    Lab::get().add_user(account, &lines);
}

/// A keytab with the keys of these principals, in this order.
fn keytab(principals: &[&str]) -> Vec<u8> {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("keytab");
    for principal in principals {
        Lab::get().samba_tool(&[
            "domain",
            "exportkeytab",
            path.to_str().expect("a path"),
            &format!("--principal={principal}"),
        ]);
    }
    std::fs::read(path).expect("the keytab")
}

#[test]
fn a_ticket_for_another_service_of_the_account_is_refused() {
    let (lab, alice) = (Lab::get(), Lab::get().kinit("alice"));
    add_service(
        "svc-two",
        &["HTTP/two.corp.example", "cifs/two.corp.example", "HTTP/two"],
    );
    let instance = Instance::builder()
        .file("certs/krb5.keytab", keytab(&["HTTP/two.corp.example"]))
        .set("KERBEROS_ALIASES", json!(["two.corp.example"]))
        .start();
    let login = |service: &str| with_token(&instance, &lab.token(&alice, service, None));
    for service in ["HTTP@two.corp.example", "HTTP@TWO.corp.example"] {
        let response = login(service);
        assert_eq!(response.status, 200, "{service}: {}", response.body);
    }
    for (service, cause) in [
        (
            "cifs@two.corp.example",
            "cifs/two.corp.example@CORP.EXAMPLE",
        ),
        ("HTTP@two", "HTTP/two@CORP.EXAMPLE"),
    ] {
        assert_refused(&instance, &login(service), "wrong_service", cause);
    }
    // A short name counts where it is listed.
    let instance = Instance::builder()
        .file("certs/krb5.keytab", keytab(&["HTTP/two.corp.example"]))
        .set("KERBEROS_ALIASES", json!(["two.corp.example", "two"]))
        .start();
    let response = with_token(&instance, &lab.token(&alice, "HTTP@two", None));
    assert_eq!(response.status, 200, "{}", response.body);
}

/// The name of the service stands in a ticket's clear part: anybody on the way can write another one.
#[test]
fn a_key_of_another_account_in_the_keytab_opens_no_ticket() {
    let (lab, alice) = (Lab::get(), Lab::get().kinit("alice"));
    add_service("svc-twin-1", &["HTTP/twin-1.corp.example"]);
    add_service("svc-twin-2", &["HTTP/twin-2.corp.example"]);
    let keys = keytab(&["HTTP/twin-2.corp.example", "HTTP/twin-1.corp.example"]);
    let start = |aliases: serde_json::Value| {
        Instance::builder()
            .file("certs/krb5.keytab", &keys)
            .set("KERBEROS_ALIASES", aliases)
            .start()
    };
    let instance = start(json!(["twin-1.corp.example"]));
    let token = |host: &str| lab.token(&alice, &format!("HTTP@{host}"), None);
    let response = with_token(&instance, &token("twin-1.corp.example"));
    assert_eq!(response.status, 200, "{}", response.body);
    let response = with_token(&instance, &token("twin-2.corp.example"));
    assert_refused(&instance, &response, "wrong_service", "HTTP/twin-2");
    let renamed = |token: &str| {
        let bytes = BASE64_STANDARD.decode(token).expect("base64");
        let at = bytes.windows(6).position(|part| part == b"twin-2");
        let mut bytes = bytes.clone();
        bytes[at.expect("the service's name") + 5] = b'1';
        BASE64_STANDARD.encode(bytes)
    };
    let response = with_token(&instance, &renamed(&token("twin-2.corp.example")));
    assert_refused(
        &instance,
        &response,
        "other_key",
        "HTTP/twin-2.corp.example@",
    );
    // Where both are names of the service, the key of either opens.
    let both = start(json!(["twin-1.corp.example", "twin-2.corp.example"]));
    let response = with_token(&both, &token("twin-2.corp.example"));
    assert_eq!(response.status, 200, "{}", response.body);
}

#[test]
fn a_keytab_under_another_name_of_the_account_works() {
    let (lab, alice) = (Lab::get(), Lab::get().kinit("alice"));
    add_service("svc-named", &["HTTP/named.corp.example"]);
    for principals in [
        &["svc-named"][..],
        &["svc-named", "HTTP/named.corp.example"],
    ] {
        let instance = Instance::builder()
            .file("certs/krb5.keytab", keytab(principals))
            .set("KERBEROS_ALIASES", "named.corp.example")
            .start();
        let response = with_token(
            &instance,
            &lab.token(&alice, "HTTP@named.corp.example", None),
        );
        assert_eq!(response.status, 200, "{principals:?}: {}", response.body);
    }
}

#[test]
fn an_alias_that_is_no_host_is_a_mistake() {
    for alias in ["HTTP/login.corp.example", "login@CORP", "https://login"] {
        let ended = Instance::builder()
            .set("KERBEROS_ALIASES", alias)
            .run_to_end("check");
        assert_eq!(ended.status.code(), Some(64), "{}", ended.log);
        assert!(
            ended.log.contains("is not the name of a host"),
            "{}",
            ended.log
        );
    }
}
