//! The tunnel: an outbound WebSocket to the tenant's hub, over which credential logins, searches and
//! password changes arrive.
//!
//! [`start`] keeps it up until the program ends: `connect` reaches the hub, `link` serves one connection, `message`
//! reads what it asks, `request` does it, `answer` makes the text of the answer. The answers are
//! those of the AD/LDAP Connector.

mod answer;
mod connect;
mod error;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod link;
mod message;
mod request;
mod seen;
mod state;

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use rustls::ClientConfig;
use tokio::{
    sync::{Semaphore, watch},
    time::{Instant, sleep},
};

use self::{
    connect::{Connector, Socket},
    link::{End, NotProved},
    state::Tunnel,
};
pub use self::{
    error::{ConnectError, TunnelError},
    seen::SeenRequests,
    state::TunnelState,
};
use crate::{
    clock::Clock,
    config::TunnelConfig,
    lifecycle::{Backoff, Lifecycle, supervised},
    login::Accounts,
    telemetry::{Metrics, Task, Throttle, event},
    token::{SigningKey, TenantKey, hub_login},
};

/// The longest pause while the hub is out of reach, whatever `WS_RECONNECT_INTERVAL_MS` allows: its
/// return is noticed within seconds, and a few instances are no load for it.
const PAUSE_CAP: Duration = Duration::from_secs(4);
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// A hub that does not accept our signature will not accept it a moment later.
const FIRST_PAUSE_REFUSED: Duration = Duration::from_secs(2);
/// A link that was connected this long was a good one: the next attempt starts at once.
const GOOD_LINK: Duration = Duration::from_secs(5);
/// One line about an ongoing trouble in this time.
const LOG_EVERY: Duration = Duration::from_secs(30);

/// What the tunnel needs of the program.
#[derive(Debug)]
pub struct TunnelParts {
    pub accounts: Arc<Accounts>,
    pub signing: Arc<SigningKey>,
    pub tenant_key: Arc<TenantKey>,
    /// What was carried out before.
    pub seen: Arc<SeenRequests>,
    /// The roots that the hub's certificate is checked with.
    pub tls: Arc<ClientConfig>,
    pub clock: Clock,
    pub metrics: Arc<Metrics>,
    pub life: Lifecycle,
}

/// How an attempt went.
enum Attempt {
    /// The program drained before there was a link.
    Stopped,
    Ended(End),
    Refused(String),
    Unreachable(TunnelError),
}

/// Connects to the hub and sends nothing: how long that took.
///
/// # Errors
/// Why the hub was not reached.
pub async fn reach(
    config: &TunnelConfig,
    tls: &Arc<ClientConfig>,
) -> Result<Duration, ConnectError> {
    let connector = Connector::new(config.hub.clone(), Arc::clone(tls), &config.proxy);
    let started = Instant::now();
    connector.connect().await.map(|_socket| started.elapsed())
}

/// The state for as long as the link is connected, however it ends.
struct Connected<'a>(&'a Tunnel);

impl<'a> Connected<'a> {
    fn new(tunnel: &'a Tunnel) -> Self {
        tunnel.metrics.tunnel_connected.inc();
        tunnel.state.send_replace(TunnelState::Connected);
        Self(tunnel)
    }
}

impl Drop for Connected<'_> {
    fn drop(&mut self) {
        self.0.metrics.tunnel_connected.dec();
        self.0.state.send_replace(TunnelState::Disconnected(None));
    }
}

/// Keeps a tunnel up until the program drains. The receiver tells its state.
pub fn start(config: &TunnelConfig, parts: TunnelParts) -> watch::Receiver<TunnelState> {
    let TunnelParts {
        accounts,
        signing,
        tenant_key,
        seen,
        tls,
        clock,
        metrics,
        life,
    } = parts;
    let (state, receiver) = watch::channel(TunnelState::Disconnected(None));
    let slots = config.max_requests;
    let tunnel = Arc::new(Tunnel {
        connector: Connector::new(config.hub.clone(), tls, &config.proxy),
        connection: config.connection.clone(),
        realm: config.realm.clone(),
        reconnect: config.reconnect,
        accounts,
        signing,
        tenant_key,
        seen,
        clock,
        metrics,
        life: life.clone(),
        slots: Semaphore::new(slots.get().min(Semaphore::MAX_PERMITS)),
        most: slots
            .saturating_mul(NonZeroUsize::MIN.saturating_add(1))
            .get(),
        state,
        log: Throttle::new(LOG_EVERY),
    });
    let metrics = Arc::clone(&tunnel.metrics);
    life.spawn(supervised(Task::Tunnel, metrics, move || {
        Arc::clone(&tunnel).keep_up()
    }));
    receiver
}

impl Tunnel {
    async fn keep_up(self: Arc<Self>) {
        let mut away = Backoff::new(FIRST_PAUSE, self.reconnect.min(PAUSE_CAP));
        let mut refused = Backoff::new(FIRST_PAUSE_REFUSED, self.reconnect);
        loop {
            let started = Instant::now();
            let pause = match self.attempt().await {
                Attempt::Stopped => return,
                Attempt::Ended(End::Drained) => {
                    tracing::info!(
                        event = event::TUNNEL_CLOSED,
                        "the tunnel is closed; the hub asks other instances"
                    );
                    return;
                }
                Attempt::Ended(End::Lost(why)) => {
                    tracing::warn!(
                        event = event::TUNNEL_DISCONNECTED,
                        %why,
                        "the tunnel is disconnected; it connects again"
                    );
                    self.disconnected("lost", why);
                    refused.reset();
                    if started.elapsed() < GOOD_LINK {
                        away.pause()
                    } else {
                        away.reset();
                        Duration::ZERO
                    }
                }
                Attempt::Refused(reason) => {
                    tracing::error!(
                        event = event::TUNNEL_SIGNATURE_REFUSED,
                        reason,
                        connection = self.connection,
                        realm = self.realm,
                        thumbprint = self.signing.thumbprint(),
                        "the hub does not accept our signature; check that the tenant knows this \
                         signing certificate, CONNECTION, REALM, and this machine's clock"
                    );
                    self.disconnected("refused", TunnelError::Refused(reason));
                    refused.pause()
                }
                Attempt::Unreachable(why) => {
                    if let Some(more) = self.log.pass() {
                        tracing::warn!(
                            event = event::TUNNEL_UNREACHABLE,
                            %why,
                            more,
                            "the hub cannot be reached; it is tried again"
                        );
                    }
                    self.disconnected("unreachable", why);
                    away.pause()
                }
            };
            tokio::select! {
                () = sleep(pause) => {}
                () = self.life.draining() => return,
            }
        }
    }

    async fn attempt(self: &Arc<Self>) -> Attempt {
        let opened = tokio::select! {
            opened = self.open() => opened,
            () = self.life.draining() => return Attempt::Stopped,
        };
        let socket = match opened {
            Ok(socket) => socket,
            Err(NotProved::Refused(reason)) => return Attempt::Refused(reason),
            Err(NotProved::Lost(why)) => return Attempt::Unreachable(why),
        };
        let _connected = Connected::new(self);
        self.count_connection("connected");
        tracing::info!(event = event::TUNNEL_CONNECTED, "the tunnel is connected");
        Attempt::Ended(link::serve(self, socket).await)
    }

    /// A connection on which the hub has accepted our proof.
    async fn open(&self) -> Result<Socket, NotProved> {
        let mut socket = self.connector.connect().await?;
        let now = self.clock.now();
        let token = hub_login(&self.signing, &self.connection, &self.realm, now)?;
        link::prove(&mut socket, &token).await?;
        Ok(socket)
    }
}
