//! What a scenario is, what it may cost, and what it showed.

use std::{fmt, fs, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::storm::Summary;
use crate::lab::Lab;

pub struct Scenario {
    pub name: &'static str,
    /// What was done, with the commands.
    pub did: &'static str,
    /// What users notice, and why.
    pub expect: &'static str,
    /// Why so many may fail as may.
    pub allowed_because: &'static str,
    /// What an administrator can set to change it.
    pub change: &'static str,
    pub allowed: Allowed,
    pub run: fn() -> Outcome,
}

/// What a scenario may cost. The times are there to catch a stall, not to measure speed: the machine
/// may be a slow one that has other work too.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Allowed {
    pub failed: usize,
    /// Seconds in which nobody at all is signed in.
    pub gap: u64,
    /// Seconds until a login fails.
    pub failed_wait: u64,
}

impl Allowed {
    /// Seconds, where a scenario says nothing else.
    pub const GAP: u64 = 6;
    pub const WAIT: u64 = 10;

    pub const fn failed(failed: usize) -> Self {
        Self {
            failed,
            gap: Self::GAP,
            failed_wait: Self::WAIT,
        }
    }

    pub const fn gap(mut self, seconds: u64) -> Self {
        self.gap = seconds;
        self
    }

    pub const fn failed_wait(mut self, seconds: u64) -> Self {
        self.failed_wait = seconds;
        self
    }
}

/// What a scenario showed.
#[derive(Debug, Serialize, Deserialize)]
pub struct Outcome {
    pub summary: Summary,
    /// Ends of an instance that neither its service manager nor the scenario asked for.
    pub unexpected_ends: usize,
    /// In place of the scenario's, where that depends on what was measured.
    allowed: Option<Allowed>,
    /// What else was measured: a sentence each.
    pub notes: Vec<String>,
}

impl Outcome {
    pub fn new(summary: Summary, unexpected_ends: usize) -> Self {
        Self {
            summary,
            unexpected_ends,
            allowed: None,
            notes: Vec::new(),
        }
    }

    pub fn allowed(mut self, allowed: Allowed) -> Self {
        self.allowed = Some(allowed);
        self
    }

    pub fn note(mut self, sentence: String) -> Self {
        self.notes.push(sentence);
        self
    }
}

pub struct Row {
    pub scenario: &'static Scenario,
    pub outcome: Outcome,
    pub allowed: Allowed,
    pub missed: Vec<String>,
}

impl Row {
    pub fn new(scenario: &'static Scenario, outcome: Outcome) -> Self {
        let allowed = outcome.allowed.unwrap_or(scenario.allowed);
        let summary = &outcome.summary;
        let mut missed = Vec::new();
        for (what, found, most) in [
            ("logins failed", summary.failed, allowed.failed),
            ("unexpected ends", outcome.unexpected_ends, 0),
        ] {
            if found > most {
                let failures = &summary.failures;
                missed.push(format!("{found} {what}, {most} are allowed: {failures:?}"));
            }
        }
        for (what, found, most) in [
            ("nobody was signed in", summary.longest_gap_ms, allowed.gap),
            ("a good login took", summary.good_longest_ms, Allowed::WAIT),
            (
                "a login failed only",
                summary.failed_longest_ms,
                allowed.failed_wait,
            ),
        ] {
            #[expect(clippy::cast_precision_loss, reason = "a few seconds")]
            if found > most as f64 * 1000.0 {
                missed.push(format!("{what} after {found:.0} ms, {most} s are allowed"));
            }
        }
        Self {
            scenario,
            outcome,
            allowed,
            missed,
        }
    }
}

/// A row on its way from the process of its scenario to the one that writes the report.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    scenario: String,
    outcome: Outcome,
}

impl Row {
    /// Keeps what a scenario showed for the report.
    pub fn keep(self) {
        let file = file(self.scenario);
        fs::create_dir_all(file.parent().expect("a folder")).expect("the folder of rows");
        let kept = Kept {
            scenario: self.scenario.name.to_owned(),
            outcome: self.outcome,
        };
        fs::write(file, serde_json::to_vec(&kept).expect("JSON")).expect("the row");
    }

    /// What the scenario showed in this run; nothing when it did not come to its end.
    pub fn kept(scenario: &'static Scenario) -> Option<Self> {
        let bytes = fs::read(file(scenario)).ok()?;
        let kept: Kept = serde_json::from_slice(&bytes).expect("a row");
        (kept.scenario == scenario.name).then(|| Self::new(scenario, kept.outcome))
    }
}

fn file(scenario: &Scenario) -> PathBuf {
    let name: String = scenario
        .name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    Lab::get().state.join("rows").join(name)
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let summary = &self.outcome.summary;
        write!(
            f,
            "{:<48} {:>5} asked {:>4} failed ({} allowed)  gap {:>5.0} ms  good: median {:>4.0}, 99 % {:>5.0}, \
             longest {:>5.0} ms  failed: longest {:>5.0} ms  {} unexpected ends  {:?} {:?} {:?}",
            self.scenario.name,
            summary.asked,
            summary.failed,
            self.allowed.failed,
            summary.longest_gap_ms,
            summary.good_median_ms,
            summary.good_p99_ms,
            summary.good_longest_ms,
            summary.failed_longest_ms,
            self.outcome.unexpected_ends,
            summary.instances.values().collect::<Vec<_>>(),
            summary.failures,
            self.outcome.notes,
        )
    }
}
