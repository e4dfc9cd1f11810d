//! What an instance asks of the hub's address and of the key that its requests are checked with.

use std::process::Command;

use crate::lab::{instance::Instance, run_with_input, stand_in::Tenant};

/// The status and the words of `check` with this key and hub.
fn checked(tenant: &Tenant, key: &str, hub: &str) -> (Option<i32>, String) {
    let ended = Instance::builder()
        .tunnel(tenant)
        .set("TENANT_SIGNING_KEY", key)
        .set("AD_HUB", hub)
        .run_to_end("check");
    (ended.status.code(), ended.log)
}

fn rsa(bits: u32) -> String {
    let mut command = Command::new("openssl");
    let private = run_with_input(command.args(["genrsa", &bits.to_string()]), "");
    run_with_input(Command::new("openssl").args(["rsa", "-pubout"]), &private)
}

#[test]
fn a_weak_key_and_a_hub_in_plain_http_are_refused() {
    let tenant = Tenant::start();
    let good = Tenant::signing_key();
    let (status, log) = checked(&tenant, &good, &tenant.hub());
    assert_eq!(status, Some(0), "{log}");
    for (key, words) in [
        (rsa(1024), "an RSA key of 1024 bits"),
        ("secret".to_owned(), "a shared secret of 6 bytes"),
    ] {
        let (status, log) = checked(&tenant, &key, &tenant.hub());
        assert_eq!(status, Some(64), "{log}");
        assert!(log.contains(words), "{words}: {log}");
        assert!(!log.contains("BEGIN PUBLIC"), "{log}");
    }
    let (status, log) = checked(&tenant, &rsa(2048), &tenant.hub());
    assert_eq!(status, Some(0), "{log}");
    let (status, log) = checked(&tenant, "a shared secret of 29 bytes..", &tenant.hub());
    assert_eq!(status, Some(0), "{log}");
    assert!(log.contains("RFC 7518"), "{log}");
    for hub in [
        "http://acme.auth0.com/lo/hub",
        "ws://192.0.2.7/lo/hub",
        "http://localhost.evil.example/",
    ] {
        let (status, log) = checked(&tenant, &good, hub);
        assert_eq!(status, Some(64), "{hub}: {log}");
        assert!(
            log.contains("AD_HUB") && log.contains("https"),
            "{hub}: {log}"
        );
    }
    for hub in [
        "http://127.0.0.1:9/lo/hub",
        "ws://[::1]:9/hub",
        "http://localhost:9/hub",
    ] {
        let (status, log) = checked(&tenant, &good, hub);
        assert_eq!(status, Some(0), "{hub}: {log}");
    }
}
