//! The routes: each answers with the one page, open at its section.

use std::{collections::HashMap, net::SocketAddr, sync::Arc};

use axum::{
    Form, Router,
    extract::{DefaultBodyLimit, Multipart, Query, State},
    http::{HeaderValue, StatusCode, header},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Map, Value, json};

use super::{
    Backstage, Console, Guard, guard,
    page::{Changed, Check, ConsolePage, Line},
};
use crate::{
    config::find_key,
    http::{
        AcceptLimits, Front, Limits, Listener, Random, Site, SiteSettings,
        page::{Forms, PageContext, Policy, Scripts, notice, render},
    },
    lifecycle::Lifecycle,
    secret::SecretString,
};

/// An export of the largest installation, and what a form adds.
const MAX_UPLOAD: usize = 34 << 20;
const MAX_CONNECTIONS: usize = 64;

const DIRECTORY: [(&str, &str); 4] = [
    ("LDAP_URL", "Directory servers"),
    ("LDAP_BASE", "Where users are searched"),
    ("LDAP_BIND_USER", "Service account"),
    ("LDAP_USER_BY_NAME", "How a login name finds its user"),
];
const SERVER: [(&str, &str); 3] = [
    ("SERVER_URL", "The address that users open: the balancer's"),
    ("SITE_NAME", "Whose sign-in page this is"),
    ("KERBEROS_REALMS", "Realms whose users may sign in"),
];

/// What an answer adds to the page.
#[derive(Default)]
struct Outcome {
    open: &'static str,
    told: Option<Result<String, String>>,
    mapper: Option<String>,
    tried: String,
    term: String,
    users: Vec<String>,
    checks: Vec<Check>,
    findings: Vec<Line>,
}

type Fields = HashMap<String, String>;

/// Serves the console in plain HTTP until `lifecycle` stops.
pub async fn run(listener: Listener, router: Router, lifecycle: Lifecycle) {
    let mut limits = Limits::for_token(0);
    limits.body = MAX_UPLOAD;
    let settings = SiteSettings {
        limits,
        random: Random::system(),
        hsts: false,
        metrics: None,
        quiet: true,
        extra_headers: vec![(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))],
    };
    let site = Site::new(router, settings, lifecycle.clone());
    let limits = AcceptLimits {
        connections: MAX_CONNECTIONS,
        proxy: None,
    };
    Front::new(site, None, lifecycle, None)
        .run(listener, limits)
        .await;
}

/// The console's routes, for a listener at `address`.
pub fn serve_on(address: SocketAddr, backstage: Arc<dyn Backstage>) -> Router {
    let console = Console {
        backstage,
        guard: Arc::new(Guard::new(address, &Random::system())),
    };
    Router::new()
        .route("/", get(home))
        .route("/directory", post(directory))
        .route("/server", post(server))
        .route("/certificate", post(certificate))
        .route("/mapper", post(mapper))
        .route("/users", get(users))
        .route("/export", post(export))
        .route("/import", post(import))
        .route("/doctor", post(doctor))
        .layer(DefaultBodyLimit::max(MAX_UPLOAD))
        .layer(from_fn_with_state(console.clone(), guard::check))
        .with_state(console)
}

impl Console {
    fn show(&self, page: &PageContext, outcome: &Outcome) -> Response {
        let facts = self.backstage.facts();
        let values = |keys: &[(&'static str, &'static str)]| -> Vec<_> {
            keys.iter()
                .map(|(key, label)| {
                    let usual = find_key(key).map_or("", |key| key.default.trim_matches('`'));
                    (*key, *label, self.backstage.key(key), usual)
                })
                .collect()
        };
        let own_mapper;
        let mapper = match &outcome.mapper {
            Some(text) => text,
            None => {
                own_mapper = self.backstage.mapper();
                &own_mapper
            }
        };
        let template = ConsolePage {
            page: page.clone(),
            csrf: self.guard.csrf(),
            facts: &facts,
            directory: &values(&DIRECTORY),
            server: &values(&SERVER),
            mapper,
            tried: &outcome.tried,
            term: &outcome.term,
            users: &outcome.users,
            checks: &outcome.checks,
            findings: &outcome.findings,
            open: outcome.open,
            told: outcome.told.as_ref(),
        };
        let policy = Policy {
            scripts: Scripts::None,
            forms: Forms::Own,
        };
        let status = match &outcome.told {
            Some(Err(_)) => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::OK,
        };
        render(status, policy, page, &template)
    }

    /// `Err` is the answer to a form that is not ours.
    fn own(&self, page: &PageContext, fields: &Fields) -> Result<(), Box<Response>> {
        if self.guard.is_own(fields.get("csrf").map(String::as_str)) {
            return Ok(());
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

async fn home(State(console): State<Console>, page: PageContext) -> Response {
    console.show(
        &page,
        &Outcome {
            open: "status",
            ..Outcome::default()
        },
    )
}

async fn directory(
    State(console): State<Console>,
    page: PageContext,
    Form(mut fields): Form<Fields>,
) -> Response {
    if let Err(answer) = console.own(&page, &fields) {
        return *answer;
    }
    let password = fields
        .remove("LDAP_BIND_PASSWORD")
        .filter(|text| !text.is_empty());
    let keys = given(&DIRECTORY, &fields);
    let changed = console
        .backstage
        .change(keys, password.map(SecretString::from))
        .await;
    let mut outcome = Outcome {
        open: "directory",
        ..Outcome::default()
    };
    match changed {
        Ok(Changed { saved, checks }) => {
            outcome.told = Some(if saved {
                Ok("Saved, and taken into use".to_owned())
            } else {
                Err("Nothing was saved: a check failed".to_owned())
            });
            outcome.checks = checks;
        }
        Err(error) => outcome.told = Some(Err(error)),
    }
    console.show(&page, &outcome)
}

async fn server(
    State(console): State<Console>,
    page: PageContext,
    Form(fields): Form<Fields>,
) -> Response {
    if let Err(answer) = console.own(&page, &fields) {
        return *answer;
    }
    let changed = console
        .backstage
        .change(given(&SERVER, &fields), None)
        .await;
    let told = changed.and_then(|Changed { saved, checks }| {
        if saved {
            return Ok("Saved, and taken into use".to_owned());
        }
        let failed = checks.iter().filter(|check| !check.good);
        let failed: Vec<_> = failed.map(|check| check.text.as_str()).collect();
        Err(format!("Nothing was saved: {}", failed.join("; ")))
    });
    console.show(
        &page,
        &Outcome {
            open: "server",
            told: Some(told),
            ..Outcome::default()
        },
    )
}

/// The keys that a form may set; a list is written with commas.
fn given(keys: &[(&str, &str)], fields: &Fields) -> Map<String, Value> {
    keys.iter()
        .filter_map(|(key, _)| Some(((*key).to_owned(), json!(fields.get(*key)?.trim()))))
        .collect()
}

async fn mapper(
    State(console): State<Console>,
    page: PageContext,
    Form(mut fields): Form<Fields>,
) -> Response {
    if let Err(answer) = console.own(&page, &fields) {
        return *answer;
    }
    let mut take = |name: &str| fields.remove(name).unwrap_or_default();
    let (source, user, what) = (take("source"), take("user"), take("do"));
    let mut outcome = Outcome {
        open: "mapper",
        ..Outcome::default()
    };
    if what == "save" {
        outcome.told = Some(console.backstage.save_mapper(source.clone()));
    } else {
        match console
            .backstage
            .try_mapper(source.clone(), user.clone())
            .await
        {
            Ok(profile) => outcome.tried = profile,
            Err(error) => outcome.told = Some(Err(error)),
        }
    }
    (outcome.mapper, outcome.term) = (Some(source), user);
    console.show(&page, &outcome)
}

async fn users(
    State(console): State<Console>,
    page: PageContext,
    Query(mut fields): Query<Fields>,
) -> Response {
    let term = fields.remove("q").unwrap_or_default();
    let mut outcome = Outcome {
        open: "users",
        term: term.clone(),
        ..Outcome::default()
    };
    match console.backstage.search(term).await {
        Ok(users) if users.is_empty() => outcome.told = Some(Err("Nobody was found".to_owned())),
        Ok(users) => outcome.users = users,
        Err(error) => outcome.told = Some(Err(error)),
    }
    console.show(&page, &outcome)
}

async fn export(
    State(console): State<Console>,
    page: PageContext,
    Form(fields): Form<Fields>,
) -> Response {
    if let Err(answer) = console.own(&page, &fields) {
        return *answer;
    }
    match console.backstage.export() {
        Ok((name, zip)) => {
            tracing::warn!(target: "audit", "the console exported this installation, keys and all");
            let headers = [
                (header::CONTENT_TYPE, "application/zip".to_owned()),
                (
                    header::CONTENT_DISPOSITION,
                    format!("attachment; filename=\"{name}\""),
                ),
            ];
            (headers, zip).into_response()
        }
        Err(error) => console.show(
            &page,
            &Outcome {
                open: "export",
                told: Some(Err(error)),
                ..Outcome::default()
            },
        ),
    }
}

async fn import(State(console): State<Console>, page: PageContext, form: Multipart) -> Response {
    let outcome = |told| Outcome {
        open: "export",
        told: Some(told),
        ..Outcome::default()
    };
    let (fields, mut files) = match parts(form).await {
        Ok(parts) => parts,
        Err(error) => return console.show(&page, &outcome(Err(error))),
    };
    if let Err(answer) = console.own(&page, &fields) {
        return *answer;
    }
    let told = console
        .backstage
        .import(files.remove("zip").unwrap_or_default());
    console.show(&page, &outcome(told))
}

async fn certificate(
    State(console): State<Console>,
    page: PageContext,
    form: Multipart,
) -> Response {
    let outcome = |told| Outcome {
        open: "server",
        told: Some(told),
        ..Outcome::default()
    };
    let (fields, mut files) = match parts(form).await {
        Ok(parts) => parts,
        Err(error) => return console.show(&page, &outcome(Err(error))),
    };
    if let Err(answer) = console.own(&page, &fields) {
        return *answer;
    }
    let mut take = |name: &str| files.remove(name).unwrap_or_default();
    let told = console.backstage.certificate(take("chain"), take("key"));
    console.show(&page, &outcome(told))
}

async fn doctor(
    State(console): State<Console>,
    page: PageContext,
    Form(fields): Form<Fields>,
) -> Response {
    if let Err(answer) = console.own(&page, &fields) {
        return *answer;
    }
    let findings = console.backstage.doctor().await;
    console.show(
        &page,
        &Outcome {
            open: "doctor",
            findings,
            ..Outcome::default()
        },
    )
}

/// The fields and the files of an upload.
async fn parts(mut form: Multipart) -> Result<(Fields, HashMap<String, Vec<u8>>), String> {
    let (mut fields, mut files) = (Fields::new(), HashMap::new());
    while let Some(part) = form.next_field().await.map_err(|error| error.to_string())? {
        let name = part.name().unwrap_or_default().to_owned();
        let is_file = part.file_name().is_some();
        let bytes = part.bytes().await.map_err(|error| error.to_string())?;
        if is_file {
            files.insert(name, bytes.to_vec());
        } else {
            fields.insert(name, String::from_utf8_lossy(&bytes).into_owned());
        }
    }
    Ok((fields, files))
}
