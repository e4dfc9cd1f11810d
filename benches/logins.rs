//! What a credential login over the tunnel costs: CPU time of the instance's process for each
//! `authenticate_user`, 32 at once, against the lab's Samba over LDAPS. Run by `benches/run.sh`.

#[path = "../tests/lab/mod.rs"]
mod lab;

use std::time::Duration;

use serde_json::{Value, json};

use crate::lab::{Lab, instance::Instance, process::cpu_time, stand_in::Tenant};

/// What the AD/LDAP Connector spends on one, measured on the same kind of lab.
const CONNECTOR: Duration = Duration::from_micros(4500);
const AT_ONCE: usize = 32;
const LOGINS: u32 = 1000;
const ROUNDS: usize = 3;
const USERS: usize = 50;

fn main() {
    let lab = Lab::get();
    let claims: Vec<Value> = (0..USERS)
        .map(|n| {
            let name = format!("bench-{n}");
            lab.add_user(&name, "");
            json!({ "username": name, "password": lab.password })
        })
        .collect();
    let tenant = Tenant::start();
    let instance = Instance::builder().tunnel(&tenant).start();
    tenant.await_agents(1);
    // Connections, caches and the allocator settle.
    logins(&tenant, &claims, 200);

    println!("authenticate_user, {AT_ONCE} at once, {USERS} users, LDAPS to Samba");
    println!(
        "round  logins  failed    seconds  logins/s  CPU us/login  logins/CPU s  connector/ours"
    );
    for round in 1..=ROUNDS {
        let before = cpu_time(instance.process.pid());
        let (failed, seconds) = logins(&tenant, &claims, LOGINS);
        let used = cpu_time(instance.process.pid()).saturating_sub(before);
        let each = used / LOGINS;
        println!(
            "{round:<5}  {LOGINS:<6}  {failed:<6}  {seconds:>9.2}  {:>8.0}  {:>12}  {:>12.0}  {:>14.1}",
            f64::from(LOGINS) / seconds,
            each.as_micros(),
            1.0 / each.as_secs_f64(),
            CONNECTOR.as_secs_f64() / each.as_secs_f64()
        );
        assert_eq!(failed, 0, "a cost is that of logins that worked");
    }
}

/// How many of `count` logins failed, and the seconds that all took.
fn logins(tenant: &Tenant, claims: &[Value], count: u32) -> (usize, f64) {
    let count = count as usize;
    let burst = tenant.burst("authenticate_user", claims, count, AT_ONCE);
    let answers = burst["answers"].as_array().expect("a list");
    assert_eq!(answers.len(), count);
    let failed = answers
        .iter()
        .filter(|answer| answer["payload"].get("err").is_some() || answer.get("failed").is_some());
    (failed.count(), burst["seconds"].as_f64().expect("a number"))
}
