//! Keys of the tunnel: the hub, who we are there, and the way to it.

use std::{num::NonZeroUsize, time::Duration};

use url::Url;

use super::reader::Reader;
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
    /// `HTTPS_PROXY`, else `HTTP_PROXY`, which is all that the incumbent knows.
    pub https: Option<SecretString>,
    /// `NO_PROXY`: hosts, domains and networks that are reached without one.
    pub exempt: String,
}

/// `None` without a hub, with `AGENT_MODE` off, or beside a mistake.
pub(super) fn tunnel(r: &mut Reader) -> Option<TunnelConfig> {
    let proxy = proxy(r);
    let reconnect = r.number("WS_RECONNECT_INTERVAL_MS", 10_000_u64, 100..=3_600_000);
    let max_requests = r.number("TUNNEL_MAX_REQUESTS", 256_usize, 1..=65_536);
    let enabled = r.flag("AGENT_MODE", true);
    let address = r.text("AD_HUB")?;
    let Some(hub) = hub(&address) else {
        r.wrong(
            "AD_HUB",
            "is not the address of a hub",
            "Write what the ticket gave, https://acme.auth0.com/lo/hub",
        );
        return None;
    };
    let mut need = |key, remedy| {
        let value = r.text(key);
        if value.is_none() && enabled {
            r.missing(key, remedy);
        }
        value
    };
    let connection = need(
        "CONNECTION",
        "The hub knows us by it: give the connection's name",
    );
    let realm = need(
        "REALM",
        "The hub's token is made for it: give urn:auth0:<tenant>",
    );
    need(
        "TENANT_SIGNING_KEY",
        "The hub's requests are checked with it: take it from the ticket",
    );
    enabled.then_some(())?;
    Some(TunnelConfig {
        hub,
        connection: connection?,
        realm: realm?,
        reconnect: Duration::from_millis(reconnect),
        max_requests: NonZeroUsize::new(max_requests).unwrap_or(NonZeroUsize::MIN),
        proxy,
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

pub(super) fn proxy(r: &mut Reader) -> ProxyConfig {
    let http = r.secret("HTTP_PROXY");
    ProxyConfig {
        https: r.secret("HTTPS_PROXY").or_else(|| http.clone()),
        http,
        exempt: r.text("NO_PROXY").unwrap_or_default(),
    }
}

/// The tenant's set-up address. Only https: it is a secret, and so is what it answers.
pub(super) fn ticket(r: &mut Reader) -> Option<SecretString> {
    let ticket = r.secret("PROVISIONING_TICKET")?;
    let url = Url::parse(ticket.expose_secret());
    if url.is_ok_and(|url| url.scheme() == "https" && url.has_host()) {
        return Some(ticket);
    }
    r.wrong(
        "PROVISIONING_TICKET",
        "is not an address with https",
        "Copy it from the connection's page at the tenant, https://<tenant>/p/ad/<letters>",
    );
    None
}
