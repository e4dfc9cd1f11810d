//! The servers of `LDAP_URL=srv:…`: asked for in DNS at intervals.

use std::{
    net::SocketAddr,
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::{
    dns::{LookupError, Names, Record, in_order},
    servers::Servers,
};
use crate::{
    config::{Scheme, ServerUrl},
    lifecycle::Backoff,
    telemetry::{Throttle, event},
};

/// The limit of one question.
const LIMIT: Duration = Duration::from_secs(5);
/// An answer is used for no shorter and no longer than this, whatever it says.
const SHORTEST: Duration = Duration::from_secs(30);
const LONGEST: Duration = Duration::from_hours(1);
/// Pauses after a failure: the first, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// How often a lasting trouble is logged again.
const REMIND: Duration = Duration::from_mins(1);

/// What is asked for.
#[derive(Debug)]
pub(super) struct Discovery {
    pub domain: String,
    /// Connections begin with StartTLS, on the record's port.
    pub start_tls: bool,
    pub names: Names,
}

impl Discovery {
    /// Keeps the list of servers as DNS has it. A failed question leaves it as it was.
    pub async fn keep(self: Arc<Self>, servers: Weak<Servers>, shutdown: CancellationToken) {
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        let log = Throttle::new(REMIND);
        loop {
            let asked = timeout(LIMIT, self.names.ldap_servers(&self.domain));
            let answer = tokio::select! {
                () = shutdown.cancelled() => return,
                answer = asked => answer.unwrap_or(Err(LookupError::Timeout)),
            };
            let Some(servers) = servers.upgrade() else {
                return;
            };
            let pause = match answer {
                Ok((records, holds)) => {
                    backoff.reset();
                    let records = in_order(records, below);
                    let urls = records.iter().map(|record| self.url(record));
                    servers.replace(urls.collect());
                    holds.clamp(SHORTEST, LONGEST)
                }
                Err(error) => {
                    if let Some(more) = log.pass() {
                        tracing::warn!(
                            event = event::DIRECTORY_SRV_MISSING,
                            more,
                            domain = self.domain,
                            %error,
                            "the SRV records _ldap._tcp of LDAP_URL are not found; check DNS"
                        );
                    }
                    servers.set_not_discovered(format!("_ldap._tcp.{}", self.domain), error);
                    backoff.pause()
                }
            };
            drop(servers);
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = sleep(pause) => {}
            }
        }
    }

    /// AD's records name the ports without TLS; its TLS has ports of its own, beside them.
    pub fn url(&self, record: &Record) -> ServerUrl {
        let (scheme, port) = match (self.start_tls, record.port) {
            (true, port) => (Scheme::Ldap, port),
            (false, 389) => (Scheme::Ldaps, 636),
            (false, 3268) => (Scheme::Ldaps, 3269),
            (false, port) => (Scheme::Ldaps, port),
        };
        ServerUrl {
            scheme,
            host: record.target.clone(),
            port,
        }
    }
}

/// The LDAP servers of a domain by its SRV records, best first, as the running program connects to them.
///
/// # Errors
/// What DNS says.
pub async fn find_servers(
    domain: &str,
    nameservers: &[SocketAddr],
    start_tls: bool,
) -> Result<Vec<ServerUrl>, LookupError> {
    let names = Names::new(nameservers);
    let asked = timeout(LIMIT, names.ldap_servers(domain)).await;
    let (records, _) = asked.map_err(|_| LookupError::Timeout)??;
    let discovery = Discovery {
        domain: domain.to_owned(),
        start_tls,
        names,
    };
    // The heaviest first: nothing is chosen by chance here.
    let records = in_order(records, |limit| limit.saturating_sub(1));
    Ok(records.iter().map(|record| discovery.url(record)).collect())
}

/// A number below `limit`, by chance; without randomness the largest, which weights still shape.
fn below(limit: u32) -> u32 {
    let mut bytes = [0; 8];
    match aws_lc_rs::rand::fill(&mut bytes) {
        Ok(()) => u32::try_from(u64::from_le_bytes(bytes) % u64::from(limit.max(1))).unwrap_or(0),
        Err(_) => limit.saturating_sub(1),
    }
}
