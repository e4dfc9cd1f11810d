//! What this instance tells of itself to whoever looks at the fleet.

use std::{
    collections::BTreeMap,
    fmt,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use arc_swap::ArcSwap;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::time::Instant;

use super::generation::Generation;
use crate::{
    clock::Clock,
    fleet::{
        Certificate, Configuration, DirectoryServer, FleetKey, InstanceReport, KeyDigest,
        LastMinute, State, Tunnel,
    },
    http::Random,
    ops::{Readiness, Ready},
    secret::SecretString,
    telemetry::{History, Metrics},
    tls::TlsServer,
    tunnel::TunnelState,
};

/// Answers from memory.
pub struct Reporter {
    current: Arc<ArcSwap<Generation>>,
    readiness: Arc<Readiness>,
    tls: Option<TlsServer>,
    metrics: Arc<Metrics>,
    history: Arc<History>,
    up_since: SystemTime,
    started: Instant,
    run: String,
}

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reporter")
    }
}

impl Reporter {
    /// Of a program that starts now.
    pub fn new(
        current: &Arc<ArcSwap<Generation>>,
        readiness: &Arc<Readiness>,
        tls: Option<&TlsServer>,
        metrics: &Arc<Metrics>,
        history: &Arc<History>,
        clock: &Clock,
    ) -> Self {
        Self {
            current: Arc::clone(current),
            readiness: Arc::clone(readiness),
            tls: tls.cloned(),
            metrics: Arc::clone(metrics),
            history: Arc::clone(history),
            up_since: clock.now(),
            started: Instant::now(),
            run: hex::encode(Random::system().bytes::<8>()),
        }
    }

    /// `OPS_TOKEN`.
    pub fn token(&self) -> Option<SecretString> {
        self.current.load().config.ops_token.clone()
    }

    pub fn report(&self) -> InstanceReport {
        let current = self.current.load();
        let (state, reasons) = match self.readiness.evaluate_for_operators() {
            Ready::Yes => (State::Ready, Vec::new()),
            Ready::No(reasons) => (State::NotReady, reasons),
            Ready::Draining => (State::Draining, Vec::new()),
        };
        let (logins, refusals) = self.history.last_minute(&self.metrics);
        InstanceReport {
            version: InstanceReport::VERSION,
            run: self.run.clone(),
            name: current.config.instance.name.clone(),
            mark: current.config.instance.mark().to_string(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            up_since: moment(self.up_since),
            up_seconds: self.started.elapsed().as_secs(),
            state,
            reasons,
            tunnel: tunnel(&current),
            directory: directory(&current),
            last_minute: LastMinute { logins, refusals },
            server_certificate: self.tls.as_ref().map(|tls| {
                let leaf = tls.leaf();
                Certificate {
                    thumbprint: hex::encode(leaf.sha256),
                    ends: moment(leaf.not_after),
                }
            }),
            signing_certificate: Certificate {
                thumbprint: current.signing.thumbprint().to_owned(),
                ends: moment(unix(current.signing.not_after())),
            },
            keytab: keytab(&current),
            configuration: configuration(&current),
        }
    }
}

/// The digests of what must be equal on all instances.
pub(super) fn configuration(current: &Generation) -> Configuration {
    let key: &FleetKey = &current.fleet_key;
    let keys: BTreeMap<String, KeyDigest> = current
        .shared
        .iter()
        .map(|(name, value)| {
            let digest = KeyDigest {
                digest: key.digest(name, &value.digest),
                from: value.origin.word().to_owned(),
            };
            (name.to_owned(), digest)
        })
        .collect();
    let mapper = current.mapper.source();
    let mapper = mapper.map(|source| key.digest("the mapper's script", source.as_bytes()));
    let client_ca = current.certificates();
    let client_ca = client_ca
        .map(|certificates| key.digest("the client CAs", &certificates.authorities_digest()));
    let mut whole = String::new();
    for (name, value) in &keys {
        whole.extend([name.as_str(), "=", &value.digest, "\n"]);
    }
    for part in [&mapper, &client_ca] {
        whole.extend([part.as_deref().unwrap_or("none"), "\n"]);
    }
    Configuration {
        digest: key.digest("the whole", whole.as_bytes()),
        mapper,
        client_ca,
        keys,
    }
}

fn tunnel(current: &Generation) -> Tunnel {
    let state = current
        .tunnel
        .as_ref()
        .map(|tunnel| tunnel.borrow().clone());
    match state {
        None => Tunnel::Off,
        Some(TunnelState::Connected) => Tunnel::Connected,
        Some(TunnelState::Disconnected(why)) => Tunnel::Disconnected {
            reason: why.map_or_else(|| "not connected yet".to_owned(), |why| why.to_string()),
        },
    }
}

fn directory(current: &Generation) -> Vec<DirectoryServer> {
    let servers = current.directory.status().into_iter();
    servers
        .map(|server| DirectoryServer {
            url: server.server,
            up: server.up,
            seconds: server.since.as_secs(),
            error: server.error.map(|error| error.to_string()),
        })
        .collect()
}

fn keytab(current: &Generation) -> BTreeMap<String, Vec<u32>> {
    let mut versions: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    let Some(kerberos) = current.kerberos() else {
        return versions;
    };
    for entry in &kerberos.keytab().entries {
        let known = versions.entry(entry.principal.clone()).or_default();
        known.push(entry.kvno);
    }
    for known in versions.values_mut() {
        known.sort_unstable();
        known.dedup();
    }
    versions
}

fn moment(at: SystemTime) -> String {
    // A second is exact enough, and shorter to read.
    let at = OffsetDateTime::from(at).replace_nanosecond(0);
    let text = at.ok().and_then(|at| at.format(&Rfc3339).ok());
    text.unwrap_or_default()
}

fn unix(seconds: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}
