//! The routes: each answers with the one page, open at its section.

use axum::{
    extract::Query,
    http::header,
    response::{IntoResponse, Response},
};

use super::{
    error::ChangeError,
    forms::{DIRECTORY, Fields, SERVER, given},
    kept::ANYWAY,
    log_view::foreign_mark,
    own_form::OwnForm,
    page::Outcome,
    request::ConsoleRequest,
    section::Section,
    sent_files::SentFiles,
    view::{Changed, Imported},
};
use crate::{config::keys, secret::SecretString};

/// The CA of a first set-up, as a file.
const ROOTS: &str = "roots";

pub(super) async fn home(request: ConsoleRequest) -> Response {
    request.show(&Outcome::at(Section::Status))
}

pub(super) async fn fleet(request: ConsoleRequest) -> Response {
    let mut outcome = Outcome::at(Section::Fleet);
    outcome.fleet = Some(request.backend().fleet().await);
    request.show(&outcome)
}

pub(super) async fn directory(request: ConsoleRequest, mut form: OwnForm) -> Response {
    let password = form
        .fields
        .remove(keys::LDAP_BIND_PASSWORD.name)
        .filter(|text| !text.is_empty())
        .map(SecretString::from);
    let save = form.fields.get("do").is_none_or(|what| what != "check");
    let keys = given(&DIRECTORY, &form.fields);
    let changed = request.backend().change(keys, password, true, save).await;
    let outcome = changed_to(Section::Directory, changed, form.fields);
    request.show(&outcome)
}

pub(super) async fn set_up(request: ConsoleRequest, mut form: OwnForm) -> Response {
    let password = form
        .fields
        .remove(keys::LDAP_BIND_PASSWORD.name)
        .filter(|text| !text.is_empty())
        .map(SecretString::from);
    // A browser sends a field without a file as an empty one.
    let roots = form.files.remove(ROOTS).filter(|sent| !sent.is_empty());
    let mut outcome = Outcome::at(Section::Status);
    let done = request
        .backend()
        .set_up(form.fields.clone(), password, roots)
        .await;
    if let Some((Imported { result, report }, checks)) = outcome.record_error(done) {
        (outcome.result, outcome.report, outcome.checks) = (Some(result), report, checks);
    }
    outcome.typed = form.fields;
    request.show(&outcome)
}

pub(super) async fn server(request: ConsoleRequest, form: OwnForm) -> Response {
    let keys = given(&SERVER, &form.fields);
    let changed = request.backend().change(keys, None, false, true).await;
    let outcome = changed_to(Section::Server, changed, form.fields);
    request.show(&outcome)
}

/// What a form of settings led to: one that was not saved keeps what was typed.
fn changed_to(open: Section, changed: Result<Changed, ChangeError>, typed: Fields) -> Outcome {
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

pub(super) async fn mapper(request: ConsoleRequest, mut form: OwnForm) -> Response {
    let mut take = |name: &str| form.fields.remove(name).unwrap_or_default();
    let (source, user, what) = (take("source"), take("user"), take("do"));
    let mut outcome = Outcome::at(Section::Mapper);
    let backend = request.backend();
    if what == "save" {
        outcome.result = Some(backend.save_mapper(source.clone()).await);
    } else {
        let tried = backend.try_mapper(source.clone(), user.clone()).await;
        outcome.tried = outcome.record_error(tried).unwrap_or_default();
    }
    (outcome.mapper, outcome.term) = (Some(source), user);
    request.show(&outcome)
}

fn term(mut fields: Fields) -> String {
    fields.remove("q").unwrap_or_default()
}

pub(super) async fn users(request: ConsoleRequest, Query(fields): Query<Fields>) -> Response {
    let mut outcome = Outcome::at(Section::Users);
    outcome.term = term(fields);
    let people = request.backend().search(outcome.term.clone()).await;
    outcome.people = outcome.record_error(people);
    request.show(&outcome)
}

pub(super) async fn user(request: ConsoleRequest, Query(fields): Query<Fields>) -> Response {
    let mut outcome = Outcome::at(Section::Users);
    outcome.term = term(fields);
    let looked = request.backend().look_up(outcome.term.clone()).await;
    outcome.looked = outcome.record_error(looked);
    request.show(&outcome)
}

pub(super) async fn logs(request: ConsoleRequest, Query(mut fields): Query<Fields>) -> Response {
    let mut outcome = Outcome::at(Section::Logs);
    outcome.level = fields.remove("level").unwrap_or_default();
    term(fields).trim().clone_into(&mut outcome.term);
    let own = request.backend().facts().instance;
    if let Some(mark) = foreign_mark(&outcome.term, &own) {
        let named = request.backend().instance_marked(mark).await;
        let instance = named.unwrap_or_else(|| "another instance".to_owned());
        outcome.note = format!(
            "This request was answered by {instance}, whose request numbers begin with {mark}: look at its log."
        );
    }
    request.show(&outcome)
}

pub(super) async fn export(request: ConsoleRequest, _form: OwnForm) -> Response {
    match request.backend().export().await {
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
        Err(error) => request.show(&Outcome::with_result(Section::Export, Err(error))),
    }
}

pub(super) async fn import(request: ConsoleRequest, mut form: OwnForm) -> Response {
    let mut outcome = Outcome::at(Section::Export);
    let take = form.fields.get("do").is_none_or(|what| what != "look");
    let zip = form.files.remove("zip").unwrap_or_default();
    let imported = request.backend().import(zip, take).await;
    if let Some(Imported { result, report }) = outcome.record_error(imported) {
        outcome.result = Some(result);
        outcome.report = report;
    }
    request.show(&outcome)
}

pub(super) async fn certificate(request: ConsoleRequest, mut form: OwnForm) -> Response {
    let mut take = |name: &str| form.files.remove(name).unwrap_or_default();
    let (chain, key) = (take("chain"), take("key"));
    let anyway = form.fields.contains_key(ANYWAY);
    let changed = request.backend().certificate(chain, key, anyway).await;
    request.show(&Outcome::with_result(Section::Server, changed))
}

pub(super) async fn files(request: ConsoleRequest, mut form: OwnForm) -> Response {
    // A browser sends a field without a file as an empty one.
    let mut take = |name: &str| form.files.remove(name).filter(|bytes| !bytes.is_empty());
    let sent = SentFiles {
        keytab: take("keytab"),
        authorities: take("authorities"),
        revocation_list: take("revocation"),
        anyway: form.fields.contains_key(ANYWAY),
    };
    let changed = request.backend().files(sent).await;
    request.show(&Outcome::with_result(Section::Server, changed))
}

pub(super) async fn take_back(request: ConsoleRequest, mut form: OwnForm) -> Response {
    let change = form.fields.remove("change").unwrap_or_default();
    let done = request.backend().take_back(change).await;
    request.show(&Outcome::with_result(Section::Changes, done))
}

pub(super) async fn doctor(request: ConsoleRequest, _form: OwnForm) -> Response {
    let mut outcome = Outcome::at(Section::Doctor);
    outcome.findings = Some(request.backend().doctor().await);
    request.show(&outcome)
}
