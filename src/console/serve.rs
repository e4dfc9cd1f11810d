//! The console's listener and its routes.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderValue, header},
    middleware::from_fn_with_state,
    response::Redirect,
    routing::get,
};
use tokio::sync::Semaphore;

use super::{
    backend::ConsoleBackend,
    guard::{self, Console, Guard},
    routes::{
        certificate, directory, doctor, export, files, fleet, home, import, logs, mapper, server,
        set_up, take_back, user, users,
    },
};
use crate::{
    accept::Mismatches,
    http::{AcceptLimits, Front, Limits, Listener, Random, Site, SiteSettings},
    lifecycle::Lifecycle,
};

/// An export of the largest installation, and what a form adds.
const MAX_UPLOAD: usize = 34 << 20;
/// Any other form: a mapper or a certificate chain is the longest.
const MAX_FORM: usize = 1 << 20;
const REQUEST_LIMIT: Duration = Duration::from_secs(120);
/// Checks, examinations, imports and the like at a time: the machine is there to sign users in.
const HEAVY: usize = 2;
const MAX_CONNECTIONS: usize = 64;

/// Serves the console in plain HTTP until `lifecycle` stops.
pub async fn run(listener: impl Into<Arc<Listener>>, router: Router, lifecycle: Lifecycle) {
    let mut limits = Limits::for_token(0);
    limits.body = MAX_UPLOAD;
    // Checks of servers that do not answer, and a reload that waits for them.
    limits.request = REQUEST_LIMIT;
    let settings = SiteSettings {
        limits,
        random: Random::system(),
        instance: None,
        branding: Arc::default(),
        hsts: false,
        metrics: None,
        mismatches: None,
        balancers_only: None,
        quiet: true,
        extra_headers: vec![(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))],
    };
    let site = Site::new(router, settings, lifecycle.clone());
    Front::new(site, None, lifecycle, None, Mismatches::new(None))
        .run(listener, AcceptLimits::of(MAX_CONNECTIONS))
        .await;
}

/// The console's routes, for a listener at `address`.
pub fn serve_on(address: SocketAddr, backend: Arc<dyn ConsoleBackend>) -> Router {
    let console = Console {
        backend,
        guard: Arc::new(Guard::new(address, Random::system())),
        heavy: Arc::new(Semaphore::new(HEAVY)),
    };
    // An address that was typed, or loaded again, leads to its section.
    let section = |name: &'static str| get(move || async move { Redirect::to(name) });
    let upload = DefaultBodyLimit::max(MAX_UPLOAD);
    Router::new()
        .route("/", get(home))
        .route("/fleet", get(fleet))
        .route("/set-up", section("/").post(set_up))
        .route("/directory", section("/#directory").post(directory))
        .route("/server", section("/#server").post(server))
        .route("/certificate", section("/#server").post(certificate))
        .route("/files", section("/#server").post(files).layer(upload))
        .route("/mapper", section("/#mapper").post(mapper))
        .route("/users", get(users))
        .route("/user", get(user))
        .route("/logs", get(logs))
        .route("/export", section("/#export").post(export))
        .route("/import", section("/#export").post(import).layer(upload))
        .route("/take-back", section("/#changes").post(take_back))
        .route("/doctor", section("/#doctor").post(doctor))
        .layer(DefaultBodyLimit::max(MAX_FORM))
        .layer(from_fn_with_state(console.clone(), guard::check))
        .with_state(console)
}
