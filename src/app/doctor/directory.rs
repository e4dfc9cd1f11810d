//! Each directory server by itself: TCP, TLS, bind, search, clock; then what a group search costs.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use time::OffsetDateTime;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{Findings, Patient};
use crate::{
    app::setup::{SetupPlan, directory_checks},
    config::{ServerUrl, ServersConfig},
    directory::{Directory, explore},
    telemetry::Metrics,
};

const AREA: &str = "ldap";
/// Kerberos' limit is 300 s; a good clock is far within.
const CLOCK_WARN: i64 = 60;
const CLOCK_FAIL: i64 = 300;
const SLOW: Duration = Duration::from_millis(500);
const LIMIT: Duration = Duration::from_secs(10);

/// A directory that answered, for what comes after.
pub(super) struct Found {
    pub directory: Directory,
    _end: DropGuard,
}

pub(super) async fn examine(patient: &Patient, findings: &mut Findings) -> Option<Found> {
    let mut any = false;
    for url in servers(patient, findings).await {
        any |= server(patient, &url, findings).await;
    }
    if !any {
        return None;
    }
    let end = CancellationToken::new();
    let directory = Directory::start(
        patient.config.directory.clone(),
        &patient.tls,
        Arc::new(Metrics::new()),
        &end,
    );
    let found = Found {
        directory,
        _end: end.drop_guard(),
    };
    let limit = Instant::now() + LIMIT;
    while !found.directory.ready() && Instant::now() < limit {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    groups(&found.directory, findings).await;
    Some(found)
}

async fn servers(patient: &Patient, findings: &mut Findings) -> Vec<ServerUrl> {
    match &patient.config.directory.servers {
        ServersConfig::Fixed(urls) => urls.clone(),
        ServersConfig::Srv {
            domain,
            nameservers,
        } => match SetupPlan::servers_of(domain, nameservers).await {
            Ok(found) => {
                findings.ok(
                    AREA,
                    format!("DNS names {} servers for {domain}", found.len()),
                );
                found
            }
            Err(error) => {
                findings.fail(AREA, error, format!("dig +short SRV _ldap._tcp.{domain}"));
                Vec::new()
            }
        },
    }
}

/// Whether it can be used.
async fn server(patient: &Patient, url: &ServerUrl, findings: &mut Findings) -> bool {
    let config = &patient.config;
    let now = OffsetDateTime::from(patient.clock.now());
    let nameservers: &[_] = match &config.directory.servers {
        ServersConfig::Srv { nameservers, .. } => nameservers,
        ServersConfig::Fixed(_) => &[],
    };
    let start_tls = config.directory.start_tls;
    let explored = match explore(url, start_tls, nameservers, &patient.tls, now).await {
        Ok(explored) => explored,
        Err(error) => {
            let text = error.to_string();
            let host = &url.host;
            let fix = if text.contains("ertificate") || text.contains("UnknownIssuer") {
                format!(
                    "openssl s_client -connect {host}:{} -showcerts </dev/null; put its CA into SSL_CA_FILE",
                    url.port
                )
            } else {
                format!("nc -vz {host} {}", url.port)
            };
            findings.fail(AREA, text, fix);
            return false;
        }
    };
    let milliseconds = explored.took.as_millis();
    findings.ok(
        AREA,
        format!("{url} answers over TCP and TLS in {milliseconds} ms"),
    );
    if !config.directory.start_tls && url.scheme == crate::config::Scheme::Ldap {
        findings.warn(
            AREA,
            format!("{url} is not encrypted: passwords pass in plain text"),
            "write ldaps://, or set LDAP_STARTTLS",
        );
    }
    if explored.anonymous {
        findings.warn(
            AREA,
            format!("{url} answers searches of unnamed clients"),
            "close it with the directory's dsHeuristics or ACLs",
        );
    }
    match explored.clock_offset {
        Some(offset) if offset.abs() > CLOCK_FAIL => findings.fail(
            "clock",
            format!("{url}'s clock differs by {offset} s: Kerberos refuses tickets beyond 300 s"),
            "timedatectl set-ntp true",
        ),
        Some(offset) if offset.abs() > CLOCK_WARN => findings.warn(
            "clock",
            format!("{url}'s clock differs by {offset} s"),
            "timedatectl set-ntp true",
        ),
        Some(offset) => findings.ok("clock", format!("{url}'s clock differs by {offset} s")),
        None => {}
    }
    let mut alone = config.clone();
    alone.directory.servers = ServersConfig::Fixed(vec![url.clone()]);
    let checks = directory_checks(&alone, &patient.tls).await;
    let good = checks.iter().all(|check| !check.failed());
    for check in checks.into_iter().skip(1) {
        match check.result {
            Ok(seen) => findings.ok(AREA, format!("{url} {}: {seen}", check.name)),
            Err(wrong) => findings.fail(
                AREA,
                format!("{url} {}: {wrong}", check.name),
                fix(check.name),
            ),
        }
    }
    good
}

fn fix(check: &str) -> &'static str {
    match check {
        "bind" => "ad-edge setup, with the right LDAP_BIND_USER and password",
        _ => "correct LDAP_BASE, or give the account the right to read there",
    }
}

async fn groups(directory: &Directory, findings: &mut Findings) {
    let found = directory
        .search("(&(objectClass=person)(memberOf=*))", 1)
        .await;
    let Some(user) = found.ok().and_then(|users| users.into_iter().next()) else {
        return;
    };
    let start = Instant::now();
    let groups = directory.groups_of(user.dn()).await.len();
    let took = start.elapsed();
    let text = format!(
        "the groups of a user ({groups}) took {} ms",
        took.as_millis()
    );
    if took > SLOW {
        findings.warn(
            "groups",
            text,
            "narrow LDAP_BASE_GROUPS, or raise GROUPS_CACHE_SECONDS",
        );
    } else {
        findings.ok("groups", text);
    }
}
