//! Every metric of the program, in one struct.
//!
//! Names follow Prometheus' conventions: the prefix `ad_edge_`, base units, few labels, and no label
//! whose values a client could choose.

use std::{collections::BTreeMap, time::Duration};

use prometheus::{
    Encoder, Gauge, GaugeVec, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec,
    Registry, TextEncoder, core::Collector as _, proto::Metric,
};
use tokio::time::Instant;

use super::{
    outsiders::OutsiderLines,
    queue,
    registered::{
        counter, counters, float_gauge, float_gauges, from_zero, gauge, gauges, histograms,
    },
    remembered::Remembered,
    task::Task,
};

/// Good and refused logins by method.
pub type Counts = BTreeMap<String, (u64, u64)>;

/// How a login ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginOutcome {
    Success,
    Refused,
}

impl LoginOutcome {
    const ALL: [Self; 2] = [Self::Success, Self::Refused];

    /// The label of metrics and audit lines.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Refused => "refused",
        }
    }

    fn of_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.label() == label)
    }
}

/// The metrics of one instance and the registry that holds them.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// `ad_edge_logins_total{method, outcome, reason}`: finished direct logins, by [`LoginOutcome`].
    /// `reason` is empty after a success.
    pub logins: IntCounterVec,
    /// `ad_edge_logins_without_groups_total{method}`: users who signed in without their groups, which could not
    /// be had (`GROUPS_REQUIRED` off).
    pub logins_without_groups: IntCounterVec,
    /// `ad_edge_login_stage_seconds{stage}`: time spent in one stage of a login.
    pub stage_seconds: HistogramVec,
    /// `ad_edge_kerberos_authenticators`: those remembered against replays.
    authenticators: IntGauge,
    /// `ad_edge_challenges_total`: answers 401 that ask for Kerberos.
    pub challenges: IntCounter,
    /// `ad_edge_connections`: open connections on PORT.
    pub connections: IntGauge,
    /// `ad_edge_connections_limit`: open connections on PORT at most.
    pub connections_limit: IntGauge,
    /// `ad_edge_connections_closed_early_total{reason}`: connections on PORT that were closed while they kept
    /// this instance waiting: `full`, for another one; `pressed`, with few places left; `memory`, what they had
    /// sent was too much for all together.
    pub connections_closed_early: IntCounterVec,
    /// `ad_edge_connections_total{outcome}`: accepted connections by how their opening went.
    pub connections_opened: IntCounterVec,
    /// `ad_edge_connections_unused_total{reason}`: connections that were opened and ended without a request:
    /// `closed`, `not_http`, `broken`, `timeout`.
    pub connections_unused: IntCounterVec,
    /// `ad_edge_balancer_mismatches_total{reason}`: connections and checks by which a balancer disagrees
    /// with this instance.
    pub balancer_mismatches: IntCounterVec,
    /// `ad_edge_handshakes_total{kind}`: TLS handshakes, `full` or `resumed`.
    pub handshakes: IntCounterVec,
    /// `ad_edge_http_responses_total{status}`: answers on PORT by status code.
    pub responses: IntCounterVec,
    /// `ad_edge_directory_up{server}`: 1 when the last probe or operation on a server succeeded.
    pub directory_up: IntGaugeVec,
    /// `ad_edge_directory_operations_total{operation, outcome}`.
    pub directory_operations: IntCounterVec,
    /// `ad_edge_directory_searches_total{connection}`: searches that directory servers were asked, on the
    /// connection of all lookups (`lookups`) or on one that nothing else used meanwhile (`apart`).
    pub directory_searches: IntCounterVec,
    /// `ad_edge_directory_seconds{operation}`.
    pub directory_seconds: HistogramVec,
    /// `ad_edge_tunnel_connected`: 1 while the hub sends requests.
    pub tunnel_connected: IntGauge,
    /// `ad_edge_tunnel_connections_total{outcome}`: attempts to reach the hub, and links lost.
    pub tunnel_connections: IntCounterVec,
    /// `ad_edge_tunnel_requests_total{event, outcome}`: messages of the hub.
    pub tunnel_requests: IntCounterVec,
    /// `ad_edge_tunnel_request_seconds{event}`: from a message to its answer.
    pub tunnel_seconds: HistogramVec,
    /// `ad_edge_mapper_runs_total{outcome}`: calls of a profile mapper in JavaScript.
    pub mapper_runs: IntCounterVec,
    /// `ad_edge_forged_headers_total`: client certificates, and names of users, in headers that no trusted balancer sent.
    pub forged_headers: IntCounter,
    /// `ad_edge_certificate_expiry_seconds{use}`: Unix time at which a certificate ends.
    pub certificate_expiry: GaugeVec,
    /// `ad_edge_file_modified_seconds{use}`: Unix time at which a file in use was last written.
    pub file_modified: GaugeVec,
    /// `ad_edge_reloads_total{outcome}`: times that configuration and files were read again.
    pub reloads: IntCounterVec,
    /// `ad_edge_directory_clock_offset_seconds{server}`: the server's clock less this machine's.
    pub directory_clock: GaugeVec,
    /// `ad_edge_tenant_clock_offset_seconds`: the tenant's clock less this machine's.
    pub tenant_clock: Gauge,
    /// `ad_edge_ticket_steps_total{outcome}`: times that the tenant was asked what it knows.
    pub ticket_steps: IntCounterVec,
    /// `ad_edge_configuration_info{digest}`: always 1; instances of one fleet have one digest.
    configuration: IntGaugeVec,
    /// `ad_edge_remembered_{entries,bytes,budget_bytes}{of}`: what outsiders can make grow.
    pub remembered: Remembered,
    /// `ad_edge_ready`: 1 while this instance can sign someone in.
    pub ready: IntGauge,
    /// `ad_edge_log_lines_dropped_total{kind}`: lines of the log, `audit` and `other`, that could not be
    /// written.
    pub log_lines_dropped: IntCounterVec,
    /// What outsiders write into the log. `ad_edge_log_lines_left_out_total{event}`: lines of theirs that were
    /// too many.
    pub outsider_lines: OutsiderLines,
    /// `ad_edge_task_restarts_total{task}`: panics of tasks that must run, after each of which it has begun
    /// again.
    pub task_restarts: IntCounterVec,
    /// `ad_edge_panics_total`: faults of the program, each with a line in the log.
    pub panics: IntCounter,
}

impl Metrics {
    /// Registers every metric.
    ///
    /// # Panics
    /// When two metrics have one name: a mistake in this file, found by its unit test.
    #[must_use]
    pub fn new() -> Self {
        let registry = Registry::new();
        let r = &registry;
        let build = gauges(
            r,
            "build_info",
            "Version of the running program; always 1.",
            &["version"],
        );
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        Self {
            logins: counters(
                r,
                "logins_total",
                "Finished direct logins.",
                &["method", "outcome", "reason"],
            ),
            logins_without_groups: from_zero(
                counters(
                    r,
                    "logins_without_groups_total",
                    "Users who signed in without their groups, which could not be had.",
                    &["method"],
                ),
                &["kerberos", "password", "certificate", "frontend", "tunnel"],
            ),
            stage_seconds: histograms(
                r,
                "login_stage_seconds",
                "Time spent in one stage of a login.",
                &["stage"],
            ),
            authenticators: gauge(
                r,
                "kerberos_authenticators",
                "Authenticators of Kerberos tokens that are remembered against replays.",
            ),
            challenges: counter(
                r,
                "challenges_total",
                "Answers that ask the browser for Kerberos.",
            ),
            connections: gauge(r, "connections", "Open connections on PORT."),
            connections_limit: gauge(r, "connections_limit", "Open connections on PORT at most."),
            connections_closed_early: from_zero(
                counters(
                    r,
                    "connections_closed_early_total",
                    "Connections on PORT that were closed, while they were idle, to make room.",
                    &["reason"],
                ),
                &["full", "pressed", "memory"],
            ),
            connections_opened: counters(
                r,
                "connections_total",
                "Connections on PORT by how their opening went.",
                &["outcome"],
            ),
            connections_unused: from_zero(
                counters(
                    r,
                    "connections_unused_total",
                    "Connections on PORT that were opened and ended without a request.",
                    &["reason"],
                ),
                &["closed", "not_http", "broken", "timeout"],
            ),
            balancer_mismatches: counters(
                r,
                "balancer_mismatches_total",
                "Connections and health checks by which a balancer disagrees with this instance.",
                &["reason"],
            ),
            handshakes: counters(r, "handshakes_total", "TLS handshakes.", &["kind"]),
            responses: counters(
                r,
                "http_responses_total",
                "Answers on PORT by status code.",
                &["status"],
            ),
            directory_up: gauges(
                r,
                "directory_up",
                "1 when the directory server answered last.",
                &["server"],
            ),
            directory_operations: counters(
                r,
                "directory_operations_total",
                "Directory operations.",
                &["operation", "outcome"],
            ),
            directory_searches: from_zero(
                counters(
                    r,
                    "directory_searches_total",
                    "Searches that directory servers were asked.",
                    &["connection"],
                ),
                &["lookups", "apart"],
            ),
            directory_seconds: histograms(
                r,
                "directory_seconds",
                "Time of a directory operation.",
                &["operation"],
            ),
            tunnel_connected: gauge(
                r,
                "tunnel_connected",
                "1 while the tunnel is connected and the hub sends requests.",
            ),
            tunnel_connections: counters(
                r,
                "tunnel_connections_total",
                "Attempts to reach the hub, and links lost.",
                &["outcome"],
            ),
            tunnel_requests: counters(
                r,
                "tunnel_requests_total",
                "Messages of the hub by how they were answered.",
                &["event", "outcome"],
            ),
            tunnel_seconds: histograms(
                r,
                "tunnel_request_seconds",
                "Time from a message of the hub to its answer.",
                &["event"],
            ),
            mapper_runs: counters(
                r,
                "mapper_runs_total",
                "Calls of the profile mapper in JavaScript.",
                &["outcome"],
            ),
            forged_headers: counter(
                r,
                "forged_headers_total",
                "Client certificates, and names of users, in headers that no trusted balancer sent.",
            ),
            certificate_expiry: float_gauges(
                r,
                "certificate_expiry_seconds",
                "Unix time at which a certificate in use ends.",
                &["use"],
            ),
            file_modified: float_gauges(
                r,
                "file_modified_seconds",
                "Unix time at which a file in use was last written.",
                &["use"],
            ),
            reloads: counters(
                r,
                "reloads_total",
                "Times that configuration and files were read again.",
                &["outcome"],
            ),
            directory_clock: float_gauges(
                r,
                "directory_clock_offset_seconds",
                "The directory server's clock less this machine's.",
                &["server"],
            ),
            tenant_clock: float_gauge(
                r,
                "tenant_clock_offset_seconds",
                "The tenant's clock less this machine's.",
            ),
            ticket_steps: counters(
                r,
                "ticket_steps_total",
                "Times that the tenant was asked what it knows of this installation.",
                &["outcome"],
            ),
            configuration: gauges(
                r,
                "configuration_info",
                "Digest of what must be equal on all instances; always 1.",
                &["digest"],
            ),
            remembered: Remembered::new(r),
            ready: gauge(r, "ready", "1 while this instance can sign someone in."),
            log_lines_dropped: from_zero(
                counters(
                    r,
                    "log_lines_dropped_total",
                    "Lines of the log that could not be written.",
                    &["kind"],
                ),
                &queue::Kind::LABELS,
            ),
            outsider_lines: OutsiderLines::new(&from_zero(
                counters(
                    r,
                    "log_lines_left_out_total",
                    "Lines about what outsiders sent that were too many.",
                    &["event"],
                ),
                &OutsiderLines::EVENTS,
            )),
            task_restarts: from_zero(
                counters(
                    r,
                    "task_restarts_total",
                    "Panics of tasks that must run, after each of which it has begun again.",
                    &["task"],
                ),
                &Task::ALL.map(Task::label),
            ),
            panics: counter(
                r,
                "panics_total",
                "Faults of the program, each with a line in the log.",
            ),
            registry,
        }
    }

    /// Good and refused direct logins so far, by method.
    #[must_use]
    pub fn login_counts(&self) -> Counts {
        let mut counts = Counts::new();
        for family in self.logins.collect() {
            for metric in family.get_metric() {
                let label = |name: &str| {
                    let mut labels = metric.get_label().iter();
                    labels
                        .find(|label| label.name() == name)
                        .map_or("", |label| label.value())
                };
                let method: &mut (u64, u64) = counts.entry(label("method").to_owned()).or_default();
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a count of logins"
                )]
                let count = metric.get_counter().get_value() as u64;
                match LoginOutcome::of_label(label("outcome")) {
                    Some(LoginOutcome::Success) => method.0 += count,
                    Some(LoginOutcome::Refused) | None => method.1 += count,
                }
            }
        }
        counts
    }

    /// The configuration in use from now on. At no moment is there none.
    pub fn show_configuration(&self, digest: &str) {
        self.configuration.with_label_values(&[digest]).set(1);
        for family in self.configuration.collect() {
            let labels = family.get_metric().iter().flat_map(Metric::get_label);
            for old in labels.filter(|label| label.value() != digest) {
                // It is there: it was just listed.
                let _ = self.configuration.remove_label_values(&[old.value()]);
            }
        }
    }

    /// How many authenticators are remembered.
    pub fn remembers(&self, authenticators: usize) {
        let count = i64::try_from(authenticators).unwrap_or(i64::MAX);
        self.authenticators.set(count);
    }

    /// Records what one stage of a login took.
    pub fn stage(&self, stage: &str, took: Duration) {
        self.stage_seconds
            .with_label_values(&[stage])
            .observe(took.as_secs_f64());
    }

    /// The same for a piece of work, done here.
    pub async fn timed<T>(&self, stage: &str, work: impl Future<Output = T>) -> T {
        let start = Instant::now();
        let done = work.await;
        self.stage(stage, start.elapsed());
        done
    }

    /// The text that a Prometheus server scrapes (exposition format 0.0.4).
    ///
    /// # Errors
    /// When a metric cannot be encoded.
    pub fn render(&self) -> Result<String, prometheus::Error> {
        self.remembered.measure();
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
