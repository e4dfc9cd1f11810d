//! Keeps the service connection of one server up: connect, bind, probe, replace, until the program ends.

use std::{sync::Arc, thread, time::Duration};

use time::OffsetDateTime;
use tokio::time::{Instant, interval_at, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::{
    bind_result,
    connection::{Connection, Search},
    domains::Kind,
    error::{BindError, DirectoryError, LostCause},
    server::{MAX_OPERATIONS, Server},
};
use crate::{
    lifecycle::{Backoff, pause_between},
    telemetry::event,
};

/// Connecting, binding and a first search together; a server that needs longer is as good as down.
const OPENING: Duration = Duration::from_secs(5);
/// A heartbeat without an answer for this long takes the server down.
const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(3);
/// A connection is replaced at this age: what leaks in client or server stays small.
const MAX_AGE: Duration = Duration::from_mins(15);
/// A connection that ended sooner counts as a failed attempt, so that no fast loop arises.
const STABLE: Duration = Duration::from_secs(5);
/// Pauses while a server is away: short, so that it is found again within seconds.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);
/// The shortest pause after the bind of the service account was refused: AD locks accounts after a few wrong
/// passwords.
const REFUSED_PAUSE: Duration = Duration::from_secs(30);
/// How often a lasting trouble is logged again.
const REMIND: Duration = Duration::from_mins(1);

impl Server {
    /// Keeps a bound connection until shutdown, which leaves the last one to operations in flight.
    pub async fn keep_connected(self: Arc<Self>, shutdown: CancellationToken) {
        let _kept = Kept(&self);
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        let mut log = FailureLog::default();
        loop {
            let opened = tokio::select! {
                () = shutdown.cancelled() => return,
                opened = self.open() => opened,
            };
            let connection = match opened {
                Ok(connection) => Arc::new(connection),
                Err(error) => {
                    log.failure(self.connector.name(), &error);
                    let pause = match error {
                        DirectoryError::ServiceAccount { .. } => {
                            pause_between(REFUSED_PAUSE, REFUSED_PAUSE * 2)
                        }
                        _ => backoff.pause(),
                    };
                    self.set_failed(error);
                    tokio::select! {
                        () = shutdown.cancelled() => return,
                        () = sleep(pause) => continue,
                    }
                }
            };
            if self.set_connected(Arc::clone(&connection)) {
                log.up(self.connector.name());
            }
            match self.watch_over(&connection, &shutdown).await {
                Ended::Shutdown => return,
                Ended::Renew => backoff.reset(),
                Ended::Lost(error) => {
                    log.failure(self.connector.name(), &error);
                    self.set_failed(error);
                    if connection.age() >= STABLE {
                        backoff.reset();
                    } else {
                        tokio::select! {
                            () = shutdown.cancelled() => return,
                            () = sleep(backoff.pause()) => {}
                        }
                    }
                }
            }
        }
    }

    /// A connection that is bound as the service account and has found something or nothing.
    async fn open(&self) -> Result<Connection, DirectoryError> {
        let limit = OPENING.min(self.config.timeout);
        let deadline = Instant::now() + limit;
        let opening = async {
            let connection = self.open_bound(deadline).await?;
            self.heartbeat(&connection).await?;
            self.get_to_know(&connection).await?;
            Ok(connection)
        };
        timeout(limit, opening).await.unwrap_or_else(|_| {
            Err(DirectoryError::Timeout {
                server: self.connector.name().to_owned(),
                operation: "connecting and the bind",
                limit,
            })
        })
    }

    /// A small search: shows that the server answers, and that the base exists.
    async fn heartbeat(&self, connection: &Connection) -> Result<(), DirectoryError> {
        let limit = HEARTBEAT_TIMEOUT.min(self.config.timeout);
        let search = Search {
            what: "the heartbeat search",
            base: &self.config.base,
            filter: &self.config.heartbeat_filter,
            // "1.1": no attributes (RFC 4511, 4.5.1.8).
            attributes: &["1.1"],
            limit: 1,
            deref_aliases: 0,
            hedge: limit,
            timeout: limit,
        };
        let begin = Instant::now();
        connection.search(&search, begin + limit).await?;
        self.note_answer(begin.elapsed());
        Ok(())
    }

    /// Its clock, which kind of directory it is, and the names of its domains.
    async fn get_to_know(&self, connection: &Connection) -> Result<(), DirectoryError> {
        let limit = HEARTBEAT_TIMEOUT.min(self.config.timeout);
        let root = connection.root(limit).await?;
        self.compare_clocks(root.time);
        let (kind, error) = Kind::read(connection, &root, &self.config.base, limit).await;
        let is_new = self.kind().as_ref() != Some(&kind);
        if let Kind::ActiveDirectory(domains) = &kind
            && !domains.are_known()
            && is_new
        {
            tracing::warn!(
                event = event::DIRECTORY_DOMAINS_UNKNOWN,
                server = self.connector.name(),
                error = error.as_ref().map(tracing::field::display),
                "the service account cannot read the names of the domains in CN=Partitions of the \
                 configuration: what is before the backslash in CORP\\alice is taken for the first \
                 label of the domain's DNS name"
            );
        }
        self.set_kind(kind);
        Ok(())
    }

    /// A server that does not tell its time is none the worse for it.
    async fn read_clock(&self, connection: &Connection) {
        let limit = HEARTBEAT_TIMEOUT.min(self.config.timeout);
        let root = connection.root(limit).await;
        self.compare_clocks(root.ok().and_then(|root| root.time));
    }

    fn compare_clocks(&self, theirs: Option<OffsetDateTime>) {
        let ours = OffsetDateTime::from(self.clock.now());
        let offset = theirs.map(|time| (time - ours).whole_seconds());
        self.clock_differs(offset);
    }

    async fn watch_over(&self, connection: &Connection, shutdown: &CancellationToken) -> Ended {
        let pause = self.config.heartbeat.max(Duration::from_secs(1));
        let mut heartbeat = interval_at(Instant::now() + pause, pause);
        let renewal = sleep(MAX_AGE);
        tokio::pin!(renewal);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return Ended::Shutdown,
                () = connection.died() => return Ended::Lost(connection.lost()),
                // Doubted: a look at this connection tells more than a new one, and costs less when
                // the server is merely slow.
                () = self.probe.notified() => {
                    if connection.operations() >= MAX_OPERATIONS {
                        return Ended::Renew;
                    }
                    if let Err(error) = self.heartbeat(connection).await {
                        return Ended::Lost(error);
                    }
                    self.trust();
                }
                () = &mut renewal => return Ended::Renew,
                _ = heartbeat.tick() => {
                    if let Err(error) = self.heartbeat(connection).await {
                        return Ended::Lost(error);
                    }
                    self.read_clock(connection).await;
                    self.idle.close_old();
                }
            }
        }
    }
}

/// A server whose task has panicked is down until that has begun again: nobody would notice that its
/// connection is dead.
struct Kept<'a>(&'a Server);

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            let name = self.0.connector.name();
            self.0
                .set_failed(DirectoryError::lost(name, LostCause::Fault));
        }
    }
}

/// What the result of the service account's bind says.
pub(super) fn service_verdict(server: &str, code: u32, text: &str) -> Result<(), DirectoryError> {
    match bind_result::verdict(server, "the service account's bind", code, text) {
        Ok(()) => Ok(()),
        Err(BindError::Unavailable(error)) => Err(error),
        Err(refusal) => Err(DirectoryError::ServiceAccount {
            server: server.to_owned(),
            cause: Box::new(refusal),
        }),
    }
}

/// Why a service connection is no longer good enough.
enum Ended {
    Lost(DirectoryError),
    /// Old or worn: replaced by a new one, if that can be had.
    Renew,
    Shutdown,
}

/// Logs a trouble when it is new, then once a minute.
#[derive(Default)]
struct FailureLog {
    last: Option<(String, Instant)>,
}

impl FailureLog {
    fn failure(&mut self, server: &str, error: &DirectoryError) {
        let text = error.to_string();
        if !self.admits(&text, Instant::now()) {
            return;
        }
        if matches!(error, DirectoryError::ServiceAccount { .. }) {
            tracing::error!(
                event = event::DIRECTORY_BIND_REFUSED,
                server,
                error = %text,
                "the directory refuses the service account: no logins through this server; the bind is \
                 tried again every 30 to 60 s only, so that the account is not locked"
            );
        } else {
            tracing::warn!(
                event = event::DIRECTORY_SERVER_DOWN,
                server,
                error = %text,
                "the directory server does not answer"
            );
        }
    }

    /// Whether to log this now; the same text is then not logged again for a while.
    fn admits(&mut self, text: &str, now: Instant) -> bool {
        let known = self
            .last
            .as_ref()
            .is_some_and(|(known, at)| known == text && now.duration_since(*at) < REMIND);
        if !known {
            self.last = Some((text.to_owned(), now));
        }
        !known
    }

    fn up(&mut self, server: &str) {
        self.last = None;
        tracing::info!(
            event = event::DIRECTORY_SERVER_UP,
            server,
            "the directory server answers"
        );
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs, panic};

    use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
    use tempfile::TempDir;

    use super::{
        super::{connect::Connector, dns::Names},
        *,
    };
    use crate::{
        clock::Clock,
        config::{Config, Home, ServersConfig},
        telemetry::Metrics,
    };

    #[test]
    fn a_server_whose_task_has_panicked_is_down() {
        let folder = TempDir::new().expect("a folder");
        let keys = serde_json::json!({
            "LDAP_URL": "ldaps://dc1.corp.example",
            "LDAP_BASE": "DC=corp,DC=example",
            "ANONYMOUS_SEARCH_ENABLED": true,
            "SERVER_URL": "https://login.corp.example",
            "REALM": "urn:auth0:corp",
            "urn:auth0:corp": "https://corp.auth0.com/login/callback",
        });
        fs::write(folder.path().join("config.json"), keys.to_string()).expect("written");
        let loaded = Config::load(Home::new(folder.path()), &BTreeMap::new()).expect("good");
        let config = loaded.config.directory;
        let ServersConfig::Fixed(urls) = &config.servers else {
            panic!("no list: {:?}", config.servers)
        };
        let url = urls[0].clone();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("protocol versions")
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        let names = Names::default();
        let connector = Connector::new(url, false, Arc::new(tls), config.timeout, names);
        let metrics = Arc::new(Metrics::new());
        let up = metrics.directory_up.with_label_values(&[connector.name()]);
        let clock = Clock::system();
        let server = Server::new(connector, Arc::new(config), Arc::clone(&metrics), clock);
        up.set(1);
        let ended = || {
            let _kept = Kept(&server);
        };
        ended();
        assert_eq!(
            up.get(),
            1,
            "the last connection is left to operations in flight"
        );
        let panicked = panic::AssertUnwindSafe(|| {
            let _kept = Kept(&server);
            panic!("on purpose");
        });
        assert!(panic::catch_unwind(panicked).is_err());
        assert_eq!(up.get(), 0);
        let why = server.state().error.expect("a reason").to_string();
        assert!(why.contains("a fault of this program"), "{why}");
    }

    #[test]
    fn a_lasting_trouble_is_logged_once_a_minute_and_another_at_once() {
        let mut log = FailureLog::default();
        let begin = Instant::now();
        let mut due = |text, seconds| log.admits(text, begin + Duration::from_secs(seconds));
        assert!(due("no answer", 0));
        assert!(!due("no answer", 59));
        assert!(due("no answer", 60), "from the last line on");
        assert!(due("refused", 61));
        assert!(due("no answer", 62));
    }
}
