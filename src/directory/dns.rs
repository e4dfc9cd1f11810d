//! Names in DNS: the domain controllers of a domain, and the addresses of a server.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use hickory_resolver::{
    TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolverConfig},
    net::{NetError, runtime::TokioRuntimeProvider},
    proto::rr::{RData, RecordType},
};
use tokio::{
    net::lookup_host,
    time::{Instant, timeout},
};

use crate::cause;

/// The limit of a question for an alias.
const CANONICAL_LIMIT: Duration = Duration::from_secs(3);

/// Asks DNS: the system's way, or the name servers of `LDAP_SRV_NAMESERVERS`.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    own: Option<TokioResolver>,
}

/// One SRV record (RFC 2782).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub priority: u16,
    pub weight: u16,
    pub port: u16,
    /// Without the dot at its end.
    pub target: String,
}

/// DNS gave no answer that helps.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LookupError {
    #[error("the name lookup failed: {}", cause::dns(.0))]
    Resolver(Arc<NetError>),
    #[error("the name lookup failed: {}", cause::system_lookup(.0))]
    System(Arc<io::Error>),
    #[error("/etc/resolv.conf cannot be used: {}", cause::dns(.0))]
    Settings(Arc<NetError>),
    #[error("DNS does not answer")]
    Timeout,
    #[error("the answer names no server")]
    NoServer,
    #[error("the name lookup gives no address")]
    NoAddress,
}

impl LookupError {
    fn resolver(error: NetError) -> Self {
        Self::Resolver(Arc::new(error))
    }
}

impl Names {
    pub fn new(servers: &[SocketAddr]) -> Self {
        if servers.is_empty() {
            return Self::default();
        }
        let servers = servers.iter().map(|server| {
            let at_port = |mut connection: ConnectionConfig| {
                connection.port = server.port();
                connection
            };
            let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(at_port);
            NameServerConfig::new(server.ip(), true, connections.into())
        });
        let config = ResolverConfig::from_name_servers(servers.collect());
        let provider = TokioRuntimeProvider::default();
        let mut builder = TokioResolver::builder_with_config(config, provider);
        // A record that was missing is asked for again at the next attempt, whatever the zone says.
        builder.options_mut().negative_max_ttl = Some(Duration::from_secs(1));
        Self {
            own: builder.build().ok(),
        }
    }

    /// The name at the end of `host`'s aliases: `host` itself when it is none. Kerberos clients ask
    /// for tickets under it.
    pub async fn canonical(&self, host: &str) -> Result<String, LookupError> {
        let own = self.own.clone();
        let resolver = own.map_or_else(system, Ok)?;
        let found = resolver.lookup(format!("{host}."), RecordType::A).await;
        let found = found.map_err(LookupError::resolver)?;
        let plain = |name: &hickory_resolver::proto::rr::Name| {
            let text = name.to_ascii().to_ascii_lowercase();
            text.trim_end_matches('.').to_owned()
        };
        let mut name = host.to_ascii_lowercase();
        // No longer than the answer: aliases may form a circle.
        for _ in found.answers() {
            let next = found
                .answers()
                .iter()
                .find_map(|answer| match &answer.data {
                    RData::CNAME(target) if plain(&answer.name) == name => Some(plain(&target.0)),
                    _ => None,
                });
            match next {
                Some(next) => name = next,
                None => break,
            }
        }
        Ok(name)
    }

    /// The LDAP servers of `domain`, and for how long the answer holds.
    pub async fn ldap_servers(&self, domain: &str) -> Result<(Vec<Record>, Duration), LookupError> {
        let resolver = self.own.clone().map_or_else(system, Ok)?;
        let name = format!("_ldap._tcp.{domain}.");
        let found = resolver.srv_lookup(name).await;
        let found = found.map_err(LookupError::resolver)?;
        let records: Vec<_> = found
            .answers()
            .iter()
            .filter_map(|answer| match &answer.data {
                RData::SRV(srv) => Some(Record {
                    priority: srv.priority,
                    weight: srv.weight,
                    port: srv.port,
                    target: srv.target.to_ascii().trim_end_matches('.').to_owned(),
                }),
                _ => None,
            })
            // A target of "." says that the domain has no such service.
            .filter(|record| !record.target.is_empty())
            .collect();
        if records.is_empty() {
            return Err(LookupError::NoServer);
        }
        let holds =
            Instant::from_std(found.valid_until()).saturating_duration_since(Instant::now());
        Ok((records, holds))
    }

    /// The addresses of `host`.
    pub async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, LookupError> {
        let Some(own) = self
            .own
            .as_ref()
            .filter(|_| host.parse::<std::net::IpAddr>().is_err())
        else {
            let found = lookup_host((host, port)).await;
            return match found {
                Ok(found) => Ok(found.collect()),
                Err(error) => Err(LookupError::System(Arc::new(error))),
            };
        };
        let found = own.lookup_ip(format!("{host}.")).await;
        let found = found.map_err(LookupError::resolver)?;
        Ok(found.iter().map(|ip| SocketAddr::new(ip, port)).collect())
    }
}

/// The name at the end of `host`'s aliases in DNS, by the system's name servers; none when they know
/// no such name.
pub async fn canonical_name(host: &str) -> Option<String> {
    let names = Names::default();
    let asked = timeout(CANONICAL_LIMIT, names.canonical(host)).await;
    asked.ok()?.ok()
}

/// The system's resolver, read each time: resolv.conf changes while this program runs.
fn system() -> Result<TokioResolver, LookupError> {
    TokioResolver::builder_tokio()
        .and_then(hickory_resolver::ResolverBuilder::build)
        .map_err(|error| LookupError::Settings(Arc::new(error)))
}

/// The order in which to ask: by priority, and within one by chance, weighted (RFC 2782).
/// `random` gives a number below its argument.
pub(super) fn in_order(mut records: Vec<Record>, random: impl Fn(u32) -> u32) -> Vec<Record> {
    records.sort_by_key(|record| (record.priority, record.weight, record.target.clone()));
    let mut ordered = Vec::with_capacity(records.len());
    while let Some(first) = records.first() {
        let peers = records.partition_point(|record| record.priority == first.priority);
        let total: u32 = records[..peers].iter().map(|r| u32::from(r.weight)).sum();
        // Those of weight 0 come first, so that they are chosen by the smallest number alone.
        let chosen = random(total + 1);
        let mut sum = 0;
        let index = records[..peers].iter().position(|record| {
            sum += u32::from(record.weight);
            sum >= chosen
        });
        ordered.push(records.remove(index.unwrap_or(0)));
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(priority: u16, weight: u16, target: &str) -> Record {
        Record {
            priority,
            weight,
            port: 389,
            target: target.to_owned(),
        }
    }

    fn targets(random: impl Fn(u32) -> u32) -> Vec<String> {
        let records = vec![
            record(10, 0, "far"),
            record(0, 100, "big"),
            record(0, 1, "small"),
            record(0, 0, "spare"),
        ];
        let ordered = in_order(records, random);
        ordered.into_iter().map(|record| record.target).collect()
    }

    #[test]
    fn priority_counts_first_then_weight() {
        assert_eq!(targets(|_| 0), ["spare", "small", "big", "far"]);
        assert_eq!(targets(|below| below - 1), ["big", "small", "spare", "far"]);
        assert_eq!(targets(|below| below / 2), ["big", "small", "spare", "far"]);
    }
}
