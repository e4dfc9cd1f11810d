//! The report: a row a scenario, for people who decide whether to trust this.

use std::{fmt, fmt::Write as _};

use super::{fleet::RATE, scenarios::Scenario, storm::Summary};
use crate::lab::project;

/// What a scenario showed.
pub struct Outcome {
    pub summary: Summary,
    /// Ends of an instance that nobody asked for.
    pub exits: usize,
}

/// What a scenario may cost.
#[derive(Debug, Clone, Copy)]
pub struct Allowed {
    pub failed: usize,
    pub exits: usize,
}

pub struct Row {
    name: &'static str,
    did: &'static str,
    why: &'static str,
    outcome: Outcome,
    pub missed: Vec<String>,
}

pub struct Report {
    rows: Vec<Row>,
}

impl Row {
    pub fn new(scenario: &Scenario, outcome: Outcome) -> Self {
        let Allowed { failed, exits } = scenario.allowed;
        let mut missed = Vec::new();
        let mut hold = |what: &str, found: usize, most: usize| {
            if found > most {
                missed.push(format!(
                    "{found} {what}, {most} are allowed: {:?}",
                    outcome.summary.failures
                ));
            }
        };
        hold("logins failed", outcome.summary.failed, failed);
        hold("exits", outcome.exits, exits);
        if outcome.summary.asked < 100 {
            missed.push(format!("{} logins are no load", outcome.summary.asked));
        }
        Self {
            name: scenario.name,
            did: scenario.did,
            why: scenario.why,
            outcome,
            missed,
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Outcome { summary, exits } = &self.outcome;
        write!(
            f,
            "{:<34} {:>5} asked {:>4} failed  gap {:>5.0} ms  median {:>5.1} ms  p99 {:>6.1} ms  {exits} exits  {:?} {:?}",
            self.name,
            summary.asked,
            summary.failed,
            summary.longest_gap_ms,
            summary.median_ms,
            summary.p99_ms,
            summary.instances.values().collect::<Vec<_>>(),
            summary.failures
        )
    }
}

impl Report {
    pub fn new() -> Self {
        Self { rows: Vec::new() }
    }

    pub fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// To the file that `AD_EDGE_REPORT` names, from the project's folder; only a whole and good run.
    pub fn write(&self, whole: bool) {
        let Some(path) = std::env::var_os("AD_EDGE_REPORT").filter(|_| whole) else {
            return;
        };
        std::fs::write(project().join(path), self.text()).expect("the report");
    }

    fn text(&self) -> String {
        let mut text = format!(
            "# What users notice when something fails\n\n\
             Made by `AD_EDGE_REPORT=deploy/ha-report.md tests/run.sh --test faults`; the scenarios \
             are `tests/faults/scenarios.rs`. Do not edit it by hand.\n\n\
             **The set-up.** Three instances (a debug build) behind HAProxy with \
             `haproxy/passthrough.cfg` as it is, round robin, no stickiness, a Samba domain \
             controller (two where the directory is what fails), a hub, all on one machine with two \
             CPUs. `DRAIN_SECONDS` is 3. A service manager starts an instance again when it ends, as \
             `deploy/systemd/ad-edge.service` does.\n\n\
             **The load.** `storm` makes {RATE} Kerberos logins a second (100 where it says \
             overload), each on a fresh TCP and TLS connection with a fresh token, without a second \
             try: a login counts as failed when its first attempt does not end in a whole token page. \
             A browser's user would press reload. Against your own fleet, with a ticket in the cache:\n\n\
             ```sh\n\
             cargo run --release --features storm --bin storm -- --url 'https://login.corp.example/wsfed' --rate 40 --seconds 60\n\
             ```\n\n\
             | what happens | logins asked | failed | allowed | longest time without a login | median | 99 % | exits |\n\
             | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
        );
        for row in &self.rows {
            let Outcome { summary, exits } = &row.outcome;
            let allowed = super::scenarios::ALL.iter().find(|s| s.name == row.name);
            let allowed = allowed.map_or(0, |scenario| scenario.allowed.failed);
            writeln!(
                text,
                "| {} | {} | {} | {allowed} | {:.0} ms | {:.0} ms | {:.0} ms | {exits} |",
                row.name,
                summary.asked,
                summary.failed,
                summary.longest_gap_ms,
                summary.median_ms,
                summary.p99_ms
            )
            .expect("a String takes all");
        }
        text.push_str(
            "\n\"Exits\" are ends of an instance that nobody asked the service manager for: a `kill` from outside, as in two scenarios, is one. \"Allowed\" is \
             what the test holds the scenario to.\n\n## What was done, and what to expect\n",
        );
        for row in &self.rows {
            write!(text, "\n### {}\n\n{} {}\n", row.name, row.did, row.why)
                .expect("a String takes all");
            let summary = &row.outcome.summary;
            if !summary.failures.is_empty() {
                text.push_str("\nThe failed ones:\n\n");
                for (why, count) in &summary.failures {
                    writeln!(text, "- {count} times: {why}").expect("a String takes all");
                }
            }
        }
        text
    }
}
