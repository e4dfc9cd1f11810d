//! The page.

use askama::Template;

use super::{
    chart::Chart,
    error::ChangeError,
    section::Section,
    view::{Check, Fact, Facts, Fleet, Line, LogLine, Looked, Mood, PastChange, Person, Setting},
    whole::whole,
};
use crate::{clock::span, http::page::PageContext};

/// What an answer adds to the page.
#[derive(Default)]
pub(super) struct Outcome {
    /// The section that is shown when the address names none.
    pub open: Section,
    pub result: Option<Result<String, ChangeError>>,
    /// Words that keep their line breaks, an import's report for instance.
    pub report: String,
    /// What was typed into a form that was not saved.
    pub typed: std::collections::HashMap<String, String>,
    /// Of the form that goes to this path, the box was ticked.
    pub ticked: String,
    pub mapper: Option<String>,
    pub tried: String,
    pub term: String,
    pub people: Option<Vec<Person>>,
    pub looked: Option<Looked>,
    pub checks: Vec<Check>,
    pub fleet: Option<Fleet>,
    pub findings: Option<Vec<Line>>,
    pub level: String,
    /// A sentence above the log.
    pub note: String,
}

impl Outcome {
    /// The page, open at a section and with no result to show.
    pub fn at(open: Section) -> Self {
        Self {
            open,
            ..Self::default()
        }
    }

    /// The page, open at a section, with a result to show.
    pub fn with_result(open: Section, result: Result<String, ChangeError>) -> Self {
        Self {
            result: Some(result),
            ..Self::at(open)
        }
    }

    /// The value of a result; an error is kept to be shown on the page.
    pub fn record_error<T>(&mut self, result: Result<T, ChangeError>) -> Option<T> {
        result.map_err(|error| self.result = Some(Err(error))).ok()
    }
}

/// The one page, with the outcome of what was asked, if anything was.
#[derive(Template)]
#[template(config = "src/http/templates/askama.toml", path = "console.html")]
pub(super) struct ConsolePage<'a> {
    pub page: PageContext,
    pub csrf: &'a str,
    pub facts: &'a Facts,
    /// The headings of the fleet's table.
    pub headings: &'a [&'static str],
    pub charts: &'a [Chart],
    pub directory: &'a [Setting],
    pub server: &'a [Setting],
    pub certificate: &'a [Fact],
    pub mapper: &'a str,
    pub changes: &'a [PastChange],
    pub log: &'a [LogLine],
    pub outcome: &'a Outcome,
}

impl ConsolePage<'_> {
    /// The findings in which the mood occurs.
    fn findings(&self, mood: Mood) -> usize {
        let findings = self.outcome.findings.iter().flatten();
        findings.filter(|line| line.mood == mood).count()
    }

    /// What was typed into a field that was not saved.
    fn typed(&self, name: &str) -> &str {
        self.outcome.typed.get(name).map_or("", String::as_str)
    }

    /// A text in which addresses and URLs stay whole.
    #[expect(clippy::unused_self, reason = "templates call methods of the page")]
    fn whole(&self, text: &str) -> String {
        whole(text)
    }

    /// What a browser's tab says: a screen reader begins with it.
    fn title(&self) -> String {
        let prefix = match &self.outcome.result {
            Some(Ok(_)) => "Done: ",
            Some(Err(_)) => "Failed: ",
            None => "",
        };
        format!("{prefix}{} · ad-edge", self.facts.instance)
    }

    fn up_for(&self) -> String {
        span(self.facts.up_for)
    }
}
