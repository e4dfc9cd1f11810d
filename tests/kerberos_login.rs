//! A user with a ticket is signed in, on whichever instance the balancer chooses.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::lab::{Ccache, Lab, haproxy::Haproxy, instance::Instance, page::Form, stand_in::Tenant};

const SIGN_IN: &str = "/wsfed?wa=wsignin1.0&wtrealm=urn:auth0:corp&wctx=abc%22%3E%3C";

#[test]
fn nine_logins_over_three_instances_end_in_tokens_that_the_tenant_verifies() {
    let tenant = Tenant::start();
    let instances: Vec<_> = (0..3)
        .map(|_| Instance::builder().behind_proxy().start())
        .collect();
    let balancer = Haproxy::start(&instances.iter().collect::<Vec<_>>());
    let alice = Lab::get().kinit("alice");
    let mut answered = BTreeSet::new();
    for _ in 0..9 {
        let response = balancer.curl(SIGN_IN).negotiate(&alice).run();
        assert_eq!(response.status, 200, "{}", response.body);
        answered.extend(response.header("x-ad-edge-instance").map(str::to_owned));
        let form = Form::read(&response.body);
        assert_eq!(form.field("wctx"), "abc\"><");
        let verified = tenant.verified(&form);
        assert_eq!(verified["authenticationMethod"], "urn:ietf:rfc:1510");
        assert_eq!(verified["audience"], "urn:auth0:corp");
    }
    let names: BTreeSet<_> = instances.iter().map(Instance::name).collect();
    assert_eq!(answered, names, "every instance answered");
}

#[test]
fn the_claims_are_those_of_the_legacy_connectors_page() {
    let instance = Instance::start();
    let alice = Lab::get().kinit("alice");
    let ours = Form::read(&instance.curl(SIGN_IN).negotiate(&alice).run().body);
    let golden = Form::read(include_str!("golden/wsfed-kerberos.html"));
    let (ours_claims, golden_claims) = (claims(&ours), claims(&golden));
    assert_eq!(golden_claims.len(), 13, "the golden page was read");
    assert_eq!(ours_claims, golden_claims);
    assert_eq!(ours.field("wa"), golden.field("wa"));
    assert_eq!(ours.field("wctx"), golden.field("wctx"));
    assert_eq!(ours.action, golden.action);
}

/// The claims of a page's token, values sorted; the identifier, which each domain draws anew, as its
/// shape.
fn claims(form: &Form) -> BTreeMap<String, Vec<String>> {
    let token = form
        .assertion()
        .replace("AttributeNamespace", "\u{1}AttributeNamespace");
    let attribute = |text: &str, name: &str| {
        let (_, rest) = text
            .split_once(&format!("{name}=\""))
            .expect("an attribute");
        rest.split('"').next().expect("its value").to_owned()
    };
    token
        .split("<saml:Attribute ")
        .skip(1)
        .map(|text| {
            let text = text.split("</saml:Attribute>").next().expect("an end");
            let key = format!(
                "{}/{}",
                attribute(text, "AttributeNamespace"),
                attribute(text, "AttributeName")
            );
            let mut values: Vec<String> = text
                .split("<saml:AttributeValue>")
                .skip(1)
                .map(|value| value.split("</").next().expect("a value").to_owned())
                .collect();
            if key.ends_with("/nameidentifier") {
                values = values.iter().map(|id| shape(id)).collect();
            }
            values.sort();
            (key, values)
        })
        .collect()
}

fn shape(id: &str) -> String {
    id.chars()
        .map(|c| if c.is_ascii_hexdigit() { 'x' } else { c })
        .collect()
}

#[test]
fn the_challenge_carries_a_page_that_tries_once_more_and_then_shows_the_form() {
    let instance = Instance::start();
    let first = instance.curl("/wsfed").run();
    assert_eq!(first.status, 401);
    assert_eq!(first.header("www-authenticate"), Some("Negotiate"));
    assert!(first.body.contains("location.replace("), "{}", first.body);
    let second = instance.curl("/wsfed?ad-edge-retry=1").run();
    assert_eq!(
        (second.status, second.header("www-authenticate")),
        (401, Some("Negotiate"))
    );
    assert!(!second.body.contains("<script"), "{}", second.body);
    assert!(
        second.body.contains(r#"name="password""#),
        "{}",
        second.body
    );
}

#[test]
fn a_page_runs_nothing_but_its_own_script_and_stays_in_no_cache() {
    let instance = Instance::start();
    let alice = Lab::get().kinit("alice");
    for response in [
        instance.curl("/wsfed").run(),
        instance.curl(SIGN_IN).negotiate(&alice).run(),
    ] {
        let policy = response
            .header("content-security-policy")
            .expect("a policy");
        assert!(
            policy.starts_with("default-src 'none'; style-src 'nonce-"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(response.header("cache-control"), Some("no-store"));
        assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
    }
}

#[test]
fn a_user_in_four_hundred_groups_is_signed_in() {
    let instance = Instance::start();
    let max = Lab::get().kinit("max");
    let response = instance.curl(SIGN_IN).negotiate(&max).run();
    assert_eq!(response.status, 200, "{}", response.body);
    let groups = claims(&Form::read(&response.body))["http://schemas.passportjs.com/groups"].len();
    assert!(groups >= 400, "{groups} groups");
}

#[test]
fn the_log_has_one_audit_line_for_a_login_and_no_ticket() {
    let instance = Instance::start();
    let lab = Lab::get();
    let token = lab.token(&lab.kinit("alice"), "HTTP@login.corp.example", None);
    let header = format!("Negotiate {token}");
    let response = instance
        .curl(SIGN_IN)
        .header("Authorization", &header)
        .run();
    assert_eq!(response.status, 200, "{}", response.body);
    let line = instance.await_event("login.accepted", &["alice@CORP.EXAMPLE"]);
    let line: Value = serde_json::from_str(&line).expect("JSON");
    for (field, value) in [
        ("method", "kerberos"),
        ("outcome", "success"),
        ("user", "CN=Alice Smith,CN=Users,DC=corp,DC=example"),
        ("client", lab_client()),
    ] {
        assert_eq!(line[field], value, "{line}");
    }
    assert_eq!(
        line["request_id"],
        response.header("x-request-id").expect("an id")
    );
    let log = instance.process.log();
    assert_eq!(log.matches("alice@CORP.EXAMPLE").count(), 1, "{log}");
    assert!(!log.contains(&token[100..150]), "a token in the log");
}

/// Where curl's connections come from: the kernel takes the first loopback address.
fn lab_client() -> &'static str {
    "127.0.0.1"
}

#[test]
fn without_a_ticket_nobody_is_signed_in() {
    let instance = Instance::start();
    let response = instance.curl(SIGN_IN).negotiate(&Ccache::empty()).run();
    assert_eq!(response.status, 401);
    assert!(!response.body.contains("wresult"), "{}", response.body);
}
