//! SERVER_URL as users have it: its name, its certificate, whether it is ready, and which instances answer.

use std::{collections::BTreeSet, net::SocketAddr, time::Duration};

use tokio::{net::lookup_host, time::timeout};

use super::{
    answered,
    context::{Context, days, quoted},
    finding::{Area, Finding, Findings},
    network::is_served,
    recorder::{Shown, issuer},
    visit::{Answer, VisitError, Visitor},
};
use crate::{
    cause::{self, CertificateFault},
    config::keys,
    tls::{Identity, LeafFacts},
};

const AREA: Area = Area::Url;
const DNS: Area = Area::Dns;
const LIMIT: Duration = Duration::from_secs(5);
/// Addresses of the name that are tried.
const ADDRESSES: usize = 8;

/// Makes so many connections, one after the other, so that a round robin comes to each instance.
pub(super) async fn examine(context: &Context, visits: usize, findings: &Findings) -> Vec<Answer> {
    let url = &context.config.federation.server_url;
    if url.scheme() != "https" {
        let secure = url.as_str().replacen("http:", "https:", 1);
        findings.add(
            Finding::fail(DNS, "url-scheme", format!("SERVER_URL {url} is not https"))
                .fix(context.command(&format!("setup --server-url {}", quoted(&secure))))
                .note("browsers send tickets and passwords to it"),
        );
    }
    let addresses = resolve(context, findings).await;
    if url.scheme() == "https" && context.config.direct.is_some() {
        return open(context, &addresses, visits, findings).await;
    }
    Vec::new()
}

async fn resolve(context: &Context, findings: &Findings) -> Vec<SocketAddr> {
    let url = &context.config.federation.server_url;
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
        return Vec::new();
    };
    let bare = host.trim_matches(['[', ']']);
    let mut addresses: Vec<SocketAddr> = match timeout(LIMIT, lookup_host((bare, port))).await {
        Ok(Ok(found)) => found.collect(),
        Ok(Err(error)) => {
            let error = cause::system_lookup(&error);
            let text = format!("{host}, the host of SERVER_URL, is not found ({error})");
            findings.add(
                Finding::fail(DNS, "dns-name", text)
                    .about(host)
                    .fix(format!("dig +short {host}"))
                    .note("create its A record for the balancer's address"),
            );
            return Vec::new();
        }
        Err(_) => {
            findings.add(
                Finding::fail(DNS, "dns-silent", "DNS does not answer")
                    .about(host)
                    .fix("cat /etc/resolv.conf"),
            );
            return Vec::new();
        }
    };
    addresses.sort_unstable();
    addresses.dedup();
    let found: Vec<_> = addresses.iter().map(|one| one.ip().to_string()).collect();
    let text = format!("{host} is {}", found.join(", "));
    findings.add(Finding::ok(DNS, "dns-name", text).about(host));
    if let Some(own) = addresses.iter().find(|one| one.ip().is_loopback()) {
        let text = format!(
            "{host} is {} here, this machine itself: what answers may be another than for users",
            own.ip()
        );
        findings.add(
            Finding::warn(DNS, "dns-loopback", text)
                .about(host)
                .fix(format!("grep -n {} /etc/hosts", quoted(host)))
                .note("take the name out of /etc/hosts, so that DNS says the balancer's address"),
        );
    }
    addresses
}

/// Opens each address once, and then those that answer again and again.
async fn open(
    context: &Context,
    addresses: &[SocketAddr],
    visits: usize,
    findings: &Findings,
) -> Vec<Answer> {
    let mut visitors = Vec::new();
    let mut answers = Vec::new();
    let mut failed = Vec::new();
    for address in addresses.iter().take(ADDRESSES) {
        let Some(visitor) = Visitor::new(&context.config, &context.clock, *address) else {
            return answers;
        };
        match visitor.ask().await {
            Ok(answer) => {
                certificate(context, *address, &answer.shown, findings);
                answers.push(answer);
                visitors.push((*address, visitor));
            }
            Err(error) => failed.push((*address, error)),
        }
    }
    for (address, error) in failed {
        findings.add(match error {
            VisitError::NoWay(cause) if !visitors.is_empty() => elsewhere(address, &cause),
            error => unreachable(context, address, &error),
        });
    }
    if visitors.is_empty() {
        return answers;
    }
    for at in answers.len()..visits {
        let (address, visitor) = &visitors[at % visitors.len()];
        match visitor.ask().await {
            Ok(answer) => answers.push(answer),
            Err(error) => {
                findings.add(unreachable(context, *address, &error));
                break;
            }
        }
    }
    ready(context, &answers, findings);
    answered::examine(context, &answers, findings);
    answers
}

/// An address of users, and not of this machine: one of IPv6 where the instances have none.
fn elsewhere(address: SocketAddr, cause: &str) -> Finding {
    let text = format!(
        "SERVER_URL at {address}: this machine has no way there ({cause}), so it does not know what users find"
    );
    Finding::warn(AREA, "url-elsewhere", text)
        .about(address.to_string())
        .fix(format!("ip route get {}", address.ip()))
        .note("run the doctor on a machine that has a way there, or take the address out of DNS when nobody serves it")
}

fn unreachable(context: &Context, address: SocketAddr, error: &VisitError) -> Finding {
    let url = &context.config.federation.server_url;
    let place = format!("SERVER_URL at {address}");
    let (id, text, note) = match error {
        VisitError::Connect(cause) | VisitError::NoWay(cause) => (
            "url-reach",
            format!("{place}: {cause}"),
            "no balancer serves there: start it, or correct the name's address",
        ),
        VisitError::Silent => (
            "url-reach",
            format!("{place} does not answer within {} s", LIMIT.as_secs()),
            "a firewall drops the packets, or the balancer reaches no instance. Some networks let no instance \
             reach its own balancer: then ask from another machine",
        ),
        VisitError::Cut(cause) => (
            "url-answer",
            format!("{place} takes connections, but gives no answer: {cause}"),
            "the balancer reaches no instance, or the two disagree: see the findings of the area \"ready\" \
             and the event balancer.mismatch in the log (PROXY_PROTOCOL, TRUSTED_PROXIES, TLS_TERMINATION)",
        ),
    };
    let look = format!("curl -v {}readyz", quoted(url.as_str()));
    // Before the start nothing can answer, and the balancer may come later.
    if is_served(context) {
        Finding::fail(AREA, id, text)
            .about(address.to_string())
            .fix(look)
            .note(note)
    } else {
        Finding::warn(AREA, id, format!("{text}; no ad-edge runs here either"))
            .about(address.to_string())
            .fix(context.command("serve"))
            .note("start it, and the balancer, and run the doctor again")
    }
}

/// What is shown there against what is shown here.
fn certificate(context: &Context, address: SocketAddr, shown: &Shown, findings: &Findings) {
    let config = &context.config;
    let url = &config.federation.server_url;
    let (Some(leaf), Some(host)) = (shown.chain.first(), url.host_str()) else {
        return;
    };
    let place = format!("SERVER_URL at {address}");
    let about = address.to_string();
    let material = config
        .direct
        .as_ref()
        .and_then(|direct| direct.tls.as_ref());
    // One that cannot be read is a finding of the files.
    let ours = material.map(|material| Identity::load(material).ok());
    if let Some(Some(ours)) = &ours
        && ours.chain().first() == Some(leaf)
    {
        let text = format!("{place} shows the certificate of this instance");
        findings.add(Finding::ok(AREA, "url-certificate", text).about(about));
        return;
    }
    let look =
        format!("openssl s_client -connect {address} -servername {host} -showcerts </dev/null");
    let facts = LeafFacts::parse(leaf).ok();
    let subject = facts
        .as_ref()
        .map(|facts| facts.subject.clone())
        .unwrap_or_default();
    let by = issuer(leaf).unwrap_or_default();
    let named = format!("{} by {}", cause::quoted(&subject), cause::quoted(&by));
    if let Some(Some(_)) = ours {
        let text = format!(
            "{place} shows another certificate than this instance has in {}: {named}",
            keys::TLS_CERT_FILE.name
        );
        findings.add(
            Finding::warn(AREA, "url-certificate", text)
                .about(&about)
                .fix(&look)
                .note(
                    "give every instance the same certificate; where a balancer ends TLS, say so \
                     (TLS_TERMINATION); where something else listens at that address, correct SERVER_URL's record",
                ),
        );
    }
    let untrusted = |level: fn(Area, &'static str, String) -> Finding, text, note| {
        findings.add(
            level(AREA, "url-trust", text)
                .about(&about)
                .fix(&look)
                .note(note),
        );
    };
    match &shown.fault {
        None => {
            let until = facts.as_ref().and_then(|facts| {
                let left = facts.not_after.duration_since(context.clock.now()).ok()?;
                Some(format!(", for {} more", days(left.as_secs())))
            });
            let text = format!(
                "{place} shows a certificate that this machine trusts{}",
                until.unwrap_or_default()
            );
            findings.add(Finding::ok(AREA, "url-trust", text).about(&about));
        }
        Some(fault) if CertificateFault::of(fault) == Some(CertificateFault::UnknownIssuer) => {
            let last = shown.chain.last().and_then(issuer).unwrap_or_default();
            let text = format!(
                "{place}: its certificate ({named}) leads to no CA that this machine trusts; the last issuer is {}",
                cause::quoted(&last)
            );
            let note = "put the intermediates behind the leaf; for a CA of your own, SSL_CA_FILE makes this \
                        check see it";
            untrusted(Finding::warn, text, note);
        }
        Some(fault) => {
            let text = format!(
                "{place}: browsers refuse its certificate ({named}): {}",
                cause::tls(fault)
            );
            untrusted(Finding::fail, text, "renew or replace it there");
        }
    }
}

/// What the answers say of readiness.
fn ready(context: &Context, answers: &[Answer], findings: &Findings) {
    let url = &context.config.federation.server_url;
    let look = format!("curl -v {}readyz", quoted(url.as_str()));
    let add = |finding: Finding| findings.add(finding);
    let count = |status: u16| {
        answers
            .iter()
            .filter(|answer| answer.status == status)
            .count()
    };
    let all = answers.len();
    let (ready, not, draining) = (count(200), count(503), count(404));
    // A page of something else may well be a 200.
    let ours = answers.iter().all(|answer| answer.mark.is_some());
    if !ours || ready + not + draining < all {
        let other = answers.iter().find(|answer| {
            answer.mark.is_none() || ![200, 404, 503].contains(&answer.status.as_u16())
        });
        let status = other
            .map(|answer| answer.status.as_u16())
            .unwrap_or_default();
        let text = format!(
            "what answers at SERVER_URL is not ad-edge: /readyz gives status {status} there"
        );
        return add(Finding::fail(AREA, "url-ready", text)
            .fix(look)
            .note("another site has the address, or the balancer answers by itself"));
    }
    if ready == all {
        let text = format!("SERVER_URL is ready ({all} of {all} connections)");
        return add(Finding::ok(AREA, "url-ready", text));
    }
    let unready = answers.iter().filter(|answer| answer.status == 503);
    let unready: BTreeSet<_> = unready
        .filter_map(|answer| answered::name(context, answer))
        .collect();
    let mut text = format!("SERVER_URL is ready on {ready} of {all} connections");
    if not > 0 {
        let names: Vec<_> = unready.into_iter().collect();
        text = format!("{text}; not ready: {}", names.join(", "));
    }
    if draining > 0 {
        text = format!("{text}; {draining} went to an instance that ends");
    }
    let level = if ready == 0 {
        Finding::fail
    } else {
        Finding::warn
    };
    add(level(AREA, "url-ready", text).fix(look).note(
        "/readyz says why on OPS_LISTEN alone: ask there, or run the doctor on that host. A balancer that \
         checks /readyz sends users to ready instances only: see its configuration",
    ));
}
