//! What is too large, unknown or malformed gets a page with the request's number.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::lab::{Lab, curl::Response, instance::Instance};

fn assert_page(response: &Response, status: u16) {
    assert_eq!(response.status, status, "{}", response.body);
    assert!(
        response.body.starts_with("<!doctype html>"),
        "{}",
        response.body
    );
    let id = response.header("x-request-id").expect("an id");
    assert!(response.body.contains(id), "{}", response.body);
}

#[test]
fn a_token_of_64_kib_is_read_and_more_is_431() {
    let instance = Instance::start();
    let token = |size: usize| format!("Negotiate {}", STANDARD.encode(vec![0x60; size]));
    let with = |size| {
        instance
            .curl("/wsfed")
            .header("Authorization", &token(size))
            .run()
    };
    let read = with(65_536);
    assert_eq!(read.status, 401, "{}", read.body);
    instance.await_event("login.refused", &["malformed_token"]);
    assert_page(&with(90_000), 431);
}

#[test]
fn a_proxy_header_is_demanded_when_it_is_configured() {
    let instance = Instance::builder().behind_proxy().start();
    assert!(
        instance.curl("/readyz").try_run().is_err(),
        "without a header"
    );
    let with = instance.curl("/readyz").arg("--haproxy-protocol").try_run();
    assert!(with.is_err(), "curl speaks version 1, which is not taken");
}

#[test]
fn more_logins_than_fit_are_told_at_once_to_come_back() {
    // A login that takes its time, and one at a time.
    let slow = "module.exports = raw => { const end = Date.now() + 900; while (Date.now() < end); \
                return { id: raw.objectGUID, displayName: raw.displayName }; };";
    let instance = Instance::builder()
        .set("MAX_LOGINS", 1)
        .set("PROFILE_MAPPER", slow)
        .start();
    let alice = Lab::get().kinit("alice");
    let answers: Vec<_> = std::thread::scope(|scope| {
        let logins: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| instance.curl("/wsfed").negotiate(&alice).run()))
            .collect();
        logins
            .into_iter()
            .map(|login| login.join().expect("an answer"))
            .collect()
    });
    let (good, busy): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert!(!good.is_empty() && !busy.is_empty(), "{answers:?}");
    for answer in busy {
        assert_eq!(answer.status, 503);
        assert_eq!(answer.header("retry-after"), Some("5"));
        assert!(
            answer.body.contains("Many people are signing in"),
            "{}",
            answer.body
        );
    }
    let counted = r#"ad_edge_logins_total{method="kerberos",outcome="refused",reason="busy"}"#;
    assert!(instance.metric(counted) >= Some(1.0));
    assert_eq!(
        instance.curl("/wsfed").negotiate(&alice).run().status,
        200,
        "and then again"
    );
}

#[test]
fn a_request_that_names_no_host_is_told_so() {
    let instance = Instance::start();
    let without = instance.curl("/wsfed").header("Host", "").run();
    assert_page(&without, 400);
    let ready = instance.curl("/readyz").run();
    assert_eq!((ready.status, ready.body.as_str()), (200, "ready\n"));
}
