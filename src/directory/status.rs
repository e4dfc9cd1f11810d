//! What is known about the servers: for readiness, the console and the metrics.

use std::time::Duration;

use super::{Directory, error::DirectoryError, server::CLOCK_SKEW};
use crate::config::keys;

/// How long an outage of all servers may last before this instance counts as unable to sign in.
const READY_GRACE: Duration = Duration::from_secs(5);

/// What is known about one server.
#[derive(Debug, Clone)]
pub struct ServerStatus {
    /// Its URL.
    pub server: String,
    pub up: bool,
    /// How long it has been up or down.
    pub since: Duration,
    /// How long its last heartbeat search took.
    pub answered_in: Option<Duration>,
    /// The last trouble, while it is down.
    pub error: Option<DirectoryError>,
}

impl Directory {
    /// The state of each server, in the order of `LDAP_URL`; one line in place of servers that DNS
    /// does not name.
    #[must_use]
    pub fn status(&self) -> Vec<ServerStatus> {
        let servers = self.0.servers.all();
        if servers.is_empty() {
            return vec![ServerStatus {
                server: keys::LDAP_URL.name.to_owned(),
                up: false,
                since: Duration::ZERO,
                answered_in: None,
                error: Some(self.0.servers.none()),
            }];
        }
        let servers = servers.iter();
        servers
            .map(|server| {
                let state = server.state();
                ServerStatus {
                    server: server.connector.name().to_owned(),
                    up: state.connection.is_some(),
                    since: state.since.elapsed(),
                    answered_in: server.answered_in(),
                    error: state.error,
                }
            })
            .collect()
    }

    /// Whether a server can be reached, or could until a few seconds ago.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.0.servers.all().iter().any(|server| {
            let state = server.state();
            state.connection.is_some() || state.was_up && state.since.elapsed() < READY_GRACE
        })
    }

    /// How far every server's clock is from ours, in seconds, when all that tell are further off than
    /// Kerberos allows: then it is probably ours that is wrong.
    #[must_use]
    pub fn clock_is_off(&self) -> Option<i64> {
        let servers = self.0.servers.all();
        let offsets = servers
            .iter()
            .filter_map(|server| server.state().clock_offset);
        let nearest = offsets.min_by_key(|offset| offset.abs())?;
        (nearest.abs() > CLOCK_SKEW).then_some(nearest)
    }
}
