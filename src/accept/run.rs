//! The accept loop: never waits for a client, never has more than so many, never ends by an error.

use std::{future::Future, io, sync::Arc, time::Duration};

use tokio::{
    net::TcpStream,
    time::{Instant, sleep, timeout_at},
};

use super::{
    Connection,
    balancers::{Mismatches, Place, Sender},
    canonical,
    listener::Listener,
    mismatch::Mismatch,
    proxy,
    seats::{Seat, Seats},
    stream::Stream,
};
use crate::{
    cause,
    config::{ListenConfig, ProxyProtocol},
    lifecycle::Lifecycle,
    network::NetworkWidths,
    telemetry::{Metrics, event},
};

/// The pause after an error that the next `accept` would meet again.
const PAUSE: Duration = Duration::from_millis(200);
/// When told to stop, connections that the kernel has already taken are still served; this long.
const ACCEPT_GRACE: Duration = Duration::from_millis(100);

/// Open files beside those of connections: directory, tunnel, log, files that are read, the listeners of
/// operators and console.
const OTHER_FILES: u64 = 400;

/// The limits of the loop.
#[derive(Debug, Clone)]
pub struct AcceptLimits {
    pub seats: Seats,
    /// `Some`: each connection must begin with a PROXY v2 header.
    pub proxy: Option<ProxyRule>,
}

/// Whose PROXY header counts, and how long it may take.
#[derive(Debug, Clone)]
pub struct ProxyRule {
    pub config: ListenConfig,
    pub limit: Duration,
    pub mismatches: Mismatches,
}

impl AcceptLimits {
    /// So many connections, without a PROXY header.
    #[must_use]
    pub fn of(connections: usize) -> Self {
        Self {
            seats: Seats::new(connections, NetworkWidths::default(), None),
            proxy: None,
        }
    }

    /// As the configuration asks, for the port that users reach.
    #[must_use]
    pub fn from_config(
        config: &ListenConfig,
        connections: usize,
        mismatches: &Mismatches,
        metrics: &Arc<Metrics>,
    ) -> Self {
        Self {
            seats: Seats::new(connections, config.networks, Some(Arc::clone(metrics))),
            proxy: (config.proxy_protocol == ProxyProtocol::V2).then(|| ProxyRule {
                config: config.clone(),
                limit: proxy::PROXY_HEADER_LIMIT,
                mismatches: mismatches.clone(),
            }),
        }
    }
}

/// Takes as many open files as `wanted` connections need, as far as the system allows (the usual soft
/// limit of 1024 is there for `select`), and gives no more connections than that leaves room for: clients
/// cannot take what the directory, the tunnel, the keytab and the log need.
#[must_use]
pub fn within_open_files(wanted: usize) -> usize {
    match rlimit::increase_nofile_limit(wanted as u64 + OTHER_FILES) {
        Ok(open_files) => {
            let connections = wanted.min(room(open_files));
            if connections < wanted {
                tracing::warn!(
                    event = event::ACCEPT_CONNECTIONS_LIMITED,
                    open_files,
                    wanted,
                    max_connections = connections,
                    "fewer connections than MAX_CONNECTIONS are taken: raise LimitNOFILE"
                );
            }
            connections
        }
        Err(error) => {
            tracing::warn!(
                event = event::ACCEPT_CONNECTIONS_LIMITED,
                error = cause::io(&error),
                "the limit of open files is unknown: MAX_CONNECTIONS may be more than this machine allows"
            );
            wanted
        }
    }
}

/// Connections among so many open files: [`OTHER_FILES`] are kept, or half where there are so few.
fn room(open_files: u64) -> usize {
    let room = open_files - OTHER_FILES.min(open_files / 2);
    usize::try_from(room).unwrap_or(usize::MAX).max(1)
}

/// Accepts until `lifecycle` stops, and runs `serve` for each connection in a task of its own.
///
/// Returns when the port is closed; the connections' tasks may still run (`lifecycle` waits for them).
/// Pass `metrics` for the port that users reach.
pub async fn accept<F, Fut>(
    listener: Arc<Listener>,
    limits: AcceptLimits,
    lifecycle: Lifecycle,
    metrics: Option<Arc<Metrics>>,
    serve: F,
) where
    F: Fn(Connection) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    // A drain must not end between the last connection and its task.
    let _running = lifecycle.hold();
    let task = Task {
        rule: limits.proxy.map(Arc::new),
        metrics,
        serve,
    };
    let seats = limits.seats;
    let mut failing = false;
    loop {
        let accepted = tokio::select! {
            biased;
            () = lifecycle.stopping() => break,
            accepted = listener.socket.accept() => accepted,
        };
        match accepted {
            Ok((socket, from)) => {
                failing = false;
                let stopped = async {
                    lifecycle.stopping().await;
                    sleep(ACCEPT_GRACE).await;
                };
                tokio::select! {
                    biased;
                    seat = seats.take(from.ip()) => task.spawn(&lifecycle, socket, from, seat),
                    () = stopped => break,
                }
            }
            Err(cause) if of_one_connection(&cause) => {
                tracing::debug!(%cause, "a connection ended before it was accepted");
            }
            Err(cause) => {
                task.count("accept_error");
                if !std::mem::replace(&mut failing, true) {
                    tracing::error!(
                        event = event::ACCEPT_FAILED,
                        cause = cause::io(&cause),
                        "cannot accept connections, it is tried again: when too many files are open, raise LimitNOFILE"
                    );
                }
                tokio::select! {
                    () = lifecycle.stopping() => break,
                    () = sleep(PAUSE) => {}
                }
            }
        }
    }
    let deadline = Instant::now() + ACCEPT_GRACE;
    while let Ok(Ok((socket, from))) = timeout_at(deadline, listener.socket.accept()).await
        && let Ok(seat) = timeout_at(deadline, seats.take(from.ip())).await
    {
        task.spawn(&lifecycle, socket, from, seat);
    }
}

/// What the task of a connection needs.
struct Task<F> {
    rule: Option<Arc<ProxyRule>>,
    metrics: Option<Arc<Metrics>>,
    serve: F,
}

impl<F, Fut> Task<F>
where
    F: Fn(Connection) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    fn spawn(
        &self,
        lifecycle: &Lifecycle,
        socket: TcpStream,
        from: std::net::SocketAddr,
        seat: Seat,
    ) {
        let from = canonical(from);
        let rule = self.rule.clone();
        let metrics = self.metrics.clone();
        let serve = self.serve.clone();
        let activity = seat.activity().clone();
        let served = lifecycle.spawn(async move {
            let mut stream = Stream::new(socket, seat);
            let _open = metrics.as_deref().map(Open::new);
            // Answers are written whole; waiting for more to send would only delay them.
            if let Err(cause) = stream.socket().set_nodelay(true) {
                tracing::debug!(%cause, client = %from, "TCP_NODELAY could not be set");
            }
            let connection = match rule.as_deref() {
                None => Connection {
                    stream,
                    peer: from,
                    via: None,
                },
                Some(rule) => match introduce(rule, &mut stream, from).await {
                    Ok((peer, via)) => Connection { stream, peer, via },
                    Err(refusal) => {
                        count(metrics.as_deref(), refusal.label());
                        // What a balancer does wrong again and again has a line of its own.
                        let is_mismatch = matches!(
                            refusal,
                            proxy::ProxyRefusal::Untrusted
                                | proxy::ProxyRefusal::Missing
                                | proxy::ProxyRefusal::Version1
                        );
                        let lines = metrics.as_ref().map(|m| &m.outsider_lines.proxy_headers);
                        if !is_mismatch
                            && let Some(suppressed) =
                                lines.map_or(Some(0), |lines| lines.pass(from.ip()))
                        {
                            tracing::warn!(
                                event = event::ACCEPT_PROXY_REFUSED,
                                %from,
                                reason = %refusal,
                                suppressed,
                                "connection refused"
                            );
                        } else {
                            tracing::debug!(%from, reason = %refusal, "connection refused");
                        }
                        return;
                    }
                },
            };
            serve(connection).await;
        });
        activity.is_served_by(served.abort_handle());
    }

    fn count(&self, outcome: &str) {
        count(self.metrics.as_deref(), outcome);
    }
}

/// The client's address, and the balancer's, after the header.
async fn introduce(
    rule: &ProxyRule,
    stream: &mut Stream,
    from: std::net::SocketAddr,
) -> Result<(std::net::SocketAddr, Option<std::net::SocketAddr>), proxy::ProxyRefusal> {
    let note = |mismatch| {
        let sender = Sender {
            address: from.ip(),
            for_client: false,
        };
        rule.mismatches.note(mismatch, sender, Place::Users, None);
    };
    if !rule.config.trusts(from.ip()) {
        note(Mismatch::NotTrusted);
        return Err(proxy::ProxyRefusal::Untrusted);
    }
    match proxy::read_header(stream, rule.limit).await {
        Ok(Some(address)) => {
            let client = canonical(address.source);
            stream.seat().belongs_to(client.ip());
            Ok((client, Some(from)))
        }
        Ok(None) => Ok((from, None)),
        Err(refusal) => {
            match refusal {
                proxy::ProxyRefusal::Version1 => note(Mismatch::ProxyVersion1),
                proxy::ProxyRefusal::Missing => note(Mismatch::NoProxyHeader),
                _ => {}
            }
            Err(refusal)
        }
    }
}

fn count(metrics: Option<&Metrics>, outcome: &str) {
    if let Some(metrics) = metrics {
        metrics
            .connections_opened
            .with_label_values(&[outcome])
            .inc();
    }
}

/// Counts a connection as open for as long as it lives, however its task ends.
struct Open(prometheus::IntGauge);

impl Open {
    fn new(metrics: &Metrics) -> Self {
        metrics.connections.inc();
        Self(metrics.connections.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Whether the error belongs to the connection that was about to be accepted (accept(2), "Error
/// handling"), so that the next one may well succeed.
fn of_one_connection(cause: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        cause.kind(),
        Kind::ConnectionAborted
            | Kind::ConnectionReset
            | Kind::ConnectionRefused
            | Kind::Interrupted
            | Kind::TimedOut
            | Kind::HostUnreachable
            | Kind::NetworkUnreachable
            | Kind::NetworkDown
            | Kind::PermissionDenied
    )
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
