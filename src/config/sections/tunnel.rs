//! The tunnel: present when the ticket's keys are.

use std::{num::NonZeroUsize, time::Duration};

use url::Url;

use super::super::{ProxyConfig, TunnelConfig, reader::Reader};

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
