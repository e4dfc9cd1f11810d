//! Active Directory, or another LDAP directory: who a user is, in which groups, and whether a password
//! is right.
//!
//! [`Directory`] is the only way in. Behind it each server of `LDAP_URL` keeps one service connection
//! up all the time (`keepalive`), on which all lookups run side by side; searches that may take long, for groups
//! above all, have connections of their own (`apart`), and so have the binds of password checks (`binds`);
//! `servers` chooses among servers and fails over. Groups on Active Directory are walked (`graph`) rather than
//! searched.

mod account;
mod account_time;
mod apart;
mod binary;
mod bind_result;
mod binds;
mod composed;
mod connect;
mod connect_cause;
mod connection;
mod discovery;
mod dn;
mod dns;
mod domains;
mod entry;
mod error;
mod folded;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod graph;
mod ground;
mod group;
mod group_queries;
mod groups;
mod identity;
mod idle;
mod keepalive;
mod lookup;
mod name_kind;
mod outside_name;
mod password;
mod probe;
mod server;
mod servers;
mod sid;
mod single_flight;
mod start_tls;
mod status;
mod typed_name;
mod wanted;
mod wire;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use rustls::ClientConfig;
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A value as it may appear in a filter (RFC 4515, section 3).
pub use ldap3::ldap_escape;

pub use self::{
    account::{AccountRefusal, Judge},
    discovery::find_servers,
    dns::{LookupError, canonical_name},
    domains::Kind,
    entry::{Attribute, Entry},
    error::{BindError, DirectoryError},
    lookup::{By, Found},
    name_kind::NameKind,
    outside_name::{OutsideName, UnusableName},
    password::{PasswordAttribute, PasswordChangeError},
    probe::Probe,
    sid::Sid,
    status::ServerStatus,
};
use self::{
    binds::Binds,
    connection::Search,
    discovery::Discovery,
    dns::Names,
    groups::Groups,
    lookup::Name,
    servers::{Parts, Servers},
    single_flight::Flights,
};
use crate::{
    clock::Clock,
    config::{DirectoryConfig, FilterTemplate, ServersConfig},
    lifecycle::supervised,
    secret::SecretString,
    telemetry::{Memory, Metrics, Task},
};

/// Results of a search by login name: more than one is an error of the caller's to report, and these are
/// enough to report it, whichever of them the name turns out to mean.
const MAX_USERS_BY_NAME: usize = 20;
/// Without an answer for this long the next server is asked as well: most answer within milliseconds.
const HEDGE: Duration = Duration::from_millis(700);
/// The directory, with its connections; a clone is a handle on the same one. The connections end
/// with the last handle or at shutdown.
#[derive(Debug, Clone)]
pub struct Directory(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: Arc<DirectoryConfig>,
    servers: Arc<Servers>,
    binds: Binds,
    groups: Arc<Groups>,
    lookups: Flights,
    metrics: Arc<Metrics>,
    _ends_supervision: DropGuard,
}

impl Directory {
    /// Begins to connect to every server, and goes on until `shutdown`. Must be called on a runtime.
    ///
    /// `tls` holds the roots that the servers' certificates are checked with; `clock` is what the
    /// servers' clocks are compared with.
    #[must_use]
    pub fn start(
        config: DirectoryConfig,
        tls: &Arc<ClientConfig>,
        metrics: Arc<Metrics>,
        clock: &Clock,
        shutdown: &CancellationToken,
    ) -> Self {
        let config = Arc::new(config);
        let shutdown = shutdown.child_token();
        let nameservers: &[_] = match &config.servers {
            ServersConfig::Fixed(_) => &[],
            ServersConfig::Srv { nameservers, .. } => nameservers,
        };
        let names = Names::new(nameservers);
        let servers = Arc::new(Servers::new(Parts {
            config: Arc::clone(&config),
            tls: Arc::clone(tls),
            names: names.clone(),
            metrics: Arc::clone(&metrics),
            clock: clock.clone(),
            shutdown: shutdown.clone(),
        }));
        match &config.servers {
            ServersConfig::Fixed(urls) => servers.replace(urls.clone()),
            ServersConfig::Srv { domain, .. } => {
                let discovery = Discovery {
                    domain: domain.clone(),
                    start_tls: config.start_tls,
                    names,
                };
                let (list, end) = (Arc::downgrade(&servers), shutdown.clone());
                let discovery = Arc::new(discovery);
                tokio::spawn(supervised(
                    Task::Discovery,
                    Arc::clone(&metrics),
                    move || Arc::clone(&discovery).keep(list.clone(), end.clone()),
                ));
            }
        }
        let directory = Self(Arc::new(Inner {
            servers,
            binds: Binds::new(config.parallel_binds.get(), config.timeout),
            groups: Arc::new(Groups::new(config.groups.clone())),
            lookups: Flights::new(),
            config,
            metrics,
            _ends_supervision: shutdown.drop_guard(),
        }));
        let inner = Arc::downgrade(&directory.0);
        let remembered = &directory.0.metrics.remembered;
        remembered.measure_by(Memory::Groups, move || {
            let inner = inner.upgrade();
            inner.map(|inner| inner.groups.held()).unwrap_or_default()
        });
        directory
    }

    /// Whom a name means, by one search: nobody, one user, or a few.
    ///
    /// # Errors
    /// When no server gave an answer within `LDAP_TIMEOUT_SECONDS`.
    pub async fn find_user(&self, by: By<'_>) -> Result<Found, DirectoryError> {
        let name = match Name::read(by) {
            Ok(name) => name,
            Err(unusable) => return Ok(Found::nobody(by, unusable)),
        };
        let own = self.0.config.user_by_name.as_ref();
        let kind = if name.depends_on_kind(own) {
            Some(self.await_kind().await?)
        } else {
            None
        };
        let question = name.question(own, kind);
        let search = self.users("find_user", &question.filter, MAX_USERS_BY_NAME);
        let users = self.0.lookups.join(&question.filter, search).await?;
        Ok(question.answered(users))
    }

    /// Whether `user`, who was found in another way than by `LDAP_USER_BY_NAME`, meets what that wants beside a
    /// name.
    ///
    /// # Errors
    /// When no server gave an answer within `LDAP_TIMEOUT_SECONDS`.
    pub async fn meets_conditions(&self, user: &Entry) -> Result<bool, DirectoryError> {
        let own = self.0.config.user_by_name.as_ref();
        let Some(conditions) = own.and_then(FilterTemplate::conditions) else {
            return Ok(true);
        };
        let dn = user.dn();
        // An entry may hold others.
        let found = self.entries(dn, &conditions, &["1.1"], MAX_USERS_BY_NAME);
        Ok(found.await?.iter().any(|entry| entry.dn() == dn))
    }

    /// Which kind of directory this is, once a server has answered.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        self.0.servers.kind()
    }

    /// Whether this is known to be an Active Directory.
    #[must_use]
    pub fn is_active_directory(&self) -> bool {
        self.0.servers.is_active_directory()
    }

    /// Why this account may not sign in at `now`, if so; `judge` has looked at it before.
    #[must_use]
    pub fn account_refusal(
        &self,
        entry: &Entry,
        now: SystemTime,
        judge: Judge,
    ) -> Option<AccountRefusal> {
        entry.refusal(now, judge, self.is_active_directory())
    }

    /// Which kind of name people type, to sign in.
    #[must_use]
    pub fn name_kind(&self) -> NameKind {
        let config = &self.0.config;
        let kind = self.kind();
        NameKind::of(config.user_by_name.as_ref(), kind.as_ref(), &config.base)
    }

    /// Which kind of directory this is: waits for the first server's answer.
    ///
    /// # Errors
    /// When no server gave one within `LDAP_TIMEOUT_SECONDS`.
    pub async fn await_kind(&self) -> Result<Kind, DirectoryError> {
        let deadline = Instant::now() + self.0.config.timeout;
        self.0.servers.await_kind(HEDGE, deadline).await
    }

    /// At most `limit` users whom `filter` finds under `LDAP_BASE`, as a login does. A filter that does not
    /// parse finds nobody.
    ///
    /// # Errors
    /// When no server gave an answer within `LDAP_TIMEOUT_SECONDS`.
    pub async fn find_by_filter(
        &self,
        filter: &str,
        limit: usize,
    ) -> Result<Vec<Entry>, DirectoryError> {
        self.users("find_by_filter", filter, limit).await
    }

    /// The same where it may take long.
    ///
    /// # Errors
    /// The same.
    pub async fn search(&self, filter: &str, limit: usize) -> Result<Vec<Entry>, DirectoryError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let search = self.of_users(filter, limit);
        let deadline = Instant::now() + search.timeout;
        self.timed("search", self.0.servers.search_apart(&search, deadline))
            .await
    }

    /// A user's groups, nested ones included: names, or objects with `GROUP_PROPERTIES`.
    /// `None` when `GROUPS` is false.
    ///
    /// # Errors
    /// When no server gave an answer within `GROUPS_TIMEOUT_SECONDS`.
    pub async fn groups_of(&self, user: &Entry) -> Result<Option<Vec<Value>>, DirectoryError> {
        if !self.0.config.groups.of_users {
            return Ok(None);
        }
        let found = self.0.groups.of(&self.0.servers, user);
        let found = self.timed("groups", found).await?;
        Ok(Some(found.to_vec()))
    }

    /// Whether groups are walked, with the answer of `LDAP_SEARCH_GROUPS`, instead of searched.
    #[must_use]
    pub fn walks_groups(&self) -> bool {
        self.0.groups.graph_of(&self.0.servers).is_some()
    }

    /// At most `limit` entries under `base`, with these attributes, constructed ones too.
    ///
    /// # Errors
    /// When no server gave an answer within `LDAP_TIMEOUT_SECONDS`.
    pub async fn entries(
        &self,
        base: &str,
        filter: &str,
        attributes: &[&str],
        limit: usize,
    ) -> Result<Vec<Entry>, DirectoryError> {
        let timeout = self.0.config.timeout;
        let search = Search {
            what: "a search",
            base,
            filter,
            attributes,
            limit,
            deref_aliases: 0,
            hedge: HEDGE,
            timeout,
        };
        let deadline = Instant::now() + timeout;
        self.timed("search", self.0.servers.search(&search, deadline))
            .await
    }

    /// At most `limit` groups that `filter` finds under `LDAP_BASE_GROUPS`, as in [`Self::groups_of`].
    ///
    /// # Errors
    /// When no server gave an answer within `GROUPS_TIMEOUT_SECONDS`.
    pub async fn list_groups(
        &self,
        filter: &str,
        limit: usize,
    ) -> Result<Vec<Value>, DirectoryError> {
        let groups = &self.0.groups;
        self.timed("list_groups", groups.list(&self.0.servers, filter, limit))
            .await
    }

    /// Whether `password` is the one of the user `dn`, by a bind. An empty one never is.
    ///
    /// # Errors
    /// Why not; [`BindError::Unavailable`] when the directory did not say.
    pub async fn verify_password(
        &self,
        dn: &str,
        password: &SecretString,
    ) -> Result<(), BindError> {
        let started = Instant::now();
        let verdict = self.0.binds.verify(&self.0.servers, dn, password).await;
        let outcome = match &verdict {
            Ok(()) => "ok",
            Err(BindError::Unavailable(_)) => "error",
            Err(_) => "refused",
        };
        self.observe("bind", outcome, started);
        verdict
    }

    /// Sets the password of the user `dn` through the service account; `unlock` ends a lockout too.
    ///
    /// # Errors
    /// Why it was not set; [`PasswordChangeError::Unavailable`] when the directory did not say.
    pub async fn change_password(
        &self,
        dn: &str,
        password: &SecretString,
        attribute: PasswordAttribute,
        unlock: bool,
    ) -> Result<(), PasswordChangeError> {
        let deadline = Instant::now() + self.0.config.timeout;
        let change = password::set(&self.0.servers, dn, password, attribute, unlock, deadline);
        self.timed("change_password", change).await
    }

    async fn users(
        &self,
        operation: &str,
        filter: &str,
        limit: usize,
    ) -> Result<Vec<Entry>, DirectoryError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let search = self.of_users(filter, limit);
        let deadline = Instant::now() + search.timeout;
        self.timed(operation, self.0.servers.search(&search, deadline))
            .await
    }

    fn of_users<'a>(&'a self, filter: &'a str, limit: usize) -> Search<'a> {
        let config = &self.0.config;
        Search {
            what: "a user search",
            base: &config.base,
            filter,
            attributes: wanted::of_users(self.is_active_directory()),
            limit,
            deref_aliases: 0,
            hedge: HEDGE,
            timeout: config.timeout,
        }
    }

    async fn timed<T, E>(
        &self,
        operation: &str,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let started = Instant::now();
        let result = work.await;
        self.observe(
            operation,
            if result.is_ok() { "ok" } else { "error" },
            started,
        );
        result
    }

    fn observe(&self, operation: &str, outcome: &str, started: Instant) {
        let metrics = &self.0.metrics;
        metrics
            .directory_operations
            .with_label_values(&[operation, outcome])
            .inc();
        metrics
            .directory_seconds
            .with_label_values(&[operation])
            .observe(started.elapsed().as_secs_f64());
    }
}
