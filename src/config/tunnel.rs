//! Keys of the tunnel: the hub, who we are there, and the way to it.

use std::{num::NonZeroUsize, time::Duration};

use url::Url;

use crate::secret::SecretString;

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
