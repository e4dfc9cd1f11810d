//! Two domain controllers: one is killed, or hangs, under load; both go away together with the tenant.

use std::{thread, time::Duration};

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::lab::{
    Lab,
    controllers::{Controller, Pair},
    instance::Instance,
    stand_in::Tenant,
    wait_until,
};

const AT_ONCE: usize = 32;
const LOGINS: usize = 800;

/// Requests, each with the only right answer.
fn requests() -> Vec<Value> {
    let login = |user: &str, password: &str| json!({ "username": user, "password": password });
    let password = Lab::get().password.as_str();
    vec![
        login("alice", password),
        login("bob", password),
        login("zoe", password),
        login("erin", "wrong"),
        login("frank", password),
        login("carol", password),
        login("nobody", password),
        login("svc-ldap", password),
    ]
}

/// How many answers were errors of ours.
///
/// # Panics
/// When an answer is wrong.
fn errors(burst: &Value) -> usize {
    let answers = burst["answers"].as_array().expect("a list");
    assert_eq!(answers.len(), LOGINS);
    let mut errors = 0;
    for answer in answers {
        let payload = &answer["payload"];
        let user = payload["profile"]["nickname"]
            .as_str()
            .or(payload["profile"]["username"].as_str());
        let right = match payload["err"]["name"].as_str() {
            Some("WrongPassword") => user == Some("erin"),
            Some("AccountDisabled") => user == Some("carol"),
            Some("WrongUsername") => user == Some("nobody"),
            Some(_) => false,
            None if payload.get("err").is_some() => {
                errors += 1;
                payload["err"]["inner"] == "the directory does not answer"
            }
            None => user.is_some_and(|user| !["erin", "carol", "nobody"].contains(&user)),
        };
        assert!(right, "a wrong answer: {answer}");
    }
    errors
}

/// Logins all the time, while something is done to a controller.
fn under_load(tenant: &Tenant, instance: &Instance, what: impl FnOnce()) -> usize {
    let done = r#"ad_edge_tunnel_requests_total{event="authenticate_user",outcome="ok"}"#;
    let before = instance.metric(done).unwrap_or_default();
    let burst = thread::scope(|scope| {
        let load = scope.spawn(|| tenant.burst("authenticate_user", &requests(), LOGINS, AT_ONCE));
        wait_until(Duration::from_secs(20), "no load", || {
            instance
                .metric(done)
                .is_some_and(|now| now > before + 200.0)
        });
        what();
        load.join().expect("the load")
    });
    errors(&burst)
}

fn is_up(instance: &Instance, controller: &Controller) -> bool {
    let up = format!("ad_edge_directory_up{{server=\"{}\"}}", controller.url());
    instance.metric(&up) == Some(1.0)
}

fn next_ones_are_fast(tenant: &Tenant) {
    let start = Instant::now();
    let burst = tenant.burst("authenticate_user", &requests()[..1], AT_ONCE, AT_ONCE);
    let answers = burst["answers"].as_array().expect("a list");
    let good = |answer: &&Value| answer["payload"]["profile"]["nickname"] == "alice";
    assert_eq!(answers.iter().filter(good).count(), AT_ONCE, "{answers:?}");
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
}

/// An instance that asks both, and finds both there.
fn on_both(tenant: &Tenant, pair: &Pair) -> Instance {
    let instance = Instance::builder()
        .tunnel(tenant)
        .set("LDAP_URL", json!([pair.first.url(), pair.second.url()]))
        .set("SSL_CA_FILE", json!([Lab::get().ca(), pair.ca()]))
        .start();
    tenant.await_agents(1);
    wait_until(Duration::from_secs(10), "not both are up", || {
        is_up(&instance, &pair.first) && is_up(&instance, &pair.second)
    });
    instance
}

#[test]
fn no_login_is_wrong_whatever_a_controller_does() {
    let (tenant, mut pair) = (Tenant::start(), Pair::start());
    let instance = on_both(&tenant, &pair);

    // Killed: whatever was on its connections is asked of the other one.
    let lost = under_load(&tenant, &instance, || pair.first.signal("KILL"));
    assert!(lost <= AT_ONCE, "{lost} errors after a kill");
    next_ones_are_fast(&tenant);
    pair.first.restart();
    wait_until(Duration::from_secs(10), "not seen again", || {
        is_up(&instance, &pair.first)
    });

    // The first serves again: the second is not needed.
    pair.second.signal("STOP");
    next_ones_are_fast(&tenant);
    pair.second.signal("CONT");

    // Hangs: accepts and never answers.
    let lost = under_load(&tenant, &instance, || pair.first.signal("STOP"));
    assert!(lost <= AT_ONCE, "{lost} errors after a hang");
    next_ones_are_fast(&tenant);
    pair.first.signal("CONT");
    wait_until(Duration::from_secs(15), "not seen again", || {
        is_up(&instance, &pair.first)
    });
}

#[test]
fn a_minute_without_anybody_is_answered_honestly_and_ends_by_itself() {
    let (tenant, mut pair) = (Tenant::start(), Pair::start());
    let mut instance = on_both(&tenant, &pair);
    // Honest answers, quickly, and no exit.
    tenant.set_mode(&json!({ "down": true }));
    pair.first.down();
    pair.second.down();
    let alice = Lab::get().kinit("alice");
    let away = Instant::now();
    while away.elapsed() < Duration::from_secs(60) {
        let start = Instant::now();
        let response = instance.curl("/wsfed").negotiate(&alice).run();
        assert_eq!(response.status, 503, "{}", response.body);
        assert!(
            start.elapsed() < Duration::from_secs(11),
            "{:?}",
            start.elapsed()
        );
        assert!(instance.process.exited().is_none());
    }
    pair.first.restart();
    pair.second.restart();
    tenant.set_mode(&json!({}));
    let back = Instant::now();
    tenant.await_agents_within(Duration::from_secs(5), 1);
    wait_until(Duration::from_secs(5), "no login after the outage", || {
        let answer = tenant.ask("authenticate_user", &requests()[0]).1;
        answer["profile"]["nickname"] == "alice"
    });
    assert!(
        back.elapsed() < Duration::from_secs(5),
        "{:?}",
        back.elapsed()
    );
    wait_until(Duration::from_secs(5), "not ready after the outage", || {
        instance
            .ops("/readyz")
            .is_some_and(|(status, _)| status == 200)
    });
}
