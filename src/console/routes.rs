//! The routes: each answers with the one page, open at its section.

use axum::{
    extract::{Query, State},
    http::header,
    response::{IntoResponse, Response},
};

use super::{
    error::ChangeError,
    forms::{DIRECTORY, Fields, SERVER, given},
    guard::Console,
    own_form::OwnForm,
    page::Outcome,
    view::{Changed, Imported},
};
use crate::{config::keys, http::page::PageContext, secret::SecretString};

pub(super) async fn home(State(console): State<Console>, page: PageContext) -> Response {
    console.show(&page, &Outcome::at("status"))
}

pub(super) async fn directory(
    State(console): State<Console>,
    page: PageContext,
    mut form: OwnForm,
) -> Response {
    let password = form
        .fields
        .remove(keys::LDAP_BIND_PASSWORD.name)
        .filter(|text| !text.is_empty())
        .map(SecretString::from);
    let save = form.fields.get("do").is_none_or(|what| what != "check");
    let keys = given(&DIRECTORY, &form.fields);
    let changed = console.backend.change(keys, password, true, save).await;
    let outcome = changed_to("directory", changed, form.fields);
    console.show(&page, &outcome)
}

pub(super) async fn server(
    State(console): State<Console>,
    page: PageContext,
    form: OwnForm,
) -> Response {
    let keys = given(&SERVER, &form.fields);
    let changed = console.backend.change(keys, None, false, true).await;
    let outcome = changed_to("server", changed, form.fields);
    console.show(&page, &outcome)
}

/// What a form of settings led to: one that was not saved keeps what was typed.
fn changed_to(open: &'static str, changed: Result<Changed, ChangeError>, typed: Fields) -> Outcome {
    let mut outcome = Outcome::at(open);
    match changed {
        Ok(Changed {
            saved,
            result,
            checks,
        }) => {
            outcome.result = Some(result);
            outcome.checks = checks;
            if !saved {
                outcome.typed = typed;
            }
        }
        Err(error) => {
            outcome.result = Some(Err(error));
            outcome.typed = typed;
        }
    }
    outcome
}

pub(super) async fn mapper(
    State(console): State<Console>,
    page: PageContext,
    mut form: OwnForm,
) -> Response {
    let mut take = |name: &str| form.fields.remove(name).unwrap_or_default();
    let (source, user, what) = (take("source"), take("user"), take("do"));
    let mut outcome = Outcome::at("mapper");
    let backend = &console.backend;
    if what == "save" {
        outcome.result = Some(backend.save_mapper(source.clone()).await);
    } else {
        let tried = backend.try_mapper(source.clone(), user.clone()).await;
        outcome.tried = outcome.record_error(tried).unwrap_or_default();
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
    let mut outcome = Outcome::at("users");
    outcome.term = term(fields);
    let people = console.backend.search(outcome.term.clone()).await;
    outcome.people = outcome.record_error(people);
    console.show(&page, &outcome)
}

pub(super) async fn user(
    State(console): State<Console>,
    page: PageContext,
    Query(fields): Query<Fields>,
) -> Response {
    let mut outcome = Outcome::at("users");
    outcome.term = term(fields);
    let looked = console.backend.look_up(outcome.term.clone()).await;
    outcome.looked = outcome.record_error(looked);
    console.show(&page, &outcome)
}

pub(super) async fn logs(
    State(console): State<Console>,
    page: PageContext,
    Query(mut fields): Query<Fields>,
) -> Response {
    let mut outcome = Outcome::at("logs");
    outcome.level = fields.remove("level").unwrap_or_default();
    outcome.term = term(fields);
    console.show(&page, &outcome)
}

pub(super) async fn export(
    State(console): State<Console>,
    page: PageContext,
    _form: OwnForm,
) -> Response {
    match console.backend.export().await {
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
        Err(error) => console.show(&page, &Outcome::with_result("export", Err(error))),
    }
}

pub(super) async fn import(
    State(console): State<Console>,
    page: PageContext,
    mut form: OwnForm,
) -> Response {
    let mut outcome = Outcome::at("export");
    let take = form.fields.get("do").is_none_or(|what| what != "look");
    let zip = form.files.remove("zip").unwrap_or_default();
    let imported = console.backend.import(zip, take).await;
    if let Some(Imported { result, report }) = outcome.record_error(imported) {
        outcome.result = Some(result);
        outcome.report = report;
    }
    console.show(&page, &outcome)
}

pub(super) async fn certificate(
    State(console): State<Console>,
    page: PageContext,
    mut form: OwnForm,
) -> Response {
    let mut take = |name: &str| form.files.remove(name).unwrap_or_default();
    let (chain, key) = (take("chain"), take("key"));
    let anyway = form.fields.contains_key("anyway");
    let changed = console.backend.certificate(chain, key, anyway).await;
    console.show(&page, &Outcome::with_result("server", changed))
}

pub(super) async fn doctor(
    State(console): State<Console>,
    page: PageContext,
    _form: OwnForm,
) -> Response {
    let mut outcome = Outcome::at("doctor");
    outcome.findings = Some(console.backend.doctor().await);
    console.show(&page, &outcome)
}
