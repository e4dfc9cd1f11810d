//! What every connection to the hub shares.

use std::{sync::Arc, time::Duration};

use tokio::sync::{Semaphore, watch};

use super::{connect::Connector, error::TunnelError, seen::SeenRequests};
use crate::{
    clock::Clock,
    lifecycle::Lifecycle,
    login::Accounts,
    telemetry::{Metrics, Throttle},
    token::{SigningKey, TenantKey},
};

/// Whether the hub sends us requests.
#[derive(Debug, Clone)]
pub enum TunnelState {
    /// With the last trouble, if there was any.
    Disconnected(Option<Arc<TunnelError>>),
    Connected,
}

#[derive(Debug)]
pub(super) struct Tunnel {
    pub connector: Connector,
    pub connection: String,
    pub realm: String,
    pub reconnect: Duration,
    pub accounts: Arc<Accounts>,
    pub signing: Arc<SigningKey>,
    pub tenant_key: Arc<TenantKey>,
    pub seen: Arc<SeenRequests>,
    pub clock: Clock,
    pub metrics: Arc<Metrics>,
    pub life: Lifecycle,
    /// Requests that may work at the same time.
    pub slots: Semaphore,
    /// Requests that may be there, working or waiting.
    pub most: usize,
    pub state: watch::Sender<TunnelState>,
    pub log: Throttle,
}

impl Tunnel {
    pub fn disconnected(&self, outcome: &str, why: TunnelError) {
        self.count_connection(outcome);
        self.state
            .send_replace(TunnelState::Disconnected(Some(Arc::new(why))));
    }

    pub fn count_connection(&self, outcome: &str) {
        let connections = &self.metrics.tunnel_connections;
        connections.with_label_values(&[outcome]).inc();
    }

    pub fn count(&self, event: &str, outcome: &str) {
        let requests = &self.metrics.tunnel_requests;
        requests.with_label_values(&[event, outcome]).inc();
    }
}
