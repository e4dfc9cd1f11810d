//! Keys of the tunnel: the hub, who we are there, and the way to it.

use std::{num::NonZeroUsize, time::Duration};

use url::{Host, Url};

use super::{
    keys,
    problem::{Missing, Problem},
    reader::Reader,
};
use crate::secret::{ExposeSecret as _, SecretString};

/// The outbound connection to the tenant's hub.
#[derive(Debug, Clone)]
pub struct TunnelConfig {
    /// `AD_HUB` with `ws` or `wss` as its scheme.
    pub hub: Url,
    /// `CONNECTION`: the issuer of our own token.
    pub connection: String,
    /// `REALM`: its audience.
    pub realm: String,
    /// `WS_RECONNECT_INTERVAL_MS`: the longest pause between two attempts.
    pub reconnect: Duration,
    /// `TUNNEL_MAX_REQUESTS`: requests under way at the same time.
    pub max_requests: NonZeroUsize,
    pub proxy: ProxyConfig,
}

/// Proxies for outgoing HTTP and WebSocket connections. A URL may hold credentials.
#[derive(Debug, Clone, Default)]
pub struct ProxyConfig {
    /// `HTTP_PROXY`.
    pub http: Option<SecretString>,
    /// `HTTPS_PROXY`, else `HTTP_PROXY`, which is all that the AD/LDAP Connector knows.
    pub https: Option<SecretString>,
    /// `NO_PROXY`: hosts, domains and networks that are reached without one.
    pub exempt: String,
}

/// What more than the tunnel needs of the tenant.
pub(super) struct TenantSide<'a> {
    pub connection: Option<&'a String>,
    pub realm: Option<&'a String>,
    pub has_signing_key: bool,
    pub proxy: &'a ProxyConfig,
}

/// `None` without a hub, with `AGENT_MODE` off, or beside a mistake.
pub(super) fn tunnel(tenant: &TenantSide<'_>, r: &mut Reader) -> Option<TunnelConfig> {
    let reconnect = r.read(&keys::WS_RECONNECT_INTERVAL_MS);
    let max_requests = r.read(&keys::TUNNEL_MAX_REQUESTS);
    let enabled = r.read(&keys::AGENT_MODE);
    let address = r.read(&keys::AD_HUB)?;
    let Some(hub) = hub(&address) else {
        r.wrong(&keys::AD_HUB, Problem::NotAHub);
        return None;
    };
    enabled.then_some(())?;
    if hub.scheme() == "ws" && !is_this_machine(&hub) {
        r.wrong(&keys::AD_HUB, Problem::PlainHub);
        return None;
    }
    if tenant.connection.is_none() {
        r.missing(&keys::CONNECTION, Missing::Connection);
    }
    if tenant.realm.is_none() {
        r.missing(&keys::REALM, Missing::Realm);
    }
    if !tenant.has_signing_key {
        r.missing(&keys::TENANT_SIGNING_KEY, Missing::TenantKey);
    }
    Some(TunnelConfig {
        hub,
        connection: tenant.connection?.clone(),
        realm: tenant.realm?.clone(),
        reconnect,
        max_requests: NonZeroUsize::new(max_requests).unwrap_or(NonZeroUsize::MIN),
        proxy: tenant.proxy.clone(),
    })
}

fn hub(address: &str) -> Option<Url> {
    let (scheme, rest) = address.split_once("://")?;
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "http" | "ws" => "ws",
        "https" | "wss" => "wss",
        _ => return None,
    };
    Url::parse(&format!("{scheme}://{rest}"))
        .ok()
        .filter(Url::has_host)
}

/// By an address that cannot be anybody else's, or the name of that (RFC 6761, section 6.3).
fn is_this_machine(hub: &Url) -> bool {
    match hub.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

pub(super) fn proxy(r: &mut Reader) -> ProxyConfig {
    ProxyConfig {
        http: r.read(&keys::HTTP_PROXY),
        https: r.read_or_usual(&keys::HTTPS_PROXY),
        exempt: r.read(&keys::NO_PROXY).unwrap_or_default(),
    }
}

/// The tenant's set-up address. Only https: it is a secret, and so is what it answers.
pub(super) fn ticket(r: &mut Reader) -> Option<SecretString> {
    let ticket = r.read(&keys::PROVISIONING_TICKET)?;
    let url = Url::parse(ticket.expose_secret());
    if url.is_ok_and(|url| url.scheme() == "https" && url.has_host()) {
        return Some(ticket);
    }
    r.wrong(&keys::PROVISIONING_TICKET, Problem::NotATicket);
    None
}
