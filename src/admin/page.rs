//! What the page shows.

use askama::Template;

use crate::http::page::PageContext;

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Good,
    Warn,
    Bad,
}

impl Mood {
    fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad-mood",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Good => "Good",
            Self::Warn => "Look",
            Self::Bad => "Trouble",
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

/// Logins of one method within the last hour.
#[derive(Debug, Clone)]
pub struct Hour {
    pub method: String,
    pub good: u64,
    pub refused: u64,
    /// Good and refused ones in each of sixty minutes, the oldest first.
    pub minutes: Vec<(u64, u64)>,
}

/// How this instance is.
#[derive(Debug, Clone)]
pub struct Facts {
    pub instance: String,
    pub version: &'static str,
    pub server_url: String,
    pub ready: bool,
    pub facts: Vec<Fact>,
    pub hours: Vec<Hour>,
    /// The last log lines, the latest first.
    pub log: Vec<String>,
    /// The last refused logins in words, the latest first.
    pub failures: Vec<String>,
}

/// One check of a change.
#[derive(Debug, Clone)]
pub struct Check {
    pub good: bool,
    pub text: String,
}

/// What became of a change.
#[derive(Debug, Clone)]
pub struct Changed {
    pub saved: bool,
    pub checks: Vec<Check>,
}

/// One finding of the doctor.
#[derive(Debug, Clone)]
pub struct Line {
    pub mood: Mood,
    pub area: String,
    pub text: String,
    pub fix: Option<String>,
}

/// A bar of a chart: a minute, in the chart's own units.
pub(super) struct Bar {
    pub x: usize,
    pub good_y: u64,
    pub good_height: u64,
    pub refused_y: u64,
    pub refused_height: u64,
}

/// A chart is 60 bars wide and this high.
const CHART: u64 = 40;

impl Hour {
    pub(super) fn bars(&self) -> Vec<Bar> {
        let most = self
            .minutes
            .iter()
            .map(|(good, refused)| good + refused)
            .max();
        let most = most.unwrap_or(0).max(1);
        // What happened at all shows.
        let height = |count: u64| {
            if count == 0 {
                0
            } else {
                (count * CHART / most).max(1)
            }
        };
        let minutes = self.minutes.iter().enumerate();
        minutes
            .filter(|(_, (good, refused))| good + refused > 0)
            .map(|(minute, (good, refused))| {
                let (good, refused) = (height(*good), height(*refused));
                let refused = refused.min(CHART.saturating_sub(good).max(1));
                Bar {
                    x: minute * 5,
                    good_y: CHART.saturating_sub(good),
                    good_height: good,
                    refused_y: CHART.saturating_sub(good + refused),
                    refused_height: refused,
                }
            })
            .collect()
    }
}

/// The one page, with the outcome of what was asked, if anything was.
#[derive(Template)]
#[template(config = "src/http/templates/askama.toml", path = "console.html")]
pub(super) struct ConsolePage<'a> {
    pub page: PageContext,
    pub csrf: &'a str,
    pub facts: &'a Facts,
    pub directory: &'a [(&'static str, &'static str, String, &'static str)],
    pub server: &'a [(&'static str, &'static str, String, &'static str)],
    pub mapper: &'a str,
    pub tried: &'a str,
    pub term: &'a str,
    pub users: &'a [String],
    pub checks: &'a [Check],
    pub findings: &'a [Line],
    /// The section that is shown when the address names none.
    pub open: &'a str,
    pub told: Option<&'a Result<String, String>>,
}
