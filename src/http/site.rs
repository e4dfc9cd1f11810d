//! A router with all that its requests and answers have in common.

use std::{
    net::SocketAddr,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use futures_util::FutureExt;
use http_body_util::{BodyExt, Limited};
use tokio::time::{Instant, timeout};

use super::{
    Branding, Limits, Random, answer, host,
    joined::Joined,
    page::{PageContext, RequestId},
};
use crate::{
    accept::{Mismatch, Mismatches, Place, Sender},
    config::{InstanceMark, ListenConfig},
    lifecycle::Lifecycle,
    telemetry::{Lines, Metrics, OutsiderLines, event, some},
    tls::ConnectionInfo,
};

/// What is read and thrown away of a body that is refused: a connection closed with unread bytes is
/// reset, and the reset may overtake the answer.
const DISCARD_BYTES: usize = 1024 * 1024;
const DISCARD_LIMIT: Duration = Duration::from_secs(2);
/// What the health checks of balancers call themselves, a part of it in small letters.
const PROBES: [&str; 6] = [
    "health",
    "probe",
    "check",
    "googlehc",
    "load balancer",
    "go-http-client",
];
/// The longest path in the log, and the longest method.
const LOGGED_PATH: usize = 200;
const LOGGED_METHOD: usize = 20;

/// How a site treats its requests and answers.
#[derive(Debug, Clone)]
pub struct SiteSettings {
    pub limits: Limits,
    pub random: Random,
    /// What the numbers of its requests begin with, on the site that users see.
    pub instance: Option<InstanceMark>,
    pub branding: Arc<Branding>,
    /// TLS is ours: browsers are made to use nothing else for this host (HSTS).
    pub hsts: bool,
    /// Counts the answers of the port that users reach.
    pub metrics: Option<Arc<Metrics>>,
    /// Notes that requests arrive on the port that users reach, and health checks that ask for what
    /// is not there.
    pub mismatches: Option<Mismatches>,
    /// Where a balancer ends TLS: who it may be. Nobody else is served.
    pub balancers_only: Option<ListenConfig>,
    /// Every request is logged at level debug; otherwise only probes are.
    pub quiet: bool,
    /// Headers of every answer, the name of the instance for instance.
    pub extra_headers: Vec<(HeaderName, HeaderValue)>,
}

/// A router with limits, headers and log around it. A cheap handle.
#[derive(Debug, Clone)]
pub struct Site {
    pub(super) router: Router,
    pub(super) limits: Limits,
    superseded: Arc<AtomicBool>,
}

#[derive(Debug)]
struct Shared {
    settings: SiteSettings,
    lifecycle: Lifecycle,
    superseded: Arc<AtomicBool>,
}

impl Site {
    /// Wraps `router`. Answers say `Connection: close` as soon as `lifecycle` drains, or another site
    /// has come in place of this one.
    #[must_use]
    pub fn new(router: Router, settings: SiteSettings, lifecycle: Lifecycle) -> Self {
        let limits = settings.limits.clone();
        let superseded = Arc::new(AtomicBool::new(false));
        let shared = Arc::new(Shared {
            settings,
            lifecycle,
            superseded: Arc::clone(&superseded),
        });
        Self {
            router: router.layer(from_fn_with_state(shared, around)),
            limits,
            superseded,
        }
    }

    /// Lets open connections end with their next answer.
    pub(super) fn supersede(&self) {
        self.superseded.store(true, Ordering::Relaxed);
    }

    /// The router with all of that, for tests that need no connection.
    #[cfg(test)]
    pub fn router(&self) -> Router {
        self.router.clone()
    }
}

/// The way of every request.
async fn around(State(shared): State<Arc<Shared>>, mut request: Request, next: Next) -> Response {
    let settings = &shared.settings;
    let started = Instant::now();
    let page = PageContext::new(
        &settings.random,
        settings.instance,
        Arc::clone(&settings.branding),
        settings.branding.language_for(request.headers()),
    );
    let seen = Seen::of(&request, settings.quiet);
    request.extensions_mut().insert(page.clone());

    let names_a_host = host::is_clear(&request);
    let refused = if names_a_host {
        too_large(&request, &settings.limits)
    } else {
        Some(StatusCode::BAD_REQUEST)
    };
    let response = match refused {
        Some(status) => {
            // Reading would invite a client that waits for `100 Continue` to send all of it.
            if !request.headers().contains_key(header::EXPECT) {
                discard(request.into_body()).await;
            }
            answer::error(&page, status)
        }
        None => run(request, next, settings, &page, seen.client).await,
    };
    let mut response = answer::shaped(response, &seen.method, &page);
    answer::secure(&mut response, &page, settings.hsts);
    let headers = response.headers_mut();
    for (name, value) in &settings.extra_headers {
        headers.insert(name, value.clone());
    }
    let last = shared.lifecycle.is_draining() || shared.superseded.load(Ordering::Relaxed);
    if refused.is_some() || last {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    let status = response.status();
    if let Some(mismatches) = &settings.mismatches {
        if let Some((mismatch, from)) = seen.lost_probe(status, names_a_host) {
            let sender = Sender {
                address: from,
                for_client: false,
            };
            mismatches.note(mismatch, sender, Place::Users, None);
        }
        match seen.sender {
            Some(sender) if seen.is_refused(settings.balancers_only.as_ref()) => {
                // A monitor may well ask for a probe here: that counts only when nothing else arrives.
                let sender = Sender {
                    for_client: seen.is_probe,
                    ..sender
                };
                mismatches.note(Mismatch::NotTrusted, sender, Place::Users, None);
            }
            // Whoever asks for a page is a client, also where the balancer ends TLS and names none.
            Some(sender) => mismatches.served(Sender {
                for_client: sender.for_client || !seen.is_probe,
                ..sender
            }),
            None => {}
        }
    }
    if let Some(metrics) = &settings.metrics {
        metrics
            .responses
            .with_label_values(&[status.as_str()])
            .inc();
    }
    let metrics = settings.metrics.as_deref();
    seen.log(&page.request_id, status, started.elapsed(), metrics);
    response
}

/// The handler, within its limits; a panic in it costs this request only.
async fn run(
    request: Request,
    next: Next,
    settings: &SiteSettings,
    page: &PageContext,
    client: Option<SocketAddr>,
) -> Response {
    let SiteSettings {
        limits, metrics, ..
    } = settings;
    let lines = metrics.as_ref().map(|metrics| &metrics.outsider_lines);
    // Without an address there is nobody from outside.
    let passes = |of: fn(&OutsiderLines) -> &Lines| match lines.zip(client) {
        Some((lines, client)) => of(lines).pass(client.ip()),
        None => Some(0),
    };
    let body_limit = limits.body;
    let request = request.map(|body| Body::new(Joined::new(Limited::new(body, body_limit))));
    let handler = AssertUnwindSafe(next.run(request)).catch_unwind();
    match timeout(limits.request, handler).await {
        Ok(Ok(response)) => response,
        Ok(Err(_panic)) => {
            // Where it was is a line of its own (`program.panicked`).
            if let Some(left_out) = passes(|lines| &lines.panics) {
                tracing::error!(
                    event = event::HTTP_PANICKED,
                    request_id = %page.request_id,
                    left_out = some(left_out),
                    "a handler panicked: please report this"
                );
            }
            answer::error(page, StatusCode::INTERNAL_SERVER_ERROR)
        }
        Err(_elapsed) => {
            if let Some(left_out) = passes(|lines| &lines.timeouts) {
                tracing::warn!(
                    event = event::HTTP_TIMED_OUT,
                    request_id = %page.request_id,
                    left_out = some(left_out),
                    "no answer within the time limit"
                );
            }
            answer::error(page, StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

/// The status of a request that is refused for its size before anything else looks at it.
fn too_large(request: &Request, limits: &Limits) -> Option<StatusCode> {
    // `name: value\r\n`, and `METHOD target HTTP/1.1\r\n`.
    let headers: usize = request
        .headers()
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum();
    let target = request
        .uri()
        .path_and_query()
        .map_or(0, |t| t.as_str().len());
    if headers + target + request.method().as_str().len() + 12 > limits.head {
        return Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    }
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    announced
        .is_some_and(|length| length > limits.body as u64)
        .then_some(StatusCode::PAYLOAD_TOO_LARGE)
}

async fn discard(body: Body) {
    let mut body = Limited::new(body, DISCARD_BYTES);
    let all = async { while let Some(Ok(_)) = body.frame().await {} };
    let _ = timeout(DISCARD_LIMIT, all).await;
}

/// What the log says of a request; taken before the handler consumes it.
struct Seen {
    method: axum::http::Method,
    path: String,
    client: Option<SocketAddr>,
    /// The other end of the socket: a balancer, where there is one.
    sender: Option<Sender>,
    /// It asks whether this instance is well.
    is_probe: bool,
    /// Nobody's browser: it does not say what it is, or says that it is a health check, and no balancer
    /// has named a client.
    is_machine: bool,
    quiet: bool,
}

impl Seen {
    fn of(request: &Request, quiet: bool) -> Self {
        let is_probe = request
            .extensions()
            .get::<MatchedPath>()
            .is_some_and(|path| matches!(path.as_str(), "/healthz" | "/readyz" | "/metrics"));
        let info = request.extensions().get::<ConnectionInfo>();
        let agent = request.headers().get(header::USER_AGENT);
        let agent = agent.map(|agent| String::from_utf8_lossy(agent.as_bytes()).to_lowercase());
        let is_check = |agent: String| PROBES.iter().any(|word| agent.contains(word));
        Self {
            is_machine: info.is_some_and(|info| info.via.is_none()) && agent.is_none_or(is_check),
            client: info.map(|info| info.client),
            sender: info.map(|info| Sender {
                address: info.via.unwrap_or(info.client).ip(),
                for_client: info.via.is_some(),
            }),
            is_probe,
            method: request.method().clone(),
            // Without the query: it holds what applications pass along.
            path: request.uri().path().chars().take(LOGGED_PATH).collect(),
            quiet: quiet || is_probe,
        }
    }

    /// Whether it comes from nobody who is served.
    fn is_refused(&self, balancers_only: Option<&ListenConfig>) -> bool {
        let (Some(sender), Some(listen)) = (self.sender, balancers_only) else {
            return false;
        };
        !listen.trusts(sender.address)
    }

    /// What is wrong with a health check, and its sender: it asks for what is not there, or names no host.
    fn lost_probe(
        &self,
        status: StatusCode,
        names_a_host: bool,
    ) -> Option<(Mismatch, std::net::IpAddr)> {
        let from = self.client.filter(|_| self.is_machine)?.ip();
        if !names_a_host {
            return Some((Mismatch::ProbeHost, from));
        }
        let lost = matches!(
            status,
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::BAD_REQUEST
        );
        // While it drains, /readyz is 404 too.
        let asks_well = ["/readyz", "/healthz"].contains(&self.path.as_str());
        (lost && !asks_well).then_some((Mismatch::ProbePath, from))
    }

    fn log(
        &self,
        request_id: &RequestId,
        status: StatusCode,
        took: Duration,
        metrics: Option<&Metrics>,
    ) {
        let Self { method, path, .. } = self;
        let method = method.as_str();
        let method = &method[..method.floor_char_boundary(LOGGED_METHOD)];
        let lines = metrics.map(|metrics| &metrics.outsider_lines.requests);
        let left_out = match lines.zip(self.client) {
            Some((lines, client)) if !self.quiet => lines.pass(client.ip()),
            _ => Some(0),
        };
        let client = self.client.map(tracing::field::display);
        let status = status.as_u16();
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        match left_out.filter(|_| !self.quiet) {
            None => tracing::debug!(%request_id, method, path, status, ms, client, "request"),
            Some(left_out) => tracing::info!(
                event = event::HTTP_ANSWERED,
                %request_id,
                method,
                path,
                status,
                ms,
                client,
                left_out = some(left_out),
                "request"
            ),
        }
    }
}

#[cfg(test)]
#[path = "site_tests.rs"]
mod tests;
