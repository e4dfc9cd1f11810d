//! What users notice of each fault: three instances behind the shipped balancer, Kerberos logins at a
//! steady rate (`benches/storm/`), and something that happens in the middle. Each scenario is held to
//! what it may cost, and all of them make the report that stands in `deploy/ha-report.md`:
//!
//! ```text
//! AD_EDGE_REPORT=deploy/ha-report.md tests/run.sh --test faults
//! ```
//!
//! Arguments choose scenarios by a part of their names.

#[path = "../lab/mod.rs"]
mod lab;

mod balancers;
mod directory;
mod document;
mod fleet;
mod instances;
mod namespace;
mod report;
mod resources;
mod scenarios;
mod slow;
mod storm;
mod tls;
mod upstream;
mod users;

use std::{panic, process::ExitCode, time::Instant};

use self::{document::Document, report::Row};

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    // The slow clients are this process's own connections.
    rlimit::increase_nofile_limit(8192).expect("open files");
    let start = Instant::now();
    let (mut rows, mut missed) = (Vec::new(), Vec::new());
    for scenario in scenarios::all() {
        let name = scenario.name;
        if !wanted.is_empty() && !wanted.iter().any(|part| name.contains(part)) {
            continue;
        }
        let Ok(outcome) = panic::catch_unwind(scenario.run) else {
            missed.push(format!("{name}: it did not come to its end"));
            continue;
        };
        let row = Row::new(scenario, outcome);
        println!("{row}");
        missed.extend(row.missed.iter().map(|what| format!("{name}: {what}")));
        rows.push(row);
    }
    users::remove();
    let took = start.elapsed();
    println!("{} scenarios in {} s", rows.len(), took.as_secs());
    // A filter that is meant for another test binary matches nothing here: `tests/run.sh` tells when it
    // was meant for this one.
    if rows.is_empty() && missed.is_empty() && std::env::var_os("AD_EDGE_ONLY_FAULTS").is_some() {
        missed.push(format!("no scenario has {wanted:?} in its name"));
    }
    if wanted.is_empty() && missed.is_empty() {
        write(&Document { rows: &rows, took });
    }
    for what in &missed {
        eprintln!("MISSED  {what}");
    }
    if missed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// To the file that `AD_EDGE_REPORT` names, from the project's folder.
fn write(document: &Document<'_>) {
    if let Some(path) = std::env::var_os("AD_EDGE_REPORT") {
        std::fs::write(lab::project().join(path), document.to_string()).expect("the report");
    }
}
