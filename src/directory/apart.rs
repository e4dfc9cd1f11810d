//! Searches that may take long, each on a connection that nothing else uses meanwhile: a server that answers a
//! connection's requests one after the other would keep the lookups of all logins waiting behind them.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::{
    connect_cause::ConnectCause,
    connection::{Connection, Search},
    entry::Entry,
    error::DirectoryError,
    keepalive::service_verdict,
    server::Server,
};
use crate::{config::ServiceAccount, secret::ExposeSecret as _};

/// A connection that rested as long is asked whether it still works: one that was cut in silence would keep a
/// user waiting.
const RESTED: Duration = Duration::from_secs(5);
/// For that question.
const ALIVE: Duration = Duration::from_secs(1);

impl Server {
    /// A search on a connection of its own, which is as good as new afterwards, or closed: with it goes what
    /// the server may still work on for a caller that has left.
    pub async fn search_apart(
        &self,
        search: &Search<'_>,
        deadline: Instant,
    ) -> Result<Vec<Entry>, DirectoryError> {
        // A server that is known to be away is not tried.
        self.connection(deadline).await?;
        let connection = self.free_connection(deadline).await?;
        self.count("apart");
        let found = connection.search(search, deadline).await;
        match &found {
            Err(DirectoryError::Timeout { .. }) => self.doubt(),
            Err(DirectoryError::Lost { .. }) => self.idle.forget(),
            _ => self.idle.put(connection),
        }
        found
    }

    async fn free_connection(&self, deadline: Instant) -> Result<Connection, DirectoryError> {
        if let Some((connection, rested)) = self.idle.take() {
            let limit = ALIVE.min(deadline.saturating_duration_since(Instant::now()));
            if rested < RESTED || connection.root(limit).await.is_ok() {
                return Ok(connection);
            }
            self.idle.forget();
        }
        timeout_at(deadline, self.open_bound(deadline))
            .await
            .unwrap_or_else(|_| {
                Err(DirectoryError::connect(
                    self.connector.name(),
                    ConnectCause::NoAnswer,
                ))
            })
    }

    /// A connection that is bound as the service account.
    pub async fn open_bound(&self, deadline: Instant) -> Result<Connection, DirectoryError> {
        let connection = self.connector.open().await?;
        if let ServiceAccount::Simple { user, password } = &self.config.service {
            let bind = connection.bind(user, password.expose_secret(), deadline);
            let result = bind.await?;
            service_verdict(self.connector.name(), result.rc, &result.text)?;
        }
        Ok(connection)
    }
}
