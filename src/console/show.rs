//! The one page, with what a route has found out.

use axum::{http::StatusCode, response::Response};

use super::{
    chart::Chart,
    forms::{DIRECTORY, SERVER, settings},
    guard::Console,
    page::{ConsolePage, Outcome},
    section::Section,
    view::{LogLine, Mood},
};
use crate::{
    fleet::HEADINGS,
    http::page::{Forms, PageContext, Policy, Scripts, render},
};

impl Console {
    pub(super) fn show(&self, page: &PageContext, outcome: &Outcome) -> Response {
        let backend = &*self.backend;
        let facts = backend.facts();
        let charts: Vec<_> = facts.hours.iter().map(Chart::of).collect();
        let own_mapper;
        let mapper = match &outcome.mapper {
            Some(text) => text,
            None => {
                own_mapper = backend.mapper();
                &own_mapper
            }
        };
        let mut log = backend.log();
        if outcome.open == Section::Logs {
            log.retain(|line| is_wanted(line, outcome));
        }
        let template = ConsolePage {
            page: page.clone(),
            csrf: self.guard.csrf(),
            facts: &facts,
            headings: &HEADINGS,
            charts: &charts,
            directory: &settings(&DIRECTORY, backend, &outcome.typed),
            server: &settings(&SERVER, backend, &outcome.typed),
            certificate: &backend.certificate_facts(),
            mapper,
            changes: &backend.changes(),
            log: &log,
            outcome,
        };
        let policy = Policy {
            scripts: Scripts::InPageAsking,
            forms: Forms::Own,
        };
        let status = match &outcome.result {
            Some(Err(_)) => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::OK,
        };
        render(status, policy, page, &template)
    }
}

fn is_wanted(line: &LogLine, outcome: &Outcome) -> bool {
    let level_matches = match outcome.level.as_str() {
        "warn" => matches!(line.mood, Mood::Warn | Mood::Bad),
        "error" => line.mood == Mood::Bad,
        _ => true,
    };
    let term = outcome.term.to_lowercase();
    let holds = |text: &str| text.to_lowercase().contains(&term);
    level_matches && (holds(&line.message) || line.fields.iter().any(|(_, value)| holds(value)))
}
