//! A directory that is not Active Directory: OpenLDAP, with the settings that
//! `deploy/examples/openldap.json` shows.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::lab::{
    Lab,
    instance::{Builder, Instance},
    openldap::{Anonymous, OpenLdap},
    page::Form,
    stand_in::Tenant,
    wait_until,
};

const EXAMPLE: &str = include_str!("../deploy/examples/openldap.json");

/// As the example says, but for what differs in each installation.
pub fn as_documented(directory: &OpenLdap, tenant: &Tenant) -> Builder {
    let example: Map<String, Value> = serde_json::from_str(EXAMPLE).expect("JSON");
    let mut builder = Instance::builder().tunnel(tenant);
    for (key, value) in example {
        builder = builder.set(&key, value);
    }
    builder
        .set("KERBEROS_AUTH", false)
        .set("LDAP_URL", directory.url())
        .set("LDAP_BIND_PASSWORD", Lab::get().password.as_str())
}

fn ask(tenant: &Tenant, event: &str, username: &str, password: &str) -> Value {
    let claims = json!({ "username": username, "password": password });
    tenant.ask(event, &claims).1
}

#[test]
fn both_fronts_sign_its_people_in() {
    let (directory, tenant) = (OpenLdap::start(Anonymous::Refused), Tenant::start());
    let instance = as_documented(&directory, &tenant).start();
    tenant.await_agents(1);
    let password = &Lab::get().password;

    let profile = ask(&tenant, "authenticate_user", "alice", password)["profile"].take();
    assert_eq!(profile["id"], "alice", "{profile}");
    assert_eq!(profile["emails"], json!([{"value": "alice@acme.example"}]));
    assert_eq!(profile["groups"], json!(["Staff", "R&D (EMEA)"]));
    for (user, password, expected) in [
        ("alice", "wrong", "WrongPassword"),
        ("alice", "", "WrongPassword"),
        ("nobody", password, "WrongUsername"),
        ("*", password, "WrongUsername"),
    ] {
        let payload = ask(&tenant, "authenticate_user", user, password);
        assert_eq!(payload["err"]["name"], expected, "{user}: {payload}");
    }
    let odd = ask(&tenant, "authenticate_user", "z*(o)e", password);
    assert_eq!(odd["profile"]["groups"], json!(["Staff"]), "{odd}");
    let found = tenant.ask("search_users", &json!({ "search": "ali" })).1;
    assert_eq!(found["users"][0]["nickname"], "Alice Smith", "{found}");
    let groups = tenant.ask("list_groups", &json!({})).1;
    assert_eq!(groups["groups"].as_array().map(Vec::len), Some(2));

    let fields = [("username", "alice"), ("password", password)];
    let response = instance.curl("/wsfed").form(fields).run();
    assert_eq!(response.status, 200, "{}", response.body);
    let verified = tenant.verified(&Form::read(&response.body));
    let groups = &verified["claims"]["http://schemas.passportjs.com/groups"];
    assert_eq!(*groups, json!(["Staff", "R&D (EMEA)"]));
    let fields = [("username", "alice"), ("password", "wrong")];
    assert_eq!(instance.curl("/wsfed").form(fields).run().status, 401);
}

#[test]
fn passwords_are_changed_in_user_password() {
    let (directory, tenant) = (OpenLdap::start(Anonymous::Refused), Tenant::start());
    let _instance = as_documented(&directory, &tenant)
        .set("ENABLE_WRITE_BACK", true)
        .start();
    tenant.await_agents(1);
    let new = "Nëw & \"odd\" 漢字";
    let changed = ask(&tenant, "change_password", "erin", new);
    assert_eq!(changed["profile"]["id"], "erin", "{changed}");
    assert!(
        ask(&tenant, "authenticate_user", "erin", new)
            .get("err")
            .is_none()
    );
    let old = ask(&tenant, "authenticate_user", "erin", &Lab::get().password);
    assert_eq!(old["err"]["name"], "WrongPassword");
}

#[test]
fn it_is_searched_without_an_account_where_it_allows_that() {
    let tenant = Tenant::start();
    let open = OpenLdap::start(Anonymous::Reads);
    let _instance = as_documented(&open, &tenant)
        .unset("LDAP_BIND_USER")
        .unset("LDAP_BIND_PASSWORD")
        .set("ANONYMOUS_SEARCH_ENABLED", true)
        .start();
    tenant.await_agents(1);
    let payload = ask(&tenant, "authenticate_user", "alice", &Lab::get().password);
    assert_eq!(payload["profile"]["id"], "alice", "{payload}");

    let wrong = ask(&tenant, "authenticate_user", "alice", "wrong");
    assert_eq!(wrong["err"]["name"], "WrongPassword");

    // One that hides its entries from strangers is not ready, and says what it takes.
    let closed = OpenLdap::start(Anonymous::Refused);
    let refused = as_documented(&closed, &tenant)
        .unset("LDAP_BIND_USER")
        .unset("LDAP_BIND_PASSWORD")
        .set("ANONYMOUS_SEARCH_ENABLED", true)
        .start_alive();
    wait_until(
        Duration::from_secs(10),
        "not ready, with the reason",
        || {
            refused
                .ops("/readyz")
                .is_some_and(|(status, body)| status == 503 && body.contains("LDAP_BIND_USER"))
        },
    );
}

#[test]
fn a_name_is_what_its_filter_says_and_no_other_form_of_it() {
    let (directory, tenant) = (OpenLdap::start(Anonymous::Refused), Tenant::start());
    let password = Lab::get().password.as_str();
    let status = |instance: &Instance, name: &str, password: &str| {
        let fields = [("username", name), ("password", password)];
        let response = instance.curl("/wsfed").form(fields).run();
        (response.status, response.body)
    };
    let others = ["alice@acme.example", r"ACME\alice", r"acme\alice", "a*"];
    let by_uid = as_documented(&directory, &tenant).start();
    for name in ["alice", " Alice "] {
        assert_eq!(status(&by_uid, name, password).0, 200, "{name}");
    }
    for name in others {
        assert_eq!(status(&by_uid, name, password).0, 401, "{name}");
    }
    let (_, page) = status(&by_uid, "alice", "wrong");
    assert!(page.contains("Your user name is like alice."), "{page}");
    drop(by_uid);
    // Its users have no sAMAccountName, which is what is searched where nothing is written.
    let without = as_documented(&directory, &tenant)
        .unset("LDAP_USER_BY_NAME")
        .start();
    for name in others.into_iter().chain(["alice"]) {
        assert_eq!(status(&without, name, password).0, 401, "{name}");
    }
}
