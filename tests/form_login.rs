//! Logins by password: the form, and the direct endpoint.

use serde_json::{Value, json};

use crate::lab::{
    Lab, curl::Response, haproxy::Haproxy, instance::Instance, page::Form, stand_in::Tenant,
    wire::Wire,
};

fn form(instance: &Instance, username: &str, password: &str) -> Response {
    let fields = [("username", username), ("password", password)];
    instance
        .curl("/wsfed?wtrealm=urn:auth0:corp&wctx=c")
        .form(fields)
        .run()
}

#[test]
fn a_right_password_ends_in_a_verified_token() {
    let (tenant, instance) = (Tenant::start(), Instance::start());
    let response = form(&instance, "bob", &Lab::get().password);
    assert_eq!(response.status, 200, "{}", response.body);
    let verified = tenant.verified(&Form::read(&response.body));
    assert_eq!(
        verified["authenticationMethod"],
        "urn:oasis:names:tc:SAML:1.0:am:password"
    );
}

#[test]
fn a_wrong_name_and_a_wrong_password_look_alike_and_challenge_nobody() {
    let instance = Instance::start();
    let pages = [
        ("bob", "wrong"),
        ("nobody", "wrong"),
        ("bob", ""),
        ("*", "x"),
    ]
    .map(|(name, password)| {
        let response = form(&instance, name, password);
        assert_eq!(response.status, 401, "{}", response.body);
        assert_eq!(response.header("www-authenticate"), None);
        assert!(
            response.body.contains("That did not match"),
            "{}",
            response.body
        );
        response.body.contains("wresult")
    });
    assert_eq!(pages, [false; 4]);
    assert!(
        !instance.process.log().contains("\"wrong\""),
        "a password in the log"
    );
}

#[test]
fn accounts_that_may_not_sign_in_are_refused() {
    let instance = Instance::start();
    let password = &Lab::get().password;
    for (user, reason) in [
        ("carol", "account_disabled"),
        ("dave", "account_expired"),
        ("grace", "password_change_required"),
    ] {
        let response = form(&instance, user, password);
        assert_eq!(response.status, 403, "{user}: {}", response.body);
        instance.await_event("login.refused", &[user, &format!(r#""reason":"{reason}""#)]);
    }
}

#[test]
fn what_was_typed_comes_back_escaped() {
    let instance = Instance::start();
    let response = form(&instance, "\"><script>alert(1)</script>", "x");
    assert!(
        !response.body.contains("<script>alert"),
        "{}",
        response.body
    );
    assert!(
        response.body.contains("&#60;script&#62;"),
        "{}",
        response.body
    );
}

#[test]
fn the_direct_endpoint_answers_with_the_bare_form() {
    let (tenant, instance) = (Tenant::start(), Instance::start());
    let password = Lab::get().password.as_str();
    let fields = [("username", "bob"), ("password", password), ("state", "s1")];
    let response = instance.curl("/wsfed/direct").form(fields).run();
    assert_eq!(response.status, 200, "{}", response.body);
    assert!(response.body.starts_with("<form ") && !response.body.contains("<html"));
    let form = Form::read(&response.body);
    let context: Value = serde_json::from_str(form.field("wctx")).expect("JSON");
    assert_eq!(context, json!({"strategy": "ad", "state": "s1"}));
    assert_eq!(tenant.verified(&form)["audience"], "urn:auth0:corp");

    let wrong = [("username", "bob"), ("password", "wrong")];
    let response = instance.curl("/wsfed/direct").form(wrong).run();
    assert_eq!(response.status, 401);
    assert_eq!(
        response.body,
        r#"{"invalid_user_password":"Wrong email or password."}"#
    );
}

#[test]
fn the_form_cannot_be_used_to_lock_an_account_out() {
    let (lab, instance) = (Lab::get(), Instance::start());
    lab.add_user("form-target", "");
    for _ in 0..3 {
        assert_eq!(form(&instance, "form-target", "wrong").status, 401);
    }
    // By whatever name, and whether right or wrong: the directory is not asked.
    for name in ["form-target", "FORM-TARGET", "form-target@corp.example"] {
        for password in ["wrong", &lab.password] {
            let refused = form(&instance, name, password);
            assert_eq!(refused.status, 429, "{name}: {}", refused.body);
            assert!(refused.body.contains("Too many attempts"));
            let again: u64 = refused
                .header("retry-after")
                .and_then(|seconds| seconds.parse().ok())
                .expect("Retry-After");
            assert!((1..=1860).contains(&again), "{again}");
        }
    }
    let refused = form(&instance, "form-target", &lab.password);
    assert_eq!(refused.status, 429, "{}", refused.body);
    let counted =
        r#"ad_edge_logins_total{method="password",outcome="refused",reason="too_many_attempts"}"#;
    assert!(instance.metric(counted) >= Some(3.0));
    // The account is not locked, and other users are not concerned.
    let elsewhere = Instance::start();
    assert_eq!(form(&elsewhere, "form-target", &lab.password).status, 200);
    assert_eq!(form(&instance, "bob", &lab.password).status, 200);
    let json = json!({"username": "form-target", "password": "wrong"});
    let direct = instance.curl("/wsfed/direct").json(&json).run();
    assert_eq!(direct.status, 429, "{}", direct.body);
}

#[test]
fn a_name_that_is_nobody_s_meets_the_limit_of_users() {
    let instance = Instance::start();
    let statuses = [(); 5].map(|()| form(&instance, "nobody-at-all", "wrong").status);
    assert_eq!(statuses, [401, 401, 401, 429, 429], "as for a user");
}

#[test]
fn a_reload_forgets_no_failure() {
    let (lab, instance) = (Lab::get(), Instance::start());
    lab.add_user("form-reload", "");
    for _ in 0..3 {
        assert_eq!(form(&instance, "form-reload", "wrong").status, 401);
    }
    let path = instance.home().join("config.json");
    let text = std::fs::read_to_string(&path).expect("config.json");
    let mut config: Value = serde_json::from_str(&text).expect("JSON");
    config["SITE_NAME"] = json!("Kestrel Works");
    std::fs::write(&path, config.to_string()).expect("written");
    instance.process.signal("HUP");
    instance.await_event("reload.done", &[]);
    assert_eq!(form(&instance, "form-reload", &lab.password).status, 429);
}

#[test]
fn an_address_has_a_rate_of_failures_and_both_limits_can_be_switched_off() {
    let limited = Instance::builder()
        .behind_proxy()
        .set("FORM_ATTEMPTS_PER_MINUTE", 3)
        .start();
    // The balancer names the client, so the balancer's being trusted does not matter.
    let balancer = Haproxy::start(&[&limited]);
    let through = |name: &str, password: &str| {
        let fields = [("username", name), ("password", password)];
        balancer
            .curl("/wsfed?wtrealm=urn:auth0:corp")
            .form(fields)
            .run()
            .status
    };
    for _ in 0..5 {
        assert_eq!(through("bob", &Lab::get().password), 200, "right ones");
    }
    let statuses = ["a", "b", "c", "d", "e"].map(|n| through(&format!("nobody-{n}"), "x"));
    assert_eq!(statuses, [401, 401, 401, 401, 429]);
    assert_eq!(through("bob", &Lab::get().password), 429);
    let refused =
        r#"ad_edge_logins_total{method="password",outcome="refused",reason="too_many_attempts"}"#;
    assert_eq!(limited.metric(refused), Some(2.0));
    let open = Instance::builder()
        .set("FORM_ATTEMPTS_PER_MINUTE", 0)
        .set("FORM_FAILURES_PER_USER", 0)
        .start();
    Lab::get().add_user("form-open", "");
    for _ in 0..8 {
        assert_eq!(form(&open, "form-open", "wrong").status, 401);
    }
}

#[test]
fn an_attempt_that_nobody_waits_for_is_logged_and_counted() {
    let wire = Wire::lay();
    let instance = Instance::builder().set("LDAP_URL", wire.url()).start();
    wire.fall_silent();
    let fields = [("username", "bob"), ("password", "x")];
    let left = instance
        .curl("/wsfed")
        .form(fields)
        .arg("--max-time")
        .arg("1")
        .try_run();
    assert!(left.is_err(), "the client has gone");
    instance.await_event("login.abandoned", &["bob", r#""reason":"abandoned""#]);
    wire.speak();
    let counted = r#"ad_edge_logins_total{method="password",outcome="refused",reason="abandoned"}"#;
    assert_eq!(instance.metric(counted), Some(1.0));
}
