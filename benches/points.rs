//! What `fleet-model` is checked against: one instance that has a processor to itself, Kerberos logins from the other
//! one at several rates. Run by `benches/run.sh`; fails when the model is more than a fifth away.

#[path = "../tests/lab/mod.rs"]
mod lab;

#[path = "bare/spent.rs"]
mod spent;

use std::{
    fmt::Write as _,
    io,
    process::{Command, ExitCode},
};

use serde_json::Value;

use crate::{
    lab::{Ccache, Lab, instance::Instance, run_with_input},
    spent::Spent,
};

/// In a second; the figures that the model is fed with are those of the first, where nobody waits, and the CPU time
/// of the middle one.
const RATES: [u32; 5] = [20, 100, 200, 300, 400];
const SECONDS: u32 = 20;
const USERS: usize = 50;

struct Point {
    rate: u32,
    /// Milliseconds.
    median: f64,
    /// CPU time of a login, in microseconds.
    cpu: f64,
    /// What its lookup took, in microseconds.
    lookup: f64,
}

fn main() -> io::Result<ExitCode> {
    let lab = Lab::get();
    let tickets: Vec<_> = (0..USERS)
        .map(|number| {
            let name = format!("points-{number}");
            lab.add_user(&name, "");
            lab.kinit(&name)
        })
        .collect();
    let instance = Instance::builder().under(&["taskset", "-c", "0"]).start();
    load(&instance, &tickets, 100, 1000);
    let points = RATES.map(|rate| point(&instance, &tickets, rate));
    let mut text = String::new();
    for point in &points {
        let busy = f64::from(point.rate) * point.cpu / 1e6;
        writeln!(text, "{} {:.2} {busy:.3}", point.rate, point.median).expect("a String takes all");
    }
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("points");
    std::fs::write(&file, text)?;
    let (first, middle) = (&points[0], &points[RATES.len() / 2]);
    // The first login of a user is the warm one's twin here: its groups are remembered.
    let elsewhere = first.median - (first.cpu + first.lookup) / 1e3;
    let mut model = Command::new(env!("CARGO_BIN_EXE_fleet-model"));
    model
        .args(["--cpus", "1", "--controllers", "1", "--lookups", "1"])
        .args(["--cpu", &format!("{:.0}", middle.cpu)])
        .args(["--lookup", &format!("{:.0}", first.lookup)])
        .args(["--elsewhere", &format!("{elsewhere:.3}")])
        .arg("--check")
        .arg(&file);
    println!("{model:?}");
    Ok(if model.status()?.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn point(instance: &Instance, tickets: &[Ccache], rate: u32) -> Point {
    let stage = |what: &str| {
        let name = format!("ad_edge_login_stage_seconds_{what}{{stage=\"directory\"}}");
        instance.metric(&name).expect("a sample")
    };
    let taken = || (stage("sum"), stage("count"));
    let (before, spent) = (taken(), Spent::of(instance.process.pid()));
    let count = rate * SECONDS;
    let summary = load(instance, tickets, rate, count);
    let each = Spent::of(instance.process.pid()).since(spent).each(count);
    let after = taken();
    Point {
        rate,
        median: summary["good_median_ms"].as_f64().expect("a number"),
        cpu: each.cpu.as_secs_f64() * 1e6,
        lookup: (after.0 - before.0) / (after.1 - before.1) * 1e6,
    }
}

/// Its summary; all must be good.
fn load(instance: &Instance, tickets: &[Ccache], rate: u32, count: u32) -> Value {
    let mut storm = Command::new("taskset");
    storm
        .args(["-c", "1", env!("CARGO_BIN_EXE_storm"), "--json", "--quiet"])
        .env("KRB5_CONFIG", Lab::get().krb5_conf())
        .args(["--url", "https://login.corp.example/wsfed"])
        .args([
            "--connect",
            &format!("{}:{}", instance.address, instance.port),
        ])
        .arg("--ca")
        .arg(Lab::get().ca())
        .args(["--seconds", "3600", "--rate", &rate.to_string()])
        .args(["--count", &count.to_string()]);
    for ticket in tickets {
        storm.arg("--ccache").arg(ticket.path());
    }
    let summary: Value = serde_json::from_str(&run_with_input(&mut storm, "")).expect("JSON");
    assert_eq!(summary["failed"], 0, "{summary}");
    summary
}
