//! Requests over the tunnel: the answers are the AD/LDAP Connector's, member for member.

use std::time::Duration;

use serde_json::{Value, json};

use crate::lab::{
    Lab,
    instance::{Builder, Instance},
    stand_in::Tenant,
};

/// Answers recorded from the AD/LDAP Connector.
const GOLDEN: &str = include_str!("golden/tunnel.jsonl");

fn write_back(tenant: &Tenant) -> Builder {
    Instance::builder()
        .tunnel(tenant)
        .set("LDAP_BIND_USER", "svc-writeback@corp.example")
        .set("ENABLE_WRITE_BACK", true)
        .set("ENABLE_ACTIVE_DIRECTORY_UNICODE_PASSWORD", true)
}

fn login(tenant: &Tenant, username: &str, password: &str) -> Value {
    let claims = json!({ "username": username, "password": password });
    let (name, payload) = tenant.ask("authenticate_user", &claims);
    assert_eq!(name, "<pid>_result");
    payload
}

/// The name of the error, or `ok`.
fn verdict(payload: &Value) -> &str {
    match payload.get("err") {
        None => "ok",
        Some(err) => err["name"].as_str().unwrap_or("unnamed"),
    }
}

/// A new domain has new identifiers, and the order of groups is not fixed.
fn comparable(mut answer: Value) -> String {
    fn walk(value: &mut Value) {
        match value {
            Value::Object(members) => {
                if let Some(id) = members.get_mut("id") {
                    let text = id.as_str().unwrap_or_default();
                    assert!(text.len() == 36, "not a GUID: {text:?}");
                    *id = json!("a GUID");
                }
                if let Some(Value::Array(groups)) = members.get_mut("groups") {
                    groups.sort_by_key(ToString::to_string);
                }
                members.values_mut().for_each(walk);
            }
            Value::Array(list) => list.iter_mut().for_each(walk),
            _ => {}
        }
    }
    walk(&mut answer);
    // As text: the order of the members counts too.
    answer.to_string()
}

#[test]
fn every_golden_case_is_answered_as_the_legacy_connector_does() {
    let tenant = Tenant::start();
    let _instance = write_back(&tenant).start();
    tenant.await_agents(1);
    let mut cases = 0;
    for line in GOLDEN.lines() {
        let golden: Value = serde_json::from_str(line).expect("JSON");
        let case = golden["case"].as_str().expect("a case");
        let event = golden["event"].as_str().expect("an event");
        let (name, payload) = tenant.ask(event, &golden["request"]);
        assert_eq!(name, golden["name"].as_str().expect("a name"), "{case}");
        assert_eq!(
            comparable(payload),
            comparable(golden["answer"].clone()),
            "{case}"
        );
        cases += 1;
    }
    assert_eq!(cases, 7);
    let changed = login(&tenant, "erin", "N3w-Passw0rd!");
    assert_eq!(verdict(&changed), "ok", "the new password counts");
}

#[test]
fn every_state_of_an_account_has_its_name() {
    let (lab, tenant) = (Lab::get(), Tenant::start());
    let instance = Instance::builder().tunnel(&tenant).start();
    tenant.await_agents(1);
    lab.add_user("tunnel-locked", "");
    for _ in 0..10 {
        assert_eq!(
            verdict(&login(&tenant, "tunnel-locked", "wrong")),
            "WrongPassword"
        );
    }
    let password = &lab.password;
    for (user, password, expected, message) in [
        (
            "carol",
            password.as_str(),
            "AccountDisabled",
            "Account disabled",
        ),
        ("dave", password, "AccountExpired", "Account expired"),
        ("tunnel-locked", password, "AccountLocked", "Account locked"),
        (
            "grace",
            password,
            "PasswordChangeRequired",
            "Password change required",
        ),
        ("bob", "", "WrongPassword", "Wrong password"),
    ] {
        let payload = login(&tenant, user, password);
        assert_eq!(payload["err"]["name"], expected, "{user}: {payload}");
        assert_eq!(payload["err"]["message"], message);
        assert_eq!(payload["err"]["profile"], payload["profile"]);
        assert_eq!(payload["profile"]["nickname"], user);
    }
    assert_eq!(verdict(&login(&tenant, "*", "x")), "WrongUsername");
    assert_eq!(
        verdict(&login(&tenant, "alice)(cn=*", "x")),
        "WrongUsername"
    );
    let line = instance.await_event("login.refused", &["account_locked", "\"client\":\"hub\""]);
    assert!(line.contains("tunnel-locked"), "{line}");
    assert!(!instance.process.log().contains(password.as_str()));
    let refused =
        r#"ad_edge_logins_total{method="tunnel",outcome="refused",reason="account_disabled"}"#;
    assert_eq!(instance.metric(refused), Some(1.0));
}

/// A user whose password is too old: by a policy of its own, since the domain's lets them live.
fn add_user_with_an_expired_password(name: &str) {
    let lab = Lab::get();
    lab.add_user(name, "");
    let policy = format!("short-{name}");
    let pso = ["domain", "passwordsettings", "pso"];
    lab.samba_tool(
        &[
            &pso[..],
            &["create", &policy, "1", "--min-pwd-age=0", "--max-pwd-age=2"],
        ]
        .concat(),
    );
    lab.samba_tool(&[&pso[..], &["apply", &policy, name]].concat());
    // Samba takes a limit of one day for none. In 2022; the control lets it be written (DSDB_CONTROL_PASSWORD_BYPASS_LAST_SET_OID).
    lab.ldbmodify_with(
        &["--controls=local_oid:1.3.6.1.4.1.7165.4.3.20:0"],
        &format!(
            "dn: CN={name},CN=Users,DC=corp,DC=example\nchangetype: modify\n\
             replace: pwdLastSet\npwdLastSet: 133000000000000000\n"
        ),
    );
}

#[test]
fn expired_passwords_sign_in_where_that_is_allowed() {
    let (lab, tenant) = (Lab::get(), Tenant::start());
    add_user_with_an_expired_password("tunnel-expired");
    let mut strict = Instance::builder().tunnel(&tenant).start();
    tenant.await_agents(1);
    let payload = login(&tenant, "tunnel-expired", &lab.password);
    assert_eq!(verdict(&payload), "PasswordExpired", "{payload}");
    assert_eq!(payload["err"]["message"], "Password expired");
    let fields = [("username", "tunnel-expired"), ("password", &lab.password)];
    let response = strict.curl("/wsfed").form(fields).run();
    assert_eq!(response.status, 403, "{}", response.body);
    strict.sigterm();
    strict.wait_exit(Duration::from_secs(10));
    let _instance = Instance::builder()
        .tunnel(&tenant)
        .set("ALLOW_PASSWORD_CHANGE_REQUIRED", "true")
        .set("ALLOW_PASSWORD_EXPIRED", true)
        .start();
    tenant.await_agents(1);
    assert_eq!(verdict(&login(&tenant, "grace", &lab.password)), "ok");
    assert_eq!(
        verdict(&login(&tenant, "tunnel-expired", &lab.password)),
        "ok"
    );
    assert_eq!(
        verdict(&login(&tenant, "tunnel-expired", "wrong")),
        "WrongPassword"
    );
    assert_eq!(
        verdict(&login(&tenant, "carol", &lab.password)),
        "AccountDisabled"
    );
}

#[test]
fn searches_hold_their_limit() {
    let tenant = Tenant::start();
    let _instance = Instance::builder().tunnel(&tenant).start();
    tenant.await_agents(1);
    let users = |claims: Value| {
        let (name, payload) = tenant.ask("search_users", &claims);
        assert_eq!(name, "<pid>_search_users_result");
        let users = payload["users"].as_array().expect("a list").clone();
        users
            .iter()
            .map(|user| user["nickname"].as_str().expect("a name").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(users(json!({"search": "alice"})), ["alice"]);
    assert_eq!(users(json!({"search": "", "limit": 3})).len(), 3);
    assert!(users(json!({"search": ""})).len() > 8);
    assert!(users(json!({"search": "nobody at all"})).is_empty());
    // The tenant's star is a star, ours is a letter.
    assert!(users(json!({"search": "*"})).is_empty());
    assert_eq!(
        users(json!({"search": "\\61lice", "escaped": true})),
        ["alice"]
    );

    assert!(users(json!({"search": "alice)(objectClass=user", "escaped": true})).is_empty());

    let groups = |claims: Value| {
        let (name, payload) = tenant.ask("list_groups", &claims);
        assert_eq!(name, "<pid>_list_groups_result");
        payload["groups"].as_array().expect("a list").clone()
    };
    assert_eq!(groups(json!({"limit": 5})).len(), 5);
    let all = groups(json!({}));
    assert!(all.len() > 400, "{}", all.len());
    assert!(all.contains(&json!("Sales (EMEA)")));
}

#[test]
fn a_password_change_is_refused_for_its_reason() {
    let (lab, tenant) = (Lab::get(), Tenant::start());
    lab.add_user("tunnel-change", "");
    let change = |username: &str, password: &str| {
        let claims = json!({ "username": username, "password": password });
        let (name, payload) = tenant.ask("change_password", &claims);
        assert_eq!(name, "<pid>_change_password_result");
        payload
    };
    let mut off = Instance::builder().tunnel(&tenant).start();
    tenant.await_agents(1);
    let payload = change("tunnel-change", "N3w-Passw0rd!");
    assert_eq!(payload["err"]["inner"], "password changes are switched off");
    off.sigterm();
    off.wait_exit(Duration::from_secs(10));

    let mut without_rights = write_back(&tenant)
        .set("LDAP_BIND_USER", "svc-ldap@corp.example")
        .start();
    tenant.await_agents(1);
    let payload = change("tunnel-change", "N3w-Passw0rd!");
    assert_eq!(verdict(&payload), "InsufficientAccessRightsError");
    assert_eq!(
        payload["err"]["message"],
        "Service Account has Insufficient Access Rights"
    );
    without_rights.sigterm();
    without_rights.wait_exit(Duration::from_secs(10));

    let _instance = write_back(&tenant).start();
    tenant.await_agents(1);
    for weak in ["abc", "", "alllowercase"] {
        let payload = change("tunnel-change", weak);
        assert_eq!(verdict(&payload), "PasswordComplexityError", "{weak:?}");
        assert_eq!(
            payload["err"]["message"],
            "Password doesn’t meet minimum requirements"
        );
        assert_eq!(payload["profile"]["nickname"], "tunnel-change");
    }
    let payload = change("nobody", "N3w-Passw0rd!");
    assert_eq!(
        payload.to_string(),
        r#"{"err":{"message":"Wrong username","username":"nobody","name":"WrongUsername"},"profile":{"username":"nobody"}}"#
    );
    for odd in ["Pä\"ss 'w0rd' \\ <&> 漢字 🦊", " N3w-Passw0rd! "] {
        assert_eq!(verdict(&change("tunnel-change", odd)), "ok", "{odd}");
        assert_eq!(
            verdict(&login(&tenant, "tunnel-change", odd)),
            "ok",
            "{odd}"
        );
    }
    assert_eq!(
        verdict(&login(&tenant, "tunnel-change", &lab.password)),
        "WrongPassword",
        "the old one counts no longer"
    );
}

#[test]
fn a_password_change_ends_a_lockout_when_asked_to() {
    let (lab, tenant) = (Lab::get(), Tenant::start());
    lab.add_user("tunnel-unlock", "");
    let _instance = write_back(&tenant)
        .set("AUTO_UNLOCK_ON_PASSWORD_CHANGE", true)
        .start();
    tenant.await_agents(1);
    for _ in 0..10 {
        login(&tenant, "tunnel-unlock", "wrong");
    }
    assert_eq!(
        verdict(&login(&tenant, "tunnel-unlock", &lab.password)),
        "AccountLocked"
    );
    let claims = json!({ "username": "tunnel-unlock", "password": "N3w-Passw0rd!" });
    let (_, payload) = tenant.ask("change_password", &claims);
    assert_eq!(verdict(&payload), "ok", "{payload}");
    assert_eq!(
        verdict(&login(&tenant, "tunnel-unlock", "N3w-Passw0rd!")),
        "ok"
    );
}

#[test]
fn the_tenant_searches_users_over_http_with_its_token() {
    let tenant = Tenant::start();
    let instance = Instance::builder().tunnel(&tenant).start();
    let get = |query: &str, authorization: Option<String>| {
        let mut curl = instance.curl(&format!("/users?{query}"));
        if let Some(value) = authorization {
            curl = curl.header("Authorization", &value);
        }
        curl.run()
    };
    assert_eq!(get("criteria=alice", None).status, 403);
    assert_eq!(
        get("criteria=alice", Some("Bearer a.b.c".into())).status,
        401
    );
    let token = Tenant::token(&json!({}));
    let response = get("criteria=alice", Some(format!("Bearer {token}")));
    assert_eq!(response.status, 200, "{}", response.body);
    let users: Value = serde_json::from_str(&response.body).expect("JSON");
    assert_eq!(users[0]["nickname"], "alice");
    let two = get("limit=2", Some(format!("Bearer {token}")));
    let two: Value = serde_json::from_str(&two.body).expect("JSON");
    assert_eq!(two.as_array().map(Vec::len), Some(2));
}
