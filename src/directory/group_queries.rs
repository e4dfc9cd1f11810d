//! Searches for groups: so many at a time, in the order in which they are asked for.

use std::time::Duration;

use tokio::{
    sync::Semaphore,
    time::{Instant, timeout_at},
};

use super::{connection::Search, entry::Entry, error::DirectoryError, servers::Servers};
use crate::config::GroupsConfig;

/// Steps upward, each of some milliseconds, under way at the same time.
const STEPS: usize = 8;
/// The same of searches that look at all groups of a directory.
const SEARCHES: usize = 8;
/// Without an answer for this long another server is asked as well. Matching nested groups may take
/// that long in a large directory: the first answer counts, whoever gives it.
const HEDGE: Duration = Duration::from_secs(1);

/// How long it takes a directory to answer.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cost {
    /// As long as a lookup.
    Step,
    /// The longer, the more groups there are.
    Search,
}

#[derive(Debug)]
pub(super) struct GroupQuery<'a> {
    pub base: &'a str,
    pub filter: &'a str,
    pub attributes: &'a [&'a str],
    pub limit: usize,
    pub deref_aliases: u8,
    pub cost: Cost,
}

/// The places for queries. A few quick ones are not kept waiting by slow ones, and neither keep lookups
/// waiting, which have a connection of their own.
#[derive(Debug)]
pub(super) struct GroupQueries {
    pub config: GroupsConfig,
    steps: Semaphore,
    searches: Semaphore,
}

impl GroupQueries {
    pub fn new(config: GroupsConfig) -> Self {
        Self {
            config,
            steps: Semaphore::new(STEPS),
            searches: Semaphore::new(SEARCHES),
        }
    }

    /// What the query finds, within `GROUPS_TIMEOUT_SECONDS`, the wait for a place included.
    pub async fn ask(
        &self,
        servers: &Servers,
        query: &GroupQuery<'_>,
    ) -> Result<Vec<Entry>, DirectoryError> {
        let limit = self.config.timeout;
        let deadline = Instant::now() + limit;
        let places = match query.cost {
            Cost::Step => &self.steps,
            Cost::Search => &self.searches,
        };
        // Whoever waits longest comes first.
        let _place = timeout_at(deadline, places.acquire())
            .await
            .ok()
            .and_then(Result::ok)
            .ok_or(DirectoryError::GroupsBusy { limit })?;
        let search = Search {
            what: "a group search",
            base: query.base,
            filter: query.filter,
            attributes: query.attributes,
            limit: query.limit,
            deref_aliases: query.deref_aliases,
            hedge: HEDGE,
            timeout: limit,
        };
        Box::pin(servers.search_apart(&search, deadline)).await
    }
}
