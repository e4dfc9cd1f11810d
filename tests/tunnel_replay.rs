//! What whoever sits at the hub can do with requests that the tenant signed: send one again, or as another one.

use std::time::Duration;

use serde_json::{Value, json};

use crate::lab::{
    Lab,
    instance::{Builder, Instance},
    stand_in::Tenant,
    wait_until,
};

const SOON: Duration = Duration::from_secs(10);

fn start(tenant: &Tenant, change: impl Fn(Builder) -> Builder) -> Instance {
    let instance = change(Instance::builder().tunnel(tenant)).start();
    tenant.await_agents(1);
    instance
}

fn login(pid: &str, user: &str, password: &str) -> Value {
    json!({ "pid": pid, "username": user, "password": password })
}

fn await_count(instance: &Instance, event: &str, outcome: &str, count: f64) {
    let name = format!(r#"ad_edge_tunnel_requests_total{{event="{event}",outcome="{outcome}"}}"#);
    wait_until(SOON, &name, || instance.metric(&name) == Some(count));
}

#[test]
fn a_request_is_carried_out_once_also_after_a_reload() {
    let tenant = Tenant::start();
    let instance = start(&tenant, |builder| builder);
    let token = Tenant::token(&login("once", "bob", &Lab::get().password));
    for _ in 0..3 {
        tenant.send("authenticate_user", &token);
    }
    await_count(&instance, "authenticate_user", "ok", 1.0);
    await_count(&instance, "authenticate_user", "replay", 2.0);
    assert_eq!(tenant.strays(), ["once_result"], "one answer");
    instance.await_event("tunnel.request_replayed", &["authenticate_user"]);

    let file = instance.home().join("config.json");
    let text = std::fs::read_to_string(&file).expect("read");
    let mut config: Value = serde_json::from_str(&text).expect("JSON");
    config["SITE_NAME"] = json!("Kestrel Works");
    std::fs::write(&file, config.to_string()).expect("written");
    instance.process.signal("HUP");
    instance.await_event("reload.done", &[]);
    tenant.await_agents(1);
    tenant.send("authenticate_user", &token);
    await_count(&instance, "authenticate_user", "replay", 3.0);
    assert_eq!(tenant.strays(), ["once_result"]);
    // Another one of the same user is another one.
    let other = Tenant::token(&login("other", "bob", &Lab::get().password));
    tenant.send("authenticate_user", &other);
    await_count(&instance, "authenticate_user", "ok", 2.0);
}

#[test]
fn a_request_does_what_it_was_signed_for() {
    let (lab, tenant) = (Lab::get(), Tenant::start());
    lab.add_user("replayed", "");
    let instance = start(&tenant, |builder| {
        builder
            .set("LDAP_BIND_USER", "svc-writeback@corp.example")
            .set("ENABLE_WRITE_BACK", true)
            .set("ENABLE_ACTIVE_DIRECTORY_UNICODE_PASSWORD", true)
    });
    // Seen as a login, it is no password change any more.
    let token = Tenant::token(&login("l1", "replayed", "N3w-Passw0rd!"));
    tenant.send("authenticate_user", &token);
    await_count(&instance, "authenticate_user", "refused", 1.0);
    tenant.send("change_password", &token);
    await_count(&instance, "change_password", "replay", 1.0);
    let right = Tenant::token(&login("l2", "replayed", &lab.password));
    tenant.send("authenticate_user", &right);
    await_count(&instance, "authenticate_user", "ok", 1.0);

    // A login that was never seen shows nobody else, over the tunnel or beside it.
    let fresh = |pid: &str| Tenant::token(&login(pid, "replayed", "x"));
    tenant.send("search_users", &fresh("s1"));
    await_count(&instance, "search_users", "claim", 1.0);
    tenant.send("list_groups", &fresh("g1"));
    await_count(&instance, "list_groups", "claim", 1.0);
    let search = Tenant::token(&json!({ "pid": "s2", "search": "alice" }));
    tenant.send("list_groups", &search);
    await_count(&instance, "list_groups", "claim", 2.0);
    let found = instance
        .curl("/users?criteria=alice")
        .header("Authorization", &format!("Bearer {}", fresh("h1")))
        .run();
    assert_eq!(found.status, 401, "{}", found.body);
}

#[test]
fn a_request_that_would_count_for_long_is_refused() {
    let tenant = Tenant::start();
    let instance = start(&tenant, |builder| builder);
    let claims = login("long", "bob", &Lab::get().password);
    for seconds in [2 * 3600, 365 * 86_400] {
        tenant.send("authenticate_user", &Tenant::token_for(&claims, seconds));
    }
    await_count(&instance, "authenticate_user", "lifetime", 2.0);
    tenant.send("authenticate_user", &Tenant::token_for(&claims, 1800));
    await_count(&instance, "authenticate_user", "ok", 1.0);
    assert_eq!(tenant.strays(), ["long_result"]);
}
