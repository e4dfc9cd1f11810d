//! Logins by password: the form, and the direct endpoint.

use serde_json::{Value, json};

use crate::lab::{Lab, curl::Response, instance::Instance, page::Form, stand_in::Tenant};

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
        instance.await_log(&["not signed in", user, &format!(r#""reason":"{reason}""#)]);
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
fn the_form_can_be_switched_off() {
    let instance = Instance::builder().set("FORM_LOGIN", false).start();
    assert!(
        !instance
            .curl("/wsfed?ad-edge-retry=1")
            .run()
            .body
            .contains("name=\"password\"")
    );
    assert_eq!(form(&instance, "bob", &Lab::get().password).status, 403);
}
