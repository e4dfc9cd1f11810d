//! Connections to one server that wait for the next long search.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::connection::Connection;

/// One that is older or more used than this is not used again.
const MAX_AGE: Duration = Duration::from_mins(10);
const MAX_USES: u32 = 20_000;
/// One that is idle for so long is closed: the server has other clients.
const MAX_IDLE: Duration = Duration::from_mins(1);

/// The latest last.
#[derive(Debug, Default)]
pub(super) struct IdleConnections(Mutex<Vec<Idle>>);

#[derive(Debug)]
struct Idle {
    connection: Connection,
    since: Instant,
}

impl IdleConnections {
    /// The one that was used last, and for how long it has rested.
    pub fn take(&self) -> Option<(Connection, Duration)> {
        let last = self.lock().pop()?;
        Some((last.connection, last.since.elapsed()))
    }

    pub fn put(&self, connection: Connection) {
        if connection.operations() < MAX_USES {
            let since = Instant::now();
            self.lock().push(Idle { connection, since });
        }
    }

    /// What ended one of them ended the others as well.
    pub fn forget(&self) {
        self.lock().clear();
    }

    /// Closes those that have rested for long.
    pub fn close_old(&self) {
        drop(self.lock());
    }

    /// Those that are still good.
    fn lock(&self) -> MutexGuard<'_, Vec<Idle>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|idle| {
            idle.since.elapsed() < MAX_IDLE
                && idle.connection.age() < MAX_AGE
                && !idle.connection.is_dead()
        });
        all
    }
}
