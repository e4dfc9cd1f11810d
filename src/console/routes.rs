//! The routes: each answers with the one page, open at its section.

use axum::{
    Form,
    extract::{Multipart, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use tokio::sync::SemaphorePermit;

use super::{
    chart::Chart,
    forms::{DIRECTORY, Fields, SERVER, given, parts, settings},
    guard::Console,
    page::{ConsolePage, Outcome},
    view::{Changed, Imported, LogLine, Mood},
};
use crate::{
    http::page::{Forms, PageContext, Policy, Scripts, notice, render},
    secret::SecretString,
};

impl Console {
    fn show(&self, page: &PageContext, outcome: &Outcome) -> Response {
        let backstage = &*self.backstage;
        let facts = backstage.facts();
        let charts: Vec<_> = facts.hours.iter().map(Chart::of).collect();
        let own_mapper;
        let mapper = match &outcome.mapper {
            Some(text) => text,
            None => {
                own_mapper = backstage.mapper();
                &own_mapper
            }
        };
        let mut log = backstage.log();
        if outcome.open == "logs" {
            log.retain(|line| is_wanted(line, outcome));
        }
        let template = ConsolePage {
            page: page.clone(),
            csrf: self.guard.csrf(),
            facts: &facts,
            charts: &charts,
            directory: &settings(&DIRECTORY, backstage, &outcome.typed),
            server: &settings(&SERVER, backstage, &outcome.typed),
            certificate: &backstage.certificate_facts(),
            mapper,
            log: &log,
            outcome,
        };
        let policy = Policy {
            scripts: Scripts::InPageAsking,
            forms: Forms::Own,
        };
        let status = match &outcome.told {
            Some(Err(_)) => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::OK,
        };
        render(status, policy, page, &template)
    }

    /// Leave to do what a form of ours asks; `Err` is the answer to a form that is not.
    async fn own(
        &self,
        page: &PageContext,
        fields: &Fields,
    ) -> Result<Option<SemaphorePermit<'_>>, Box<Response>> {
        if self.guard.is_own(fields.get("csrf").map(String::as_str)) {
            // The semaphore is never closed.
            return Ok(self.heavy.acquire().await.ok());
        }
        Err(Box::new(notice(
            page,
            StatusCode::FORBIDDEN,
            "This form is out of date",
            "The instance was restarted since the page was loaded. Open the console again and repeat it; \
             nothing was changed.",
        )))
    }
}

fn is_wanted(line: &LogLine, outcome: &Outcome) -> bool {
    let loud = match outcome.level.as_str() {
        "warn" => matches!(line.mood, Mood::Warn | Mood::Bad),
        "error" => line.mood == Mood::Bad,
        _ => true,
    };
    let term = outcome.term.to_lowercase();
    let holds = |text: &str| text.to_lowercase().contains(&term);
    loud && (holds(&line.message) || line.fields.iter().any(|(_, value)| holds(value)))
}

/// The page, open at a section and with nothing said.
fn at(open: &'static str) -> Outcome {
    Outcome {
        open,
        ..Outcome::default()
    }
}

pub(super) async fn home(State(console): State<Console>, page: PageContext) -> Response {
    console.show(&page, &at("status"))
}

pub(super) async fn directory(
    State(console): State<Console>,
    page: PageContext,
    Form(mut fields): Form<Fields>,
) -> Response {
    let _leave = match console.own(&page, &fields).await {
        Ok(leave) => leave,
        Err(answer) => return *answer,
    };
    let password = fields
        .remove("LDAP_BIND_PASSWORD")
        .filter(|text| !text.is_empty())
        .map(SecretString::from);
    let save = fields.get("do").is_none_or(|what| what != "check");
    let keys = given(&DIRECTORY, &fields);
    let changed = console.backstage.change(keys, password, true, save).await;
    let outcome = changed_to("directory", changed, fields);
    console.show(&page, &outcome)
}

pub(super) async fn server(
    State(console): State<Console>,
    page: PageContext,
    Form(fields): Form<Fields>,
) -> Response {
    let _leave = match console.own(&page, &fields).await {
        Ok(leave) => leave,
        Err(answer) => return *answer,
    };
    let keys = given(&SERVER, &fields);
    let changed = console.backstage.change(keys, None, false, true).await;
    let outcome = changed_to("server", changed, fields);
    console.show(&page, &outcome)
}

/// What a form of settings led to: one that was not saved keeps what was typed.
fn changed_to(open: &'static str, changed: Result<Changed, String>, typed: Fields) -> Outcome {
    let mut outcome = at(open);
    match changed {
        Ok(Changed {
            saved,
            told,
            checks,
        }) => {
            outcome.told = Some(told);
            outcome.checks = checks;
            if !saved {
                outcome.typed = typed;
            }
        }
        Err(error) => {
            outcome.told = Some(Err(error));
            outcome.typed = typed;
        }
    }
    outcome
}

pub(super) async fn mapper(
    State(console): State<Console>,
    page: PageContext,
    Form(mut fields): Form<Fields>,
) -> Response {
    let _leave = match console.own(&page, &fields).await {
        Ok(leave) => leave,
        Err(answer) => return *answer,
    };
    let mut take = |name: &str| fields.remove(name).unwrap_or_default();
    let (source, user, what) = (take("source"), take("user"), take("do"));
    let mut outcome = at("mapper");
    let backstage = &console.backstage;
    if what == "save" {
        outcome.told = Some(backstage.save_mapper(source.clone()).await);
    } else {
        match backstage.try_mapper(source.clone(), user.clone()).await {
            Ok(profile) => outcome.tried = profile,
            Err(error) => outcome.told = Some(Err(error)),
        }
    }
    (outcome.mapper, outcome.term) = (Some(source), user);
    console.show(&page, &outcome)
}

fn term(mut fields: Fields) -> String {
    fields.remove("q").unwrap_or_default().trim().to_owned()
}

pub(super) async fn users(
    State(console): State<Console>,
    page: PageContext,
    Query(fields): Query<Fields>,
) -> Response {
    let mut outcome = at("users");
    outcome.term = term(fields);
    match console.backstage.search(outcome.term.clone()).await {
        Ok(people) => outcome.people = Some(people),
        Err(error) => outcome.told = Some(Err(error)),
    }
    console.show(&page, &outcome)
}

pub(super) async fn user(
    State(console): State<Console>,
    page: PageContext,
    Query(fields): Query<Fields>,
) -> Response {
    let mut outcome = at("users");
    outcome.term = term(fields);
    match console.backstage.look_up(outcome.term.clone()).await {
        Ok(looked) => outcome.looked = Some(looked),
        Err(error) => outcome.told = Some(Err(error)),
    }
    console.show(&page, &outcome)
}

pub(super) async fn logs(
    State(console): State<Console>,
    page: PageContext,
    Query(mut fields): Query<Fields>,
) -> Response {
    let mut outcome = at("logs");
    outcome.level = fields.remove("level").unwrap_or_default();
    outcome.term = term(fields);
    console.show(&page, &outcome)
}

pub(super) async fn export(
    State(console): State<Console>,
    page: PageContext,
    Form(fields): Form<Fields>,
) -> Response {
    let _leave = match console.own(&page, &fields).await {
        Ok(leave) => leave,
        Err(answer) => return *answer,
    };
    match console.backstage.export().await {
        Ok((name, zip)) => {
            let headers = [
                (header::CONTENT_TYPE, "application/zip".to_owned()),
                (
                    header::CONTENT_DISPOSITION,
                    format!("attachment; filename=\"{name}\""),
                ),
            ];
            (headers, zip).into_response()
        }
        Err(error) => {
            let mut outcome = at("export");
            outcome.told = Some(Err(error));
            console.show(&page, &outcome)
        }
    }
}

pub(super) async fn import(
    State(console): State<Console>,
    page: PageContext,
    form: Multipart,
) -> Response {
    let mut outcome = at("export");
    let (fields, mut files) = match parts(form, &console.guard).await {
        Ok(parts) => parts,
        Err(error) => {
            outcome.told = Some(Err(error));
            return console.show(&page, &outcome);
        }
    };
    let _leave = match console.own(&page, &fields).await {
        Ok(leave) => leave,
        Err(answer) => return *answer,
    };
    let take = fields.get("do").is_none_or(|what| what != "look");
    let zip = files.remove("zip").unwrap_or_default();
    match console.backstage.import(zip, take).await {
        Ok(Imported { told, report }) => {
            outcome.told = Some(told);
            outcome.report = report;
        }
        Err(error) => outcome.told = Some(Err(error)),
    }
    console.show(&page, &outcome)
}

pub(super) async fn certificate(
    State(console): State<Console>,
    page: PageContext,
    form: Multipart,
) -> Response {
    let mut outcome = at("server");
    let (fields, mut files) = match parts(form, &console.guard).await {
        Ok(parts) => parts,
        Err(error) => {
            outcome.told = Some(Err(error));
            return console.show(&page, &outcome);
        }
    };
    let _leave = match console.own(&page, &fields).await {
        Ok(leave) => leave,
        Err(answer) => return *answer,
    };
    let mut take = |name: &str| files.remove(name).unwrap_or_default();
    let (chain, key) = (take("chain"), take("key"));
    let anyway = fields.contains_key("anyway");
    outcome.told = Some(console.backstage.certificate(chain, key, anyway).await);
    console.show(&page, &outcome)
}

pub(super) async fn doctor(
    State(console): State<Console>,
    page: PageContext,
    Form(fields): Form<Fields>,
) -> Response {
    let _leave = match console.own(&page, &fields).await {
        Ok(leave) => leave,
        Err(answer) => return *answer,
    };
    let mut outcome = at("doctor");
    outcome.findings = Some(console.backstage.doctor().await);
    console.show(&page, &outcome)
}
