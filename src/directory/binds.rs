//! Password checks: binds as the user, on connections of their own.
//!
//! A bind changes whose connection it is and lets nothing run beside it (RFC 4511, 4.2.1), so each
//! takes a whole connection, parked from an earlier check or fresh.
//!
//! A password is sent once, to one server: each that gets a wrong one counts it, and so many lock the
//! account. Another server is asked only as long as nothing was sent.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep, timeout, timeout_at},
};

use super::{
    bind_result,
    connect_cause::ConnectCause,
    connection::Connection,
    error::{BindError, DirectoryError},
    server::Server,
    servers::Servers,
};
use crate::secret::{ExposeSecret as _, SecretString};

/// A parked connection older or more used than this is not used again.
const MAX_AGE: Duration = Duration::from_mins(10);
/// One that is idle for so long is closed: the library's buffer in it holds the last password.
const MAX_IDLE: Duration = Duration::from_secs(10);
const MAX_USES: u32 = 2_000;
const WHAT: &str = "a password check";
/// Without a connection for this long one to another server is made as well; without an answer, others are
/// preferred from then on.
const HEDGE: Duration = Duration::from_secs(1);
/// A parked connection that rested as long is asked whether it still works before it gets a password: a server
/// that hangs would keep the user waiting, and no other may be asked then.
const RESTED: Duration = Duration::from_secs(1);
/// Connections that may turn out to have ended at the moment at which a password was to be sent.
const MAX_ENDED: u32 = 3;

#[derive(Debug)]
pub(super) struct Binds {
    permits: Semaphore,
    timeout: Duration,
    /// Idle connections, the latest last.
    parked: Arc<Mutex<Vec<Parked>>>,
}

#[derive(Debug)]
struct Parked {
    server: String,
    connection: Connection,
    since: Instant,
}

/// A connection that waits for a bind.
struct Ready {
    server: Arc<Server>,
    connection: Connection,
}

impl Binds {
    pub fn new(parallel: usize, timeout: Duration) -> Self {
        Self {
            permits: Semaphore::new(parallel.min(Semaphore::MAX_PERMITS)),
            timeout,
            parked: Arc::default(),
        }
    }

    /// Whether `password` is the one of `dn`, by a bind.
    ///
    /// # Errors
    /// The directory's refusal, or [`BindError::Unavailable`] when there was no answer.
    pub async fn verify(
        &self,
        servers: &Servers,
        dn: &str,
        password: &SecretString,
    ) -> Result<(), BindError> {
        // A bind without a password succeeds as nobody (RFC 4513, 5.1.2); one without a name too.
        if password.expose_secret().is_empty() || dn.is_empty() {
            return Err(BindError::WrongPassword);
        }
        let _permit = timeout(self.timeout, self.permits.acquire())
            .await
            .ok()
            .and_then(Result::ok)
            .ok_or(DirectoryError::Busy {
                limit: self.timeout,
            })?;
        let deadline = Instant::now() + self.timeout;
        let mut ended = 0;
        loop {
            let Ready { server, connection } = servers
                .first_answer(HEDGE, |server| self.ready(server, deadline).boxed())
                .await?;
            let name = server.connector.name();
            let bind = connection.bind(dn, password.expose_secret(), deadline);
            match slow(bind.boxed(), || server.doubt()).await {
                Ok(result) => {
                    // busy, unavailable: its connections are not worth keeping.
                    if matches!(result.rc, 51 | 52) {
                        server.doubt();
                    } else {
                        self.park(name, connection);
                    }
                    return bind_result::verdict(name, WHAT, result.rc, &result.text);
                }
                Err(error) if error.is_before_sending() && ended < MAX_ENDED => ended += 1,
                Err(error) => {
                    server.doubt();
                    return Err(error.into());
                }
            }
        }
    }

    /// A connection to this server: a parked one that works, else a fresh one.
    async fn ready(&self, server: Arc<Server>, deadline: Instant) -> Result<Ready, DirectoryError> {
        let name = server.connector.name();
        if let Some(parked) = self.take(name) {
            let connection = parked.connection;
            let limit = HEDGE.min(deadline.saturating_duration_since(Instant::now()));
            if parked.since.elapsed() < RESTED || connection.root(limit).await.is_ok() {
                return Ok(Ready { server, connection });
            }
            // What ended this one ended the others as well.
            self.forget(name);
        }
        let connection = Self::open(&server, deadline).await?;
        Ok(Ready { server, connection })
    }

    async fn open(server: &Server, deadline: Instant) -> Result<Connection, DirectoryError> {
        let connector = &server.connector;
        timeout_at(deadline, connector.open())
            .await
            .unwrap_or_else(|_| {
                Err(DirectoryError::connect(
                    connector.name(),
                    ConnectCause::NoAnswer,
                ))
            })
            .inspect_err(|_| server.doubt())
    }

    fn take(&self, server: &str) -> Option<Parked> {
        let mut parked = close_idle(&self.parked);
        let index = parked.iter().rposition(|idle| idle.server == server)?;
        Some(parked.remove(index))
    }

    fn forget(&self, server: &str) {
        let mut parked = self.parked.lock().unwrap_or_else(PoisonError::into_inner);
        parked.retain(|idle| idle.server != server);
    }

    fn park(&self, server: &str, connection: Connection) {
        if connection.operations() >= MAX_USES || connection.is_dead() {
            return;
        }
        let idle = Parked {
            server: server.to_owned(),
            connection,
            since: Instant::now(),
        };
        self.parked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(idle);
        let parked = Arc::downgrade(&self.parked);
        tokio::spawn(async move {
            sleep(MAX_IDLE).await;
            if let Some(parked) = parked.upgrade() {
                drop(close_idle(&parked));
            }
        });
    }
}

/// What is left.
fn close_idle(parked: &Mutex<Vec<Parked>>) -> MutexGuard<'_, Vec<Parked>> {
    let mut parked = parked.lock().unwrap_or_else(PoisonError::into_inner);
    parked.retain(|idle| {
        idle.since.elapsed() < MAX_IDLE
            && idle.connection.age() < MAX_AGE
            && !idle.connection.is_dead()
    });
    parked
}

/// What `work` gives; `slow` is called once when that takes long.
async fn slow<T>(mut work: BoxFuture<'_, T>, slow: impl FnOnce()) -> T {
    tokio::select! {
        biased;
        done = &mut work => return done,
        () = sleep(HEDGE) => slow(),
    }
    work.await
}
