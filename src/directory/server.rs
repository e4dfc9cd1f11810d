//! One server: its service connection, and what is known about its health.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

use super::{
    connect::Connector,
    connect_cause::ConnectCause,
    connection::{Connection, Search},
    domains::Kind,
    entry::Entry,
    error::DirectoryError,
    idle::IdleConnections,
};
use crate::{
    clock::Clock,
    config::DirectoryConfig,
    telemetry::{Metrics, event},
};

/// An operation waits this long for a connection that is being made.
const GRACE: Duration = Duration::from_secs(1);
/// After this long without a server operations fail at once; attempts to connect go on.
const OUTAGE: Duration = Duration::from_secs(5);
/// What Kerberos allows, in seconds (RFC 4120, section 3.1.3; MIT's and AD's default).
pub(super) const CLOCK_SKEW: i64 = 300;
/// A connection is replaced after this much use: what leaks in client or server stays small.
pub(super) const MAX_OPERATIONS: u32 = 50_000;

#[derive(Debug)]
pub(super) struct Server {
    pub connector: Connector,
    pub config: Arc<DirectoryConfig>,
    state: watch::Sender<State>,
    /// For searches that may take long.
    pub idle: IdleConnections,
    /// Set by an operation that got no answer, until a probe has shown that the server is well.
    doubted: AtomicBool,
    /// How long the last heartbeat search took, in microseconds; 0 before the first.
    answered_in: AtomicU64,
    /// Asks the supervision to look at the connection: it is in doubt or worn.
    pub probe: Notify,
    metrics: Arc<Metrics>,
    /// What its clock is compared with.
    pub clock: Clock,
}

/// What is known about a server.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub connection: Option<Arc<Connection>>,
    /// When the server last changed between up and down.
    pub since: Instant,
    /// Whether it ever was up.
    pub was_up: bool,
    pub error: Option<DirectoryError>,
    /// Its clock less ours, in seconds, while it is up and tells.
    pub clock_offset: Option<i64>,
    /// What it said when it was last connected.
    pub kind: Option<Kind>,
}

impl State {
    /// Whether the server is down in a way that does not end within a second.
    fn is_lasting(&self, now: Instant) -> bool {
        matches!(self.error, Some(DirectoryError::ServiceAccount { .. }))
            || now.duration_since(self.since) > OUTAGE
    }
}

impl Server {
    pub fn new(
        connector: Connector,
        config: Arc<DirectoryConfig>,
        metrics: Arc<Metrics>,
        clock: Clock,
    ) -> Self {
        metrics
            .directory_up
            .with_label_values(&[connector.name()])
            .set(0);
        let state = State {
            connection: None,
            since: Instant::now(),
            was_up: false,
            error: None,
            clock_offset: None,
            kind: None,
        };
        Self {
            connector,
            config,
            state: watch::Sender::new(state),
            idle: IdleConnections::default(),
            doubted: AtomicBool::new(false),
            answered_in: AtomicU64::new(0),
            probe: Notify::new(),
            metrics,
            clock,
        }
    }

    pub fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// 0: well; 1: up, but in doubt; 2: down.
    pub fn rank(&self) -> u8 {
        if self.state.borrow().connection.is_none() {
            2
        } else {
            u8::from(self.doubted.load(Ordering::Relaxed))
        }
    }

    /// Something got no answer from this server: others are preferred until a probe clears it.
    pub fn doubt(&self) {
        self.doubted.store(true, Ordering::Relaxed);
        self.probe.notify_one();
    }

    /// A probe was answered.
    pub fn trust(&self) {
        self.doubted.store(false, Ordering::Relaxed);
    }

    /// A heartbeat search took this long.
    pub fn note_answer(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.answered_in.store(micros.max(1), Ordering::Relaxed);
    }

    pub fn answered_in(&self) -> Option<Duration> {
        match self.answered_in.load(Ordering::Relaxed) {
            0 => None,
            micros => Some(Duration::from_micros(micros)),
        }
    }

    /// A search on the service connection.
    pub async fn search(
        &self,
        search: &Search<'_>,
        deadline: Instant,
    ) -> Result<Vec<Entry>, DirectoryError> {
        let connection = self.connection(deadline).await?;
        self.count("lookups");
        let found = connection.search(search, deadline).await;
        match &found {
            Err(DirectoryError::Timeout { .. }) => self.doubt(),
            _ if connection.operations() >= MAX_OPERATIONS => self.probe.notify_one(),
            _ => {}
        }
        found
    }

    /// Counts a search by the connection that it takes.
    pub fn count(&self, connection: &str) {
        let searches = &self.metrics.directory_searches;
        searches.with_label_values(&[connection]).inc();
    }

    /// The service connection, waiting a little for one that is being made.
    pub async fn connection(&self, deadline: Instant) -> Result<Arc<Connection>, DirectoryError> {
        let mut state = self.state.subscribe();
        let usable = |state: &State| {
            // Dead ones are as good as none: their successor is on its way.
            let connection = state
                .connection
                .as_ref()
                .filter(|connection| !connection.is_dead());
            match (connection, &state.error) {
                (Some(connection), _) => Some(Ok(Arc::clone(connection))),
                (None, Some(error)) if state.is_lasting(Instant::now()) => Some(Err(error.clone())),
                (None, _) => None,
            }
        };
        let limit = deadline.min(Instant::now() + GRACE);
        let ready =
            tokio::time::timeout_at(limit, state.wait_for(|state| usable(state).is_some())).await;
        match ready {
            Ok(Ok(state)) => usable(&state),
            _ => None,
        }
        .unwrap_or_else(|| {
            let error = self.state.borrow().error.clone();
            Err(error.unwrap_or_else(|| {
                DirectoryError::connect(self.connector.name(), ConnectCause::NoAnswer)
            }))
        })
    }

    /// Publishes a new connection; true when the server was not up before.
    pub fn set_connected(&self, connection: Arc<Connection>) -> bool {
        self.doubted.store(false, Ordering::Relaxed);
        self.metrics
            .directory_up
            .with_label_values(&[self.connector.name()])
            .set(1);
        let mut turned = false;
        self.state.send_modify(|state| {
            turned = state.connection.is_none();
            if turned {
                state.since = Instant::now();
            }
            state.connection = Some(connection);
            state.was_up = true;
            state.error = None;
        });
        turned
    }

    /// Takes this server off the metrics page.
    pub fn forget_metrics(&self) {
        // An error says that it was not there.
        let _ = self
            .metrics
            .directory_up
            .remove_label_values(&[self.connector.name()]);
    }

    /// Which kind of directory it is, once it was connected.
    pub fn kind(&self) -> Option<Kind> {
        self.state.borrow().kind.clone()
    }

    pub fn is_active_directory(&self) -> bool {
        let state = self.state.borrow();
        matches!(state.kind, Some(Kind::ActiveDirectory(_)))
    }

    /// Notes what it says of itself; what tells less than was known before is left out.
    pub fn set_kind(&self, kind: Kind) {
        self.state.send_modify(|state| {
            let known = state.kind.as_ref();
            if known.is_none_or(|known| kind.tells_as_much_as(known)) {
                state.kind = Some(kind);
            }
        });
    }

    /// Notes its clock less ours, in seconds.
    pub fn clock_differs(&self, offset: Option<i64>) {
        let is_off = |offset: Option<i64>| offset.is_some_and(|o| o.abs() > CLOCK_SKEW);
        let mut before = None;
        self.state.send_modify(|state| {
            before = std::mem::replace(&mut state.clock_offset, offset);
        });
        let Some(seconds) = offset else { return };
        #[expect(
            clippy::cast_precision_loss,
            reason = "a difference of clocks is small"
        )]
        self.metrics
            .directory_clock
            .with_label_values(&[self.connector.name()])
            .set(seconds as f64);
        if is_off(offset) && !is_off(before) {
            tracing::error!(
                event = event::DIRECTORY_CLOCK_OFF,
                server = self.connector.name(),
                seconds,
                "the directory server's clock and this machine's differ: Kerberos allows 300 s. Set this \
                 machine's clock by NTP from the domain controllers"
            );
        }
    }

    pub fn set_failed(&self, error: DirectoryError) {
        self.metrics
            .directory_up
            .with_label_values(&[self.connector.name()])
            .set(0);
        self.state.send_modify(|state| {
            if state.connection.take().is_some() {
                state.since = Instant::now();
            }
            state.error = Some(error);
            state.clock_offset = None;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_lasts_after_some_seconds_and_a_refused_bind_at_once() {
        let since = Instant::now();
        let down = |error| State {
            connection: None,
            since,
            was_up: true,
            error: Some(error),
            clock_offset: None,
            kind: None,
        };
        let silent = down(DirectoryError::connect("dc1", ConnectCause::NoAnswer));
        assert!(!silent.is_lasting(since + OUTAGE));
        assert!(silent.is_lasting(since + OUTAGE + Duration::from_millis(1)));
        let refused = down(DirectoryError::ServiceAccount {
            server: "dc1".to_owned(),
            cause: Box::new(crate::directory::BindError::WrongPassword),
        });
        assert!(refused.is_lasting(since));
    }
}
