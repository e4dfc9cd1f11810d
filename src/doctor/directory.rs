//! Each directory server by itself: TCP, TLS, clock, bind, search; then what a group search costs.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    accounts,
    context::{Context, quoted},
    finding::{Area, Finding, Findings},
    groups, names,
    recorder::recording,
    unreachable::unreachable,
};
use crate::{
    config::{Scheme, ServerUrl, ServersConfig, ServiceAccount},
    directory::{Directory, DirectoryError, Probe, find_servers},
    telemetry::Metrics,
};

const AREA: Area = Area::Ldap;
/// Kerberos' limit is 300 s; a good clock is far within.
const CLOCK_WARN: i64 = 60;
const CLOCK_FAIL: i64 = 300;
const LIMIT: Duration = Duration::from_secs(5);

/// A directory that answered, for what comes after.
pub(super) struct Found {
    pub directory: Directory,
    /// Of the whole domain: `LDAP_BASE` may be a part of it.
    pub base: String,
    _end: DropGuard,
}

pub(super) async fn examine(context: &Context, findings: &Findings) -> Option<Found> {
    let urls = servers(context, findings).await;
    let probes = join_all(urls.iter().map(|url| reach(context, url, findings))).await;
    let mut probes = urls
        .iter()
        .zip(probes)
        .filter_map(|(url, probe)| Some((url, probe?)));
    // One after the other until the account is known to be right: a wrong password at each server
    // would lock it.
    let (mut good, mut refused, mut base) = (false, false, None);
    // The base is wrong once, however many servers say so.
    let mut without_users = false;
    for (url, probe) in probes.by_ref() {
        if refused {
            let text = format!(
                "{url}: the bind was not tried, so that the account is not locked by a wrong password"
            );
            findings.add(
                Finding::warn(AREA, "ldap-bind-not-tried", text)
                    .about(url.to_string())
                    .note("correct the account first"),
            );
            continue;
        }
        match bind_and_search(context, url, &probe, findings).await {
            Use::Good => {
                (good, base) = (true, probe.base);
                break;
            }
            Use::AccountRefused => refused = true,
            Use::NoUsers(finding) if !without_users => {
                findings.add(*finding);
                without_users = true;
            }
            Use::NoUsers(_) | Use::Bad => {}
        }
    }
    let rest: Vec<_> = probes.collect();
    let rest = rest
        .iter()
        .map(|(url, probe)| bind_and_search(context, url, probe, findings));
    for verdict in join_all(rest).await {
        if let Use::NoUsers(finding) = verdict {
            findings.add(*finding);
        }
    }
    if !good {
        let follows = "Groups, SPN and key versions are looked at when a directory server works";
        if !findings.say_of_failure(follows) {
            let text = "no directory server works";
            findings.add(Finding::fail(AREA, "ldap-none", text).note(follows));
        }
        return None;
    }
    let end = CancellationToken::new();
    let directory = Directory::start(
        context.config.directory.clone(),
        &context.tls,
        Arc::new(Metrics::new()),
        &context.clock,
        &end,
    );
    let found = Found {
        directory,
        base: base.unwrap_or_else(|| context.config.directory.base.clone()),
        _end: end.drop_guard(),
    };
    let limit = Instant::now() + LIMIT;
    while !found.directory.ready() && Instant::now() < limit {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    names::examine(context, &found.directory, findings).await;
    accounts::examine(context, &found.directory, findings).await;
    groups::examine(context, &found.directory, findings).await;
    Some(found)
}

async fn servers(context: &Context, findings: &Findings) -> Vec<ServerUrl> {
    let config = &context.config.directory;
    let (domain, nameservers) = match &config.servers {
        ServersConfig::Fixed(urls) => return urls.clone(),
        ServersConfig::Srv {
            domain,
            nameservers,
        } => (domain, nameservers),
    };
    match find_servers(domain, nameservers, config.start_tls).await {
        Ok(found) => {
            let text = format!("DNS names {} servers for {domain}", found.len());
            findings.add(Finding::ok(AREA, "ldap-srv", text));
            found
        }
        Err(error) => {
            let server = nameservers
                .first()
                .map(|server| format!(" @{} -p {}", server.ip(), server.port()));
            let text = format!("DNS names no directory server for {domain} ({error})");
            findings.add(
                Finding::fail(AREA, "ldap-srv", text)
                    .fix(format!(
                        "dig +short SRV _ldap._tcp.{domain}{}",
                        server.unwrap_or_default()
                    ))
                    .note("this machine, or LDAP_SRV_NAMESERVERS, must ask the domain's DNS"),
            );
            Vec::new()
        }
    }
}

/// TCP, TLS and the root DSE.
async fn reach<'a>(
    context: &'a Context,
    url: &ServerUrl,
    findings: &Findings,
) -> Option<Probe<'a>> {
    let config = &context.config.directory;
    let recording = recording(&context.config, &context.clock);
    let tls = recording.as_ref().map_or(&context.tls, |(tls, _)| tls);
    let encrypted = config.start_tls || url.scheme == Scheme::Ldaps;
    let probe = match Probe::open(url, config, tls, &context.clock).await {
        Ok(probe) => probe,
        Err(error) => {
            let recorder = recording.as_ref().map(|(_, recorder)| &**recorder);
            findings.add(unreachable(context, url, &error, recorder));
            return None;
        }
    };
    let (tcp, tls) = (probe.tcp.as_millis(), probe.tls.as_millis());
    let text = if encrypted {
        format!("{url} answers: TCP {tcp} ms, TLS {tls} ms")
    } else {
        format!("{url} answers: TCP {tcp} ms, without TLS")
    };
    findings.add(Finding::ok(AREA, "ldap-reach", text).about(url.to_string()));
    if !encrypted {
        let text = format!("{url} is not encrypted: passwords pass in plain text");
        let secure = ServerUrl {
            scheme: Scheme::Ldaps,
            port: if url.port == 389 { 636 } else { url.port },
            ..url.clone()
        };
        findings.add(
            Finding::warn(AREA, "ldap-plain", text)
                .about(url.to_string())
                .fix(context.command(&format!("setup --ldap-url {secure}")))
                .note("or set LDAP_STARTTLS to true"),
        );
    }
    if probe.is_open_to_all().await {
        let text = format!("{url} answers searches of unnamed clients");
        findings.add(
            Finding::warn(AREA, "ldap-anonymous", text)
                .about(url.to_string())
                .note("close it with the directory's dsHeuristics or ACLs"),
        );
    }
    if let Some(offset) = probe.clock_offset {
        let text = format!("{url}'s clock differs by {offset} s");
        let finding = match offset.abs() {
            CLOCK_FAIL.. => Finding::fail(
                Area::Clock,
                "clock-directory",
                format!("{text}: Kerberos refuses tickets beyond 300 s"),
            )
            .fix("timedatectl set-ntp true"),
            CLOCK_WARN.. => {
                Finding::warn(Area::Clock, "clock-directory", text).fix("timedatectl set-ntp true")
            }
            _ => Finding::ok(Area::Clock, "clock-directory", text),
        };
        findings.add(finding.about(url.to_string()));
    }
    Some(probe)
}

/// What can be done with a server.
enum Use {
    Good,
    AccountRefused,
    /// Why nobody is found there.
    NoUsers(Box<Finding>),
    Bad,
}

/// Bind and search.
async fn bind_and_search(
    context: &Context,
    url: &ServerUrl,
    probe: &Probe<'_>,
    findings: &Findings,
) -> Use {
    let config = &context.config.directory;
    let setup = || context.command("setup");
    let (who, note) = match &config.service {
        ServiceAccount::Anonymous => ("without an account".to_owned(), ""),
        ServiceAccount::Simple { user, .. } => (
            user.clone(),
            "asks for LDAP_BIND_USER and its password anew",
        ),
    };
    match probe.bind().await {
        Ok(took) => {
            let text = format!("{url} bind: {who}, {} ms", took.as_millis());
            findings.add(Finding::ok(AREA, "ldap-bind", text).about(url.to_string()));
        }
        Err(error) => {
            let finding =
                |id| Finding::fail(AREA, id, format!("{url} bind: {error}")).about(url.to_string());
            if let DirectoryError::ServiceAccount { .. } = error {
                findings.add(finding("ldap-bind-account").fix(setup()).note(note));
                return Use::AccountRefused;
            }
            let refused = match &error {
                DirectoryError::Refused { code: 8 | 13, .. } => {
                    let secure = ServerUrl {
                        scheme: Scheme::Ldaps,
                        port: if url.port == 389 { 636 } else { url.port },
                        ..url.clone()
                    };
                    finding("ldap-bind-refused")
                        .fix(context.command(&format!("setup --ldap-url {secure}")))
                        .note("the server wants an encrypted connection; LDAP_STARTTLS does as well")
                }
                DirectoryError::Refused { .. } => finding("ldap-bind-refused").note(
                    "the server does not check the password but refuses this kind of bind: see its log",
                ),
                _ => finding("ldap-bind-unanswered")
                    .note("TCP and TLS work, and the bind hangs: see the server's load and its log"),
            };
            findings.add(refused);
            return Use::Bad;
        }
    }
    let base = &config.base;
    let text = match probe.finds_users().await {
        Ok((true, took)) => {
            let text = format!("{url} search: users under {base}, {} ms", took.as_millis());
            findings.add(Finding::ok(AREA, "ldap-search", text).about(url.to_string()));
            return Use::Good;
        }
        Ok((false, _)) => format!("{url} search: nobody is found under {base}"),
        Err(error) => format!("{url} search: {error}"),
    };
    let finding = wrong_base(context, text, probe).about(url.to_string());
    Use::NoUsers(Box::new(finding))
}

fn wrong_base(context: &Context, text: String, probe: &Probe<'_>) -> Finding {
    let finding = Finding::fail(AREA, "ldap-search", text)
        .note("correct LDAP_BASE, or give the account the right to read there");
    match &probe.base {
        Some(base) => finding.fix(context.command(&format!("setup --ldap-base {}", quoted(base)))),
        None => finding,
    }
}
