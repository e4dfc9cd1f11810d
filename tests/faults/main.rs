//! What users notice of each fault: three instances behind the shipped balancer, Kerberos logins at a
//! steady rate (`benches/storm.rs`), and something that happens in the middle. Each scenario is held to
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
mod fleet;
mod namespace;
mod report;
mod scenarios;
mod slow;
mod storm;

use std::{panic, process::ExitCode};

use self::report::{Report, Row};

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    // The slow clients are this process's own connections.
    rlimit::increase_nofile_limit(8192).expect("open files");
    let mut report = Report::new();
    let mut missed = Vec::new();
    for scenario in scenarios::ALL {
        let chosen = wanted.is_empty() || wanted.iter().any(|part| scenario.name.contains(part));
        if !chosen {
            continue;
        }
        let row = match panic::catch_unwind(scenario.run) {
            Ok(outcome) => Row::new(scenario, outcome),
            Err(_) => {
                missed.push(format!("{}: it did not come to its end", scenario.name));
                continue;
            }
        };
        println!("{row}");
        missed.extend(
            row.missed
                .iter()
                .map(|what| format!("{}: {what}", scenario.name)),
        );
        report.add(row);
    }
    report.write(wanted.is_empty() && missed.is_empty());
    for what in &missed {
        eprintln!("MISSED  {what}");
    }
    if missed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
