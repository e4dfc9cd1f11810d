//! The servers of `LDAP_URL` as one: which to ask, and what to do when it does not answer.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use arc_swap::ArcSwap;
use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use rustls::ClientConfig;
use tokio::time::{Instant, sleep};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    connect::Connector,
    connection::Search,
    dns::{LookupError, Names},
    domains::Kind,
    entry::Entry,
    error::DirectoryError,
    server::Server,
};
use crate::{
    clock::Clock,
    config::{DirectoryConfig, ServerUrl},
    lifecycle::supervised,
    telemetry::{Metrics, Task, event},
};

/// What it takes to begin with a server.
#[derive(Debug)]
pub(super) struct Parts {
    pub config: Arc<DirectoryConfig>,
    pub tls: Arc<ClientConfig>,
    pub names: Names,
    pub metrics: Arc<Metrics>,
    pub clock: Clock,
    pub shutdown: CancellationToken,
}

#[derive(Debug)]
pub(super) struct Servers {
    parts: Parts,
    members: ArcSwap<Vec<Member>>,
    /// Why the list is empty.
    not_discovered: Mutex<Option<(String, LookupError)>>,
}

/// A server, whose connection is kept up until it leaves the list.
#[derive(Debug, Clone)]
struct Member {
    server: Arc<Server>,
    _supervised: Arc<DropGuard>,
}

impl Servers {
    /// None at first.
    pub fn new(parts: Parts) -> Self {
        Self {
            parts,
            members: ArcSwap::default(),
            not_discovered: Mutex::default(),
        }
    }

    /// Makes these the servers. Those that were there before stay as they are; those that are not
    /// named any more finish what they are asked. Must be called on a runtime.
    pub fn replace(&self, mut urls: Vec<ServerUrl>) {
        let mut seen = HashSet::new();
        urls.retain(|url| seen.insert(url.clone()));
        let before = self.members.load_full();
        let members: Vec<_> = urls
            .into_iter()
            .map(|url| {
                let name = url.to_string();
                let known = before.iter().find(|m| m.server.connector.name() == name);
                known.cloned().unwrap_or_else(|| self.begin(url))
            })
            .collect();
        for gone in before.iter() {
            let name = gone.server.connector.name();
            if !members.iter().any(|m| m.server.connector.name() == name) {
                tracing::info!(
                    event = event::DIRECTORY_SERVER_REMOVED,
                    server = name,
                    "the SRV records no longer name this server"
                );
                gone.server.forget_metrics();
            }
        }
        self.members.store(Arc::new(members));
    }

    fn begin(&self, url: ServerUrl) -> Member {
        let Parts {
            config,
            tls,
            names,
            metrics,
            clock,
            shutdown,
        } = &self.parts;
        let connector = Connector::new(
            url,
            config.start_tls,
            Arc::clone(tls),
            config.timeout,
            names.clone(),
        );
        let server = Server::new(
            connector,
            Arc::clone(config),
            Arc::clone(metrics),
            clock.clone(),
        );
        let server = Arc::new(server);
        let member = shutdown.child_token();
        let (kept, end) = (Arc::clone(&server), member.clone());
        tokio::spawn(supervised(
            Task::Directory,
            Arc::clone(metrics),
            move || Arc::clone(&kept).keep_connected(end.clone()),
        ));
        Member {
            server,
            _supervised: Arc::new(member.drop_guard()),
        }
    }

    /// Keeps why there may be no servers: the record that was asked for, and what DNS says.
    pub fn set_not_discovered(&self, record: String, cause: LookupError) {
        let mut noted = self
            .not_discovered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *noted = Some((record, cause));
    }

    pub fn all(&self) -> Vec<Arc<Server>> {
        let members = self.members.load();
        members.iter().map(|m| Arc::clone(&m.server)).collect()
    }

    /// What is wrong when there are none.
    pub fn none(&self) -> DirectoryError {
        let noted = self
            .not_discovered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match &*noted {
            Some((record, cause)) => DirectoryError::NotDiscovered {
                record: record.clone(),
                cause: cause.clone(),
            },
            None => DirectoryError::NoServer,
        }
    }

    /// The order in which to ask: the healthy, the doubted, the ones that are down; each kind in the
    /// order of the configuration.
    pub fn order(&self) -> Vec<Arc<Server>> {
        let mut servers = self.all();
        servers.sort_by_cached_key(|server| server.rank());
        servers
    }

    /// Which kind of directory this is, once a server has answered: Active Directory where one says so, and the
    /// others not.
    pub fn kind(&self) -> Option<Kind> {
        let order = self.order();
        let mut known = order.iter().filter_map(|server| server.kind());
        let first = known.next()?;
        let is_active_directory = |kind: &Kind| matches!(kind, Kind::ActiveDirectory(_));
        if is_active_directory(&first) {
            return Some(first);
        }
        Some(known.find(is_active_directory).unwrap_or(first))
    }

    /// Whether a server has said that it is one of Active Directory.
    pub fn is_active_directory(&self) -> bool {
        let members = self.members.load();
        members
            .iter()
            .any(|member| member.server.is_active_directory())
    }

    /// Which kind of directory this is, waiting for a server as a search does.
    pub async fn await_kind(
        &self,
        hedge: Duration,
        deadline: Instant,
    ) -> Result<Kind, DirectoryError> {
        if let Some(kind) = self.kind() {
            return Ok(kind);
        }
        self.first_answer(hedge, |server| {
            async move {
                server.connection(deadline).await?;
                Ok(server.kind().unwrap_or(Kind::Other))
            }
            .boxed()
        })
        .await
    }

    /// The first answer to a search.
    pub async fn search(
        &self,
        search: &Search<'_>,
        deadline: Instant,
    ) -> Result<Vec<Entry>, DirectoryError> {
        self.first_answer(search.hedge, |server| {
            async move { server.search(search, deadline).await }.boxed()
        })
        .await
    }

    /// The same, on a connection that nothing else uses meanwhile.
    pub async fn search_apart(
        &self,
        search: &Search<'_>,
        deadline: Instant,
    ) -> Result<Vec<Entry>, DirectoryError> {
        self.first_answer(search.hedge, |server| {
            async move { server.search_apart(search, deadline).await }.boxed()
        })
        .await
    }

    /// Asks one server after the other, until one answers; all at once when all are down. For what may be
    /// asked of several: what changes something, or counts, is not. A lost connection moves on at once, and
    /// back to the first server once more at the end; a server that is slow gets company after
    /// `hedge`, and the first answer of either counts.
    pub async fn first_answer<'a, T>(
        &self,
        hedge: Duration,
        ask: impl Fn(Arc<Server>) -> BoxFuture<'a, Result<T, DirectoryError>>,
    ) -> Result<T, DirectoryError> {
        let order = self.order();
        let all_down = order.first().is_some_and(|server| server.rank() == 2);
        let together = if all_down { order.len() } else { 1 };
        let mut untried = order.iter().chain(order.first());
        let mut asked = Vec::new();
        let mut running = FuturesUnordered::new();
        for server in untried.by_ref().take(together) {
            asked.push(server);
            running.push(ask(Arc::clone(server)));
        }
        loop {
            let may_hedge = !running.is_empty() && asked.len() < order.len();
            let answer = tokio::select! {
                answer = running.next() => answer.ok_or_else(|| self.none())?,
                () = sleep(hedge), if may_hedge => {
                    // Slow or dead: a probe finds out, and others are preferred meanwhile.
                    for slow in &asked {
                        slow.doubt();
                    }
                    if let Some(server) = untried.next() {
                        asked.push(server);
                        running.push(ask(Arc::clone(server)));
                    }
                    continue;
                }
            };
            match answer {
                Err(error) if error.may_pass_elsewhere() => match untried.next() {
                    Some(server) => {
                        asked.push(server);
                        running.push(ask(Arc::clone(server)));
                    }
                    None if running.is_empty() => return Err(error),
                    None => {}
                },
                answer => return answer,
            }
        }
    }
}
