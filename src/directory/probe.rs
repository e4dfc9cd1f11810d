//! One server step by step, for `ad-edge doctor`: where it fails, and how long each step takes.

use std::{sync::Arc, time::Duration};

use rustls::ClientConfig;
use time::OffsetDateTime;
use tokio::time::Instant;

use super::{
    connect::Connector,
    connection::{Connection, Search},
    dns::Names,
    error::DirectoryError,
    keepalive::service_verdict,
};
use crate::{
    clock::Clock,
    config::{DirectoryConfig, ServerUrl, ServersConfig, ServiceAccount},
    secret::ExposeSecret as _,
};

/// The limit of each step.
const LIMIT: Duration = Duration::from_secs(5);
const DNS_LIMIT: Duration = Duration::from_secs(3);

/// A connection to one server, made as the running program makes it.
#[derive(Debug)]
pub struct Probe<'a> {
    connection: Connection,
    config: &'a DirectoryConfig,
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
    /// Connects without a bind, by the name servers of the configuration.
    ///
    /// # Errors
    /// Why the server cannot be reached.
    pub async fn open(
        url: &ServerUrl,
        config: &'a DirectoryConfig,
        tls: &Arc<ClientConfig>,
        clock: &Clock,
    ) -> Result<Self, DirectoryError> {
        let nameservers: &[_] = match &config.servers {
            ServersConfig::Fixed(_) => &[],
            ServersConfig::Srv { nameservers, .. } => nameservers,
        };
        let names = Names::new(nameservers);
        let connector =
            Connector::new(url.clone(), config.start_tls, Arc::clone(tls), LIMIT, names);
        let started = Instant::now();
        let (connection, tcp) = connector.open_timed().await?;
        let tls = started.elapsed().saturating_sub(tcp);
        let before = OffsetDateTime::from(clock.now());
        let root = connection.root(LIMIT).await?;
        let after = OffsetDateTime::from(clock.now());
        let asked = before + (after - before) / 2_i32;
        Ok(Self {
            connection,
            config,
            tcp,
            tls,
            base: root.base,
            clock_offset: root.time.map(|time| (time - asked).whole_seconds()),
        })
    }

    /// Whether a search finds entries before any bind.
    pub async fn is_open_to_all(&self) -> bool {
        let base = self.base.as_deref().unwrap_or(&self.config.base);
        let found = self.find("a search without a bind", base).await;
        found.is_ok_and(|found| found)
    }

    /// The service account's bind, and how long it took; nothing to do without an account.
    ///
    /// # Errors
    /// Why it is refused: the account, or the kind of connection.
    pub async fn bind(&self) -> Result<Duration, DirectoryError> {
        let started = Instant::now();
        if let ServiceAccount::Simple { user, password } = &self.config.service {
            let bind = self
                .connection
                .bind(user, password.expose_secret(), started + LIMIT);
            let result = bind.await?;
            service_verdict(self.connection.server(), result.rc, &result.text)?;
        }
        Ok(started.elapsed())
    }

    /// Whether there is anyone under `LDAP_BASE`, and how long that took to say.
    ///
    /// # Errors
    /// Why the search is refused.
    pub async fn search(&self) -> Result<(bool, Duration), DirectoryError> {
        let started = Instant::now();
        let found = self.find("a user search", &self.config.base).await?;
        Ok((found, started.elapsed()))
    }

    async fn find(&self, what: &'static str, base: &str) -> Result<bool, DirectoryError> {
        let search = Search {
            what,
            base,
            filter: "(&(objectClass=person)(!(objectClass=computer)))",
            // "1.1": no attributes (RFC 4511, 4.5.1.8).
            attributes: &["1.1"],
            limit: 1,
            deref_aliases: 0,
            hedge: LIMIT,
            timeout: LIMIT,
        };
        let found = self
            .connection
            .search(&search, Instant::now() + LIMIT)
            .await;
        found.map(|entries| !entries.is_empty())
    }
}

/// The name at the end of `host`'s aliases in DNS, by the system's name servers; none when they know
/// no such name.
pub async fn canonical_name(host: &str) -> Option<String> {
    let names = Names::default();
    let asked = tokio::time::timeout(DNS_LIMIT, names.canonical(host)).await;
    asked.ok()?.ok()
}
