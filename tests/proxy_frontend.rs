//! `X-Forwarded-User` counts only when it is asked for, and only from a trusted proxy.

use crate::lab::{curl::Response, instance::Instance};

fn forwarded(instance: &Instance, user: &str) -> Response {
    instance
        .curl("/wsfed")
        .header("X-Forwarded-User", user)
        .run()
}

#[test]
fn only_a_trusted_proxy_is_accepted_and_only_for_its_domain() {
    let frontend = || Instance::builder().set("WITH_KERBEROS_PROXY_FRONTEND", true);
    let trusting = frontend().start();
    assert!(
        forwarded(&trusting, "alice@CORP.EXAMPLE")
            .body
            .contains("wresult")
    );
    assert_eq!(forwarded(&trusting, "alice@EVIL.EXAMPLE").status, 403);
    // Nobody, as Apache writes it: the form comes.
    let nobody = forwarded(&trusting, "(null)");
    assert_eq!(nobody.status, 401, "{}", nobody.body);
    assert!(nobody.body.contains("name=\"password\""), "{}", nobody.body);
    let elsewhere = frontend().set("TRUSTED_PROXIES", "192.0.2.0/24").start();
    let response = forwarded(&elsewhere, "alice@CORP.EXAMPLE");
    assert_eq!(response.status, 401);
    assert!(!response.body.contains("wresult"), "{}", response.body);
    // A proxy that is not in the list is not passed over in silence.
    elsewhere.await_event("http.header_forged", &["a user's name"]);
    assert_eq!(elsewhere.metric("ad_edge_forged_headers_total"), Some(1.0));
}

#[test]
fn without_a_list_of_proxies_it_does_not_start() {
    let ended = Instance::builder()
        .set("WITH_KERBEROS_PROXY_FRONTEND", true)
        .set("TRUSTED_PROXIES", "")
        .run_to_end("check");
    assert_eq!(ended.status.code(), Some(64), "{}", ended.log);
}

/// The first of two was the client's own, where the proxy adds its line behind what came.
#[test]
fn exactly_one_user_counts() {
    let instance = Instance::builder()
        .set("WITH_KERBEROS_PROXY_FRONTEND", true)
        .start();
    for users in [
        &["alice", "bob"][..],
        &["alice", "alice"],
        &["alice, bob"],
        &["   "],
    ] {
        let named = users.iter().fold(instance.curl("/wsfed"), |curl, user| {
            // With a semicolon curl sends a header that is empty.
            let header = if user.trim().is_empty() {
                "X-Forwarded-User;".to_owned()
            } else {
                format!("X-Forwarded-User: {user}")
            };
            curl.arg("-H").arg(&header)
        });
        let response = named.run();
        assert_eq!(response.status, 400, "{users:?}: {}", response.body);
        assert!(!response.body.contains("wresult"), "{users:?}");
    }
    instance.await_event("login.refused", &["unclear_user", "came 2 times"]);
    let unusable = forwarded(&instance, "ali\u{200b}ce");
    assert_eq!(unusable.status, 403, "{}", unusable.body);
    instance.await_event("login.refused", &["unusable_name", "U+200B"]);
}
