//! What users notice of each fault: three instances behind the shipped balancer, Kerberos logins at a
//! steady rate (`benches/storm/`), and something that happens in the middle. Each scenario is held to
//! what it may cost, and all of them make the report `deploy/ha-report.md`:
//!
//! ```text
//! AD_EDGE_REPORT=deploy/ha-report.md tests/run.sh --test faults
//! ```
//!
//! To nextest each scenario is a test (this answers as libtest does): it runs in a process of its own and
//! keeps its row of the report in the lab. `tests/run.sh` calls `--finish SECONDS` at the end, which writes
//! the report. Run by hand, arguments choose scenarios by a part of their names.

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
mod turn;
mod upstream;
mod users;

use std::{process::ExitCode, time::Duration};

use self::{
    document::Document,
    report::{Row, Scenario},
};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |wanted: &str| arguments.iter().any(|argument| argument == wanted);
    // Nextest's own questions: https://nexte.st/docs/design/custom-test-harnesses/
    if has("--ignored") {
        return ExitCode::SUCCESS;
    }
    if has("--list") {
        for scenario in scenarios::all() {
            println!("{}: test", scenario.name);
        }
        return ExitCode::SUCCESS;
    }
    let mut plain = arguments.iter().filter(|text| !text.starts_with('-'));
    if has("--finish") {
        let seconds = plain.next().and_then(|text| text.parse().ok());
        return finish(Duration::from_secs(seconds.unwrap_or(0)));
    }
    let wanted: Vec<&String> = plain.collect();
    let is_wanted = |name: &str| {
        if has("--exact") {
            wanted.iter().any(|whole| *whole == name)
        } else {
            wanted.is_empty() || wanted.iter().any(|part| name.contains(part.as_str()))
        }
    };
    // The slow clients are this process's own connections.
    rlimit::increase_nofile_limit(8192).expect("open files");
    let chosen: Vec<_> = scenarios::all()
        .filter(|scenario| is_wanted(scenario.name))
        .collect();
    let missed: Vec<_> = chosen.iter().flat_map(|scenario| run(scenario)).collect();
    for what in &missed {
        eprintln!("MISSED  {what}");
    }
    if chosen.is_empty() {
        eprintln!("no scenario has {wanted:?} in its name");
    }
    exit_code(missed.is_empty() && !chosen.is_empty())
}

/// Runs one, and says what it missed.
fn run(scenario: &'static Scenario) -> Vec<String> {
    let row = Row::new(scenario, (scenario.run)());
    println!("{row}");
    let missed = row.missed.clone();
    row.keep();
    missed
}

/// After the last scenario: the report, where one is wanted, to the file that `AD_EDGE_REPORT` names, from
/// the project's folder. The stage took so long.
fn finish(took: Duration) -> ExitCode {
    users::remove();
    let Some(path) = std::env::var_os("AD_EDGE_REPORT") else {
        return ExitCode::SUCCESS;
    };
    let kept: Vec<_> = scenarios::all().map(Row::kept).collect();
    let rows: Vec<_> = kept.into_iter().flatten().collect();
    let all = scenarios::all().count();
    if rows.len() < all || rows.iter().any(|row| !row.missed.is_empty()) {
        eprintln!(
            "the report is not written: it is made of all {all} scenarios, each held, in one run"
        );
        return ExitCode::FAILURE;
    }
    let document = Document { rows: &rows, took };
    std::fs::write(lab::project().join(path), document.to_string()).expect("the report");
    ExitCode::SUCCESS
}

fn exit_code(good: bool) -> ExitCode {
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
