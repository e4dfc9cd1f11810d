//! One server tried step by step, for `ad-edge doctor` and set-up: connect, bind, search. It says where
//! a step fails and how long each takes.

use std::{sync::Arc, time::Duration};

use rustls::ClientConfig;
use time::OffsetDateTime;
use tokio::time::Instant;

use super::{
    connect::Connector,
    connection::{Connection, Search},
    dns::Names,
    entry::{Attribute, Entry},
    error::DirectoryError,
    keepalive::service_verdict,
};
use crate::{
    clock::Clock,
    config::{DirectoryConfig, ServerUrl, ServersConfig, ServiceAccount},
    secret::ExposeSecret as _,
};

/// The limit of each step, unless `LDAP_TIMEOUT_SECONDS` is lower.
const LIMIT: Duration = Duration::from_secs(5);
/// Users of Active Directory, whose computers are persons too, and of others. A filter with a `not` would
/// find nobody where the class in it is unknown (RFC 4511, section 4.5.1.7).
const USERS: &str =
    "(|(objectCategory=person)(objectClass=inetOrgPerson)(objectClass=posixAccount))";
/// Those of directories with other classes; computers are told apart by what they say.
const PERSONS: &str = "(objectClass=person)";
const CLASS: &str = "objectClass";
/// So many entries are looked at.
const LOOKED_AT: usize = 50;

/// A connection to one server, made as the running program makes it.
#[derive(Debug)]
pub struct Probe<'a> {
    connection: Connection,
    config: &'a DirectoryConfig,
    limit: Duration,
    /// Name lookup and TCP.
    pub tcp: Duration,
    /// TLS or StartTLS; next to nothing without.
    pub tls: Duration,
    /// `defaultNamingContext`, else the first of `namingContexts`.
    pub base: Option<String>,
    /// The server's clock less ours, in seconds.
    pub clock_offset: Option<i64>,
}

impl<'a> Probe<'a> {
    /// Connects and reads the root DSE (RFC 4512, section 5.1), without a bind; the name is looked up by
    /// the name servers of the configuration.
    ///
    /// # Errors
    /// Why the server cannot be reached.
    pub async fn open(
        url: &ServerUrl,
        config: &'a DirectoryConfig,
        tls: &Arc<ClientConfig>,
        clock: &Clock,
    ) -> Result<Self, DirectoryError> {
        let limit = LIMIT.min(config.timeout);
        let nameservers: &[_] = match &config.servers {
            ServersConfig::Fixed(_) => &[],
            ServersConfig::Srv { nameservers, .. } => nameservers,
        };
        let names = Names::new(nameservers);
        let connector =
            Connector::new(url.clone(), config.start_tls, Arc::clone(tls), limit, names);
        let started = Instant::now();
        let (connection, tcp) = connector.open_timed().await?;
        let tls = started.elapsed().saturating_sub(tcp);
        let before = OffsetDateTime::from(clock.now());
        let root = connection.root(limit).await?;
        let after = OffsetDateTime::from(clock.now());
        let asked = before + (after - before) / 2_i32;
        Ok(Self {
            connection,
            config,
            limit,
            tcp,
            tls,
            base: root.base,
            clock_offset: root.time.map(|time| (time - asked).whole_seconds()),
        })
    }

    /// Whether a search under the server's own base finds users before any bind.
    pub async fn is_open_to_all(&self) -> bool {
        let base = self.base.as_deref().unwrap_or(&self.config.base);
        let found = self.any_user("a search without a bind", base).await;
        found.is_ok_and(|found| found)
    }

    /// The service account's bind, and how long it took; nothing to do without an account.
    ///
    /// # Errors
    /// Why it is refused; [`DirectoryError::ServiceAccount`] when it is the account or its password.
    pub async fn bind(&self) -> Result<Duration, DirectoryError> {
        let started = Instant::now();
        if let ServiceAccount::Simple { user, password } = &self.config.service {
            let deadline = started + self.limit;
            let bind = self
                .connection
                .bind(user, password.expose_secret(), deadline);
            let result = bind.await?;
            service_verdict(self.connection.server(), result.rc, &result.text)?;
        }
        Ok(started.elapsed())
    }

    /// Whether a search under `LDAP_BASE` finds users, and how long that took.
    ///
    /// # Errors
    /// Why the search is refused.
    pub async fn finds_users(&self) -> Result<(bool, Duration), DirectoryError> {
        let started = Instant::now();
        let found = self.any_user("a user search", &self.config.base).await?;
        Ok((found, started.elapsed()))
    }

    async fn any_user(&self, what: &'static str, base: &str) -> Result<bool, DirectoryError> {
        if !self.search(what, base, USERS, 1).await?.is_empty() {
            return Ok(true);
        }
        let persons = self.search(what, base, PERSONS, LOOKED_AT).await?;
        Ok(persons.iter().any(|entry| !is_computer(entry)))
    }

    async fn search(
        &self,
        what: &'static str,
        base: &str,
        filter: &str,
        limit: usize,
    ) -> Result<Vec<Entry>, DirectoryError> {
        let search = Search {
            what,
            base,
            filter,
            attributes: &[CLASS],
            limit,
            deref_aliases: 0,
            hedge: self.limit,
            timeout: self.limit,
        };
        let deadline = Instant::now() + self.limit;
        self.connection.search(&search, deadline).await
    }
}

fn is_computer(entry: &Entry) -> bool {
    match entry.get(CLASS) {
        Some(Attribute::List(classes)) => classes
            .iter()
            .any(|class| class.eq_ignore_ascii_case("computer")),
        _ => false,
    }
}
