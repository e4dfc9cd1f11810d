//! What the page shows.

use std::time::Duration;

use askama::Template;

use super::chart::Chart;
use crate::http::page::PageContext;

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Good,
    Warn,
    Bad,
    /// Neither: something that is switched off, or a line of the log.
    Plain,
}

impl Mood {
    fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Plain => "plain",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Good => "Good",
            Self::Warn => "Check",
            Self::Bad => "Problem",
            Self::Plain => "Off",
        }
    }
}

/// One line of the status.
#[derive(Debug, Clone)]
pub struct Fact {
    pub mood: Mood,
    pub name: String,
    pub text: String,
}

/// Lines of the status that belong together.
#[derive(Debug, Clone)]
pub struct FactGroup {
    pub title: &'static str,
    pub facts: Vec<Fact>,
}

/// Logins of one method within the last hour.
#[derive(Debug, Clone)]
pub struct Hour {
    pub method: String,
    /// Good and refused ones in each of sixty minutes, the oldest first.
    pub minutes: Vec<(u64, u64)>,
}

/// A refused login in plain words.
#[derive(Debug, Clone)]
pub struct Failure {
    /// `13:33:50`, UTC.
    pub time: String,
    pub who: String,
    pub method: String,
    pub client: String,
    /// Cause and remedy.
    pub why: String,
}

/// A line of the log.
#[derive(Debug, Clone)]
pub struct LogLine {
    /// `2026-11-24 13:33:50`, UTC.
    pub time: String,
    pub mood: Mood,
    pub level: &'static str,
    pub message: String,
    pub fields: Vec<(&'static str, String)>,
}

/// How this instance is.
#[derive(Debug, Clone)]
pub struct Facts {
    pub instance: String,
    pub version: &'static str,
    pub server_url: String,
    pub up_for: Duration,
    /// `13:33:50`, UTC.
    pub now: String,
    /// Of the instance as a whole, with a sentence that says it.
    pub mood: Mood,
    pub state: &'static str,
    pub sentence: String,
    pub groups: Vec<FactGroup>,
    pub hours: Vec<Hour>,
    /// The last refused logins, the latest first.
    pub failures: Vec<Failure>,
}

/// A key that a form sets.
#[derive(Debug, Clone)]
pub struct Setting {
    pub key: &'static str,
    pub label: &'static str,
    pub hint: &'static str,
    pub value: String,
    /// The default, to be shown where nothing is set.
    pub usual: &'static str,
    /// It comes from the environment, which wins: it cannot be changed here.
    pub fixed: bool,
}

/// One check of a change.
#[derive(Debug, Clone)]
pub struct Check {
    pub name: &'static str,
    pub good: bool,
    pub text: String,
}

/// What became of a change.
#[derive(Debug, Clone)]
pub struct Changed {
    pub saved: bool,
    /// In a line; `Err` when it is not as it should be.
    pub told: Result<String, String>,
    pub checks: Vec<Check>,
}

/// What an import did, or would do.
#[derive(Debug, Clone)]
pub struct Imported {
    /// In a line; `Err` when it is not in use.
    pub told: Result<String, String>,
    pub report: String,
}

/// One finding of the doctor.
#[derive(Debug, Clone)]
pub struct Line {
    pub mood: Mood,
    pub area: String,
    pub text: String,
    /// A command that mends it, and words about that.
    pub fix: Option<String>,
    pub note: Option<String>,
}

/// A user whom a search found.
#[derive(Debug, Clone)]
pub struct Person {
    pub name: String,
    /// The login name, for a look at the user; may be empty.
    pub login: String,
    pub mail: String,
}

/// One user, as a login would see them.
#[derive(Debug, Clone)]
pub struct Looked {
    pub dn: String,
    /// Whether the account may sign in now.
    pub may: Mood,
    pub state: String,
    pub groups: Vec<String>,
    /// What applications get, JSON.
    pub profile: String,
}

/// What an answer adds to the page.
#[derive(Default)]
pub(super) struct Outcome {
    /// The section that is shown when the address names none.
    pub open: &'static str,
    pub told: Option<Result<String, String>>,
    /// Words that keep their line breaks, an import's report for instance.
    pub report: String,
    /// What was typed into a form that was not saved.
    pub typed: std::collections::HashMap<String, String>,
    pub mapper: Option<String>,
    pub tried: String,
    pub term: String,
    pub people: Option<Vec<Person>>,
    pub looked: Option<Looked>,
    pub checks: Vec<Check>,
    pub findings: Option<Vec<Line>>,
    pub level: String,
}

/// The one page, with the outcome of what was asked, if anything was.
#[derive(Template)]
#[template(config = "src/http/templates/askama.toml", path = "console.html")]
pub(super) struct ConsolePage<'a> {
    pub page: PageContext,
    pub csrf: &'a str,
    pub facts: &'a Facts,
    pub charts: &'a [Chart],
    pub directory: &'a [Setting],
    pub server: &'a [Setting],
    pub certificate: &'a [Fact],
    pub mapper: &'a str,
    pub log: &'a [LogLine],
    pub outcome: &'a Outcome,
}

impl ConsolePage<'_> {
    /// The findings in which the mood occurs.
    fn findings(&self, mood: Mood) -> usize {
        let findings = self.outcome.findings.iter().flatten();
        findings.filter(|line| line.mood == mood).count()
    }

    /// What a browser's tab says: a screen reader begins with it.
    fn title(&self) -> String {
        let told = match &self.outcome.told {
            Some(Ok(_)) => "Done: ",
            Some(Err(_)) => "Failed: ",
            None => "",
        };
        format!("{told}{} · ad-edge", self.facts.instance)
    }

    fn up_for(&self) -> String {
        span(self.facts.up_for)
    }
}

/// A length of time in words: `45 s`, `12 min`, `3 days`.
#[must_use]
pub fn span(length: Duration) -> String {
    match length.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds @ 7200..172_800 => format!("{} hours", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}
