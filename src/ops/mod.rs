//! What operators and machines ask: metrics, liveness, readiness, how this instance is, on a listener of its own that
//! answers until the very end.

mod instance;
mod readiness;

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use crate::{
    accept::Mismatches,
    http::{AcceptLimits, Front, Limits, Listener, Random, Site, SiteSettings, page::Verbatim},
    lifecycle::Lifecycle,
    telemetry::{Metrics, event},
};

pub use self::{
    instance::InstancePage,
    readiness::{Readiness, Ready},
};

/// Scrapers and balancers are few. The bound keeps a mistake from taking every file descriptor, and when it is
/// reached the longest idle connection of whoever holds most goes, so that a scraper is always served.
const MAX_CONNECTIONS: usize = 128;

/// `/healthz` and `/readyz`, for the port that users reach as well: a balancer should check the path
/// that they take.
pub fn probes(readiness: Arc<Readiness>) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .with_state(readiness)
}

/// The probes, `/metrics`, and `/instance` where there is something to tell.
pub fn router(
    readiness: Arc<Readiness>,
    metrics: Arc<Metrics>,
    page: Option<InstancePage>,
) -> Router {
    let instance = page.map(|page| {
        Router::new()
            .route("/instance", get(instance::instance))
            .with_state(Arc::new(page))
    });
    let scrape = Router::new()
        .route("/metrics", get(scrape))
        .with_state((Arc::clone(&readiness), metrics));
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz_for_operators))
        .with_state(readiness)
        .merge(scrape)
        .merge(instance.unwrap_or_default())
}

/// Serves `router` in plain HTTP on `listener` until `lifecycle` stops: not the one of the front that
/// users reach, but one that is drained after it.
pub async fn run(
    listener: impl Into<Arc<Listener>>,
    router: Router,
    lifecycle: Lifecycle,
    mismatches: Mismatches,
) {
    let settings = SiteSettings {
        limits: Limits::for_token(0),
        random: Random::system(),
        instance: None,
        branding: Arc::default(),
        hsts: false,
        metrics: None,
        mismatches: None,
        balancers_only: None,
        quiet: true,
        extra_headers: Vec::new(),
    };
    let site = Site::new(router, settings, lifecycle.clone());
    Front::new(site, None, lifecycle, None, mismatches)
        .run(listener, AcceptLimits::of(MAX_CONNECTIONS))
        .await;
}

/// The process runs and serves requests; says nothing about what it depends on.
async fn healthz() -> &'static str {
    "ok\n"
}

/// For whoever reaches the port of the direct logins: a word. The reasons name servers, and tell an attacker
/// what has an effect.
async fn readyz(State(readiness): State<Arc<Readiness>>) -> Response {
    let ready = match readiness.evaluate() {
        Ready::No(_) => Ready::No(vec!["not ready".to_owned()]),
        ready => ready,
    };
    response(ready, &[])
}

async fn readyz_for_operators(State(readiness): State<Arc<Readiness>>) -> Response {
    response(readiness.evaluate_for_operators(), &readiness.warnings())
}

fn response(ready: Ready, warnings: &[String]) -> Response {
    let (status, text) = match ready {
        Ready::Yes => (StatusCode::OK, format!("ready\n{}", lines(warnings))),
        Ready::No(reasons) => {
            let text = format!("{}{}", lines(&reasons), lines(warnings));
            (StatusCode::SERVICE_UNAVAILABLE, text)
        }
        // Not 503: HAProxy's `disable-on-404` takes the server out gently, 503 would cut what runs.
        Ready::Draining => (StatusCode::NOT_FOUND, "draining\n".to_owned()),
    };
    let mut response = (status, text).into_response();
    response.extensions_mut().insert(Verbatim);
    response
}

async fn scrape(State((readiness, metrics)): State<(Arc<Readiness>, Arc<Metrics>)>) -> Response {
    metrics
        .ready
        .set(i64::from(readiness.evaluate_for_operators() == Ready::Yes));
    match metrics.render() {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response(),
        Err(cause) => {
            tracing::error!(
                event = event::METRICS_FAILED,
                %cause,
                "the metrics could not be rendered"
            );
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn lines(reasons: &[String]) -> String {
    reasons.iter().fold(String::new(), |mut text, reason| {
        text.push_str(reason);
        text.push('\n');
        text
    })
}

#[cfg(test)]
#[path = "ops_tests.rs"]
mod tests;
