//! What a directory says of itself, before anything is configured.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use rustls::ClientConfig;
use tokio::time::Instant;

use super::{
    connect::Connector,
    connection::{Connection, Search},
    discovery::Discovery,
    dns::{Names, in_order},
    error::DirectoryError,
};
use crate::config::ServerUrl;

const LIMIT: Duration = Duration::from_secs(5);

/// The root DSE of a server (RFC 4512, section 5.1), and what an unnamed client may do there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explored {
    /// `defaultNamingContext`, else the first of `namingContexts`.
    pub base: Option<String>,
    /// A search without a bind finds entries.
    pub anonymous: bool,
    /// The server's clock less ours, in seconds.
    pub clock_offset: Option<i64>,
    /// How long TCP, TLS and the first answer took.
    pub took: Duration,
}

/// The LDAP servers of a domain by its SRV records, best first.
///
/// # Errors
/// What DNS says.
pub async fn find_servers(
    domain: &str,
    nameservers: &[SocketAddr],
) -> Result<Vec<ServerUrl>, String> {
    let names = Names::new(nameservers);
    let asked = tokio::time::timeout(LIMIT, names.ldap_servers(domain)).await;
    let (records, _) = asked.map_err(|_| "DNS does not answer".to_owned())??;
    let discovery = Discovery {
        domain: domain.to_owned(),
        start_tls: false,
        names,
    };
    // The heaviest first: nothing is chosen by chance here.
    let records = in_order(records, |limit| limit.saturating_sub(1));
    Ok(records.iter().map(|record| discovery.url(record)).collect())
}

/// Looks at one server without a bind; `nameservers` as in [`find_servers`].
///
/// # Errors
/// Why it cannot be reached.
pub async fn explore(
    url: &ServerUrl,
    start_tls: bool,
    nameservers: &[SocketAddr],
    tls: &Arc<ClientConfig>,
    now: time::OffsetDateTime,
) -> Result<Explored, DirectoryError> {
    let names = Names::new(nameservers);
    let connector = Connector::new(url.clone(), start_tls, Arc::clone(tls), LIMIT, names);
    let started = Instant::now();
    let connection = connector.open().await?;
    let root = connection.root(LIMIT).await?;
    let took = started.elapsed();
    let anonymous = match &root.base {
        Some(base) => finds_anything(&connection, base).await,
        None => false,
    };
    Ok(Explored {
        base: root.base,
        anonymous,
        clock_offset: root.time.map(|time| (time - now).whole_seconds()),
        took,
    })
}

async fn finds_anything(connection: &Connection, base: &str) -> bool {
    let search = Search {
        what: "a search without a bind",
        base,
        filter: "(objectClass=person)",
        attributes: &["1.1"],
        limit: 1,
        deref_aliases: 0,
        hedge: LIMIT,
        timeout: LIMIT,
    };
    let found = connection.search(&search, Instant::now() + LIMIT).await;
    found.is_ok_and(|entries| !entries.is_empty())
}
