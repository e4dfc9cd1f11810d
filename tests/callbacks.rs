//! A token goes to a listed callback only, whoever asks.

use crate::lab::{Lab, instance::Instance, page::Form};

#[test]
fn a_callback_that_is_not_listed_gets_no_token() {
    let instance = Instance::start();
    let alice = Lab::get().kinit("alice");
    for query in [
        "wreply=https://evil.example/",
        "wreply=https://tenant.corp.example:9443/login/callback/",
        "wtrealm=urn:auth0:other",
        "wtrealm=LDAP_BIND_PASSWORD",
        "wa=wsignin2.0",
        "wreply=https://tenant.corp.example:9443/login/callback&wreply=https://evil.example/",
    ] {
        let response = instance
            .curl(&format!("/wsfed?{query}"))
            .negotiate(&alice)
            .run();
        assert_eq!(response.status, 400, "{query}");
        assert!(!response.body.contains("wresult"), "{query}");
    }
}

#[test]
fn a_listed_wreply_is_used() {
    let instance = Instance::builder()
        .set(
            "urn:auth0:corp",
            "https://one.example/cb, https://two.example/cb",
        )
        .start();
    let alice = Lab::get().kinit("alice");
    let action =
        |query: &str| Form::read(&instance.curl(query).negotiate(&alice).run().body).action;
    assert_eq!(action("/wsfed"), "https://one.example/cb");
    assert_eq!(
        action("/wsfed?wreply=https://two.example/cb"),
        "https://two.example/cb"
    );
}
