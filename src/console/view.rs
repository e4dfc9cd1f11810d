//! What the console shows.

use std::{collections::HashMap, time::Duration};

use super::{error::ChangeError, moment::Moment};
use crate::{fleet::Row, setup::SetupCheck};

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
    pub fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Plain => "plain",
        }
    }

    /// Problems come before what is good.
    pub fn rank(self) -> u8 {
        match self {
            Self::Bad => 0,
            Self::Warn => 1,
            Self::Good => 2,
            Self::Plain => 3,
        }
    }

    pub fn word(self) -> &'static str {
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
    pub time: Moment,
    /// The number of its request; empty for one of the tunnel that has none.
    pub request: String,
    pub who: String,
    pub method: String,
    pub client: String,
    /// Cause and remedy.
    pub why: String,
}

/// A line of the log.
#[derive(Debug, Clone)]
pub struct LogLine {
    pub time: Moment,
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
    pub now: Moment,
    /// Of the instance as a whole, with a sentence that says it.
    pub mood: Mood,
    pub state: &'static str,
    pub sentence: String,
    /// Nothing is set up yet: a form does that.
    pub is_empty: bool,
    pub groups: Vec<FactGroup>,
    pub hours: Vec<Hour>,
    /// The last refused logins, the latest first.
    pub failures: Vec<Failure>,
}

/// The fleet at once.
#[derive(Debug, Clone)]
pub struct Fleet {
    pub mood: Mood,
    pub sentence: String,
    /// What is missing to see all of it.
    pub note: Option<String>,
    pub now: Moment,
    pub rows: Vec<Row>,
    pub differences: Vec<Difference>,
}

/// What differs among instances, or is not as it should be.
#[derive(Debug, Clone)]
pub struct Difference {
    pub mood: Mood,
    /// A key, or instances.
    pub subject: String,
    pub text: String,
    pub fix: String,
}

/// A key that a form sets.
#[derive(Debug, Clone)]
pub struct Setting {
    pub key: &'static str,
    pub label: &'static str,
    pub hint: &'static str,
    pub value: String,
    /// The default, to be shown where nothing is set.
    pub usual: String,
    /// It comes from the environment, which wins: it cannot be changed here.
    pub fixed: bool,
}

/// The fields of a form, as they were typed.
pub type Fields = HashMap<String, String>;

/// One check of a change.
#[derive(Debug, Clone)]
pub struct Check {
    pub name: &'static str,
    pub good: bool,
    pub text: String,
}

impl From<SetupCheck> for Check {
    fn from(check: SetupCheck) -> Self {
        Self {
            name: check.name.label(),
            good: !check.failed(),
            text: check.result.unwrap_or_else(|wrong| wrong.to_string()),
        }
    }
}

/// What became of a change.
#[derive(Debug)]
pub struct Changed {
    pub saved: bool,
    /// In a line; `Err` when it is not as it should be.
    pub result: Result<String, ChangeError>,
    pub checks: Vec<Check>,
}

/// A change that can be taken back.
#[derive(Debug, Clone)]
pub struct PastChange {
    pub time: Moment,
    pub what: &'static str,
    /// The keys that it set, or the files that were sent, in a line.
    pub keys: String,
    /// The name of its backup.
    pub name: String,
}

/// What an import did, or would do.
#[derive(Debug)]
pub struct Imported {
    /// In a line; `Err` when it is not in use.
    pub result: Result<String, ChangeError>,
    pub report: String,
}

/// One finding of the doctor.
#[derive(Debug, Clone)]
pub struct Line {
    pub mood: Mood,
    pub area: &'static str,
    pub text: String,
    /// A command that corrects it, and words about that.
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
