//! A token says in which groups a user is, or there is none: a login whose groups cannot be had is refused.

use serde_json::{Value, json};

use crate::lab::{
    Lab,
    client_ca::ClientCa,
    curl::Response,
    instance::{Builder, Instance},
    page::Form,
    stand_in::Tenant,
};

const SIGN_IN: &str = "/wsfed?wtrealm=urn:auth0:corp&wctx=c";
const GROUPS: &str = "http://schemas.passportjs.com/groups";

/// All ways in, and groups that cannot be had: the directory refuses to search there.
fn without_groups(tenant: &Tenant, ca: &ClientCa) -> Builder {
    Instance::builder()
        .tunnel(tenant)
        .set("LDAP_BASE_GROUPS", "CN=nothing,DC=corp,DC=example")
        .set("WITH_KERBEROS_PROXY_FRONTEND", true)
        .set("CLIENT_CERT_AUTH", true)
        .set("CLIENT_CERT_MAP", json!(["cn"]))
        .set("ENABLE_WRITE_BACK", true)
        .set("ENABLE_ACTIVE_DIRECTORY_UNICODE_PASSWORD", true)
        .set("LDAP_BIND_USER", "svc-writeback@corp.example")
        .file("certs/client-ca.pem", &ca.pem)
}

fn by_each_way(instance: &Instance, ca: &ClientCa, user: &str) -> [(&'static str, Response); 4] {
    let lab = Lab::get();
    let fields = [("username", user), ("password", &lab.password)];
    let proxy = instance.curl(SIGN_IN).header("X-Forwarded-User", user);
    let certificate = ca.issue(user, |_| {});
    [
        ("password", instance.curl(SIGN_IN).form(fields).run()),
        (
            "kerberos",
            instance.curl(SIGN_IN).negotiate(&lab.kinit(user)).run(),
        ),
        (
            "certificate",
            instance.curl(SIGN_IN).certificate(&certificate).run(),
        ),
        ("frontend", proxy.run()),
    ]
}

fn by_tunnel(tenant: &Tenant, event: &str, user: &str, password: &str) -> Value {
    let claims = json!({ "username": user, "password": password });
    tenant.ask(event, &claims).1
}

#[test]
fn nobody_signs_in_without_their_groups_by_any_way() {
    let (lab, tenant, ca) = (Lab::get(), Tenant::start(), ClientCa::new("Groups lost"));
    lab.add_user("groups-lost", "");
    let instance = without_groups(&tenant, &ca).start();
    tenant.await_agents(1);
    for (way, response) in by_each_way(&instance, &ca, "groups-lost") {
        assert_eq!(response.status, 503, "{way}: {}", response.body);
        assert!(response.header("retry-after").is_some(), "{way}");
        assert!(!response.body.contains("wresult"), "{way}");
        let told = response.body.contains("not possible for a moment");
        assert!(told, "{way}: {}", response.body);
        let line = instance.await_event("login.refused", &[&format!(r#""method":"{way}""#)]);
        assert!(line.contains(r#""reason":"groups""#), "{line}");
        assert!(line.contains("correct LDAP_BASE"), "{line}");
    }
    let answer = by_tunnel(&tenant, "authenticate_user", "groups-lost", &lab.password);
    assert_eq!(answer["err"]["message"], "Unexpected Error", "{answer}");
    assert!(answer.get("profile").is_none(), "{answer}");
    instance.await_event("login.refused", &["\"tunnel\"", r#""reason":"groups""#]);

    // Nothing is changed where the answer would be one without groups.
    let answer = by_tunnel(&tenant, "change_password", "groups-lost", "An0ther-One!");
    assert_eq!(answer["err"]["message"], "Unexpected Error", "{answer}");
    lab.kinit("groups-lost");
}

#[test]
fn where_a_key_says_so_they_do_and_log_and_metrics_tell() {
    let (lab, tenant, ca) = (Lab::get(), Tenant::start(), ClientCa::new("Groups left"));
    let instance = without_groups(&tenant, &ca)
        .set("GROUPS_REQUIRED", false)
        .start();
    tenant.await_agents(1);
    let counted = |method: &str| {
        let name = format!("ad_edge_logins_without_groups_total{{method=\"{method}\"}}");
        instance.metric(&name)
    };
    assert_eq!(counted("kerberos"), Some(0.0));
    for (way, response) in by_each_way(&instance, &ca, "alice") {
        assert_eq!(response.status, 200, "{way}: {}", response.body);
        let verified = tenant.verified(&Form::read(&response.body));
        assert_eq!(verified["claims"].get(GROUPS), None, "{way}");
        let line = instance.await_event("login.accepted", &[&format!(r#""method":"{way}""#)]);
        assert!(line.contains(r#""groups":"missing""#), "{line}");
        assert_eq!(counted(way), Some(1.0), "{way}");
    }
    let answer = by_tunnel(&tenant, "authenticate_user", "alice", &lab.password);
    assert_eq!(answer["profile"]["groups"], json!([]), "{answer}");
    instance.await_event("login.accepted", &["\"tunnel\"", "missing"]);
    assert_eq!(counted("tunnel"), Some(1.0));
    instance.await_event("directory.groups_failed", &["LDAP_BASE"]);
}
