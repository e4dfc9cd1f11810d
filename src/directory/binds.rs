//! Password checks: binds as the user, on connections of their own.
//!
//! A bind changes whose connection it is and lets nothing run beside it (RFC 4511, 4.2.1), so each
//! takes a whole connection, parked from an earlier check or fresh.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt as _;
use ldap3::LdapResult;
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep, timeout, timeout_at},
};

use super::{
    bind_result,
    connect_cause::ConnectCause,
    connection::Connection,
    error::{BindError, DirectoryError, LostCause},
    server::Server,
    servers::{Down, Servers},
};
use crate::secret::{ExposeSecret as _, SecretString};

/// A parked connection older or more used than this is not used again.
const MAX_AGE: Duration = Duration::from_mins(10);
/// One that is idle for so long is closed: the library's buffer in it holds the last password.
const MAX_IDLE: Duration = Duration::from_secs(3);
const MAX_USES: u32 = 2_000;
const WHAT: &str = "a password check";
/// Without an answer for this long another server is asked as well.
const HEDGE: Duration = Duration::from_secs(1);
/// How often one password is sent at most: a lost answer may have counted as a bad attempt.
const MAX_SENT: u32 = 2;

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
        let sent = &AtomicU32::new(0);
        servers
            .first_answer(HEDGE, Down::InTurn, |server| {
                async move {
                    let result = self.attempt(&server, dn, password, deadline, sent).await?;
                    let name = server.connector.name();
                    Ok(bind_result::verdict(name, WHAT, result.rc, &result.text))
                }
                .boxed()
            })
            .await?
    }

    /// One server: a parked connection, and a fresh one when the parked one turns out to be dead.
    async fn attempt(
        &self,
        server: &Server,
        dn: &str,
        password: &SecretString,
        deadline: Instant,
        sent: &AtomicU32,
    ) -> Result<LdapResult, DirectoryError> {
        let name = server.connector.name();
        loop {
            let parked = self.take(name);
            let was_parked = parked.is_some();
            let connection = match parked {
                Some(connection) => connection,
                None => Self::open(server, deadline).await?,
            };
            if sent.fetch_add(1, Ordering::Relaxed) >= MAX_SENT {
                self.park(name, connection);
                return Err(DirectoryError::lost(name, LostCause::LostTwice));
            }
            match connection
                .bind(dn, password.expose_secret(), deadline)
                .await
            {
                // busy, unavailable: its connections are not worth keeping.
                Ok(result) if matches!(result.rc, 51 | 52) => {
                    return Err(DirectoryError::refused(name, WHAT, result.rc, &result.text));
                }
                Ok(result) => {
                    self.park(name, connection);
                    return Ok(result);
                }
                Err(DirectoryError::Lost { .. }) if was_parked => {}
                Err(error) => {
                    server.doubt();
                    return Err(error);
                }
            }
        }
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

    fn take(&self, server: &str) -> Option<Connection> {
        let mut parked = close_idle(&self.parked);
        let index = parked.iter().rposition(|idle| idle.server == server)?;
        Some(parked.remove(index).connection)
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
