//! The way from an open port, through PROXY header and TLS, to a site.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use tokio::time::{Instant, sleep};

use super::{Site, serve};
use crate::{
    lifecycle::Lifecycle,
    telemetry::{Metrics, event, log::Throttle},
    tls::{
        AcceptLimits, Connection, ConnectionInfo, HandshakeFailure, Listener, Secured, TlsServer,
        accept,
    },
};

/// All that a connection on one port meets. A cheap handle.
#[derive(Debug, Clone)]
pub struct Front(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    site: ArcSwap<Site>,
    tls: Option<TlsServer>,
    lifecycle: Lifecycle,
    metrics: Option<Arc<Metrics>>,
    failures: Throttle,
}

impl Front {
    /// Serves `site`; without `tls` in plain HTTP, for a balancer that terminates TLS and for the
    /// operators' listener. `metrics` counts the connections of the port that users reach.
    #[must_use]
    pub fn new(
        site: Site,
        tls: Option<TlsServer>,
        lifecycle: Lifecycle,
        metrics: Option<Arc<Metrics>>,
    ) -> Self {
        Self(Arc::new(Inner {
            site: ArcSwap::from_pointee(site),
            tls,
            lifecycle,
            metrics,
            failures: Throttle::new(Duration::from_secs(10)),
        }))
    }

    /// Serves another site to connections from now on. Open ones keep theirs for one more answer, which
    /// ends them: a balancer may keep one for hours.
    pub fn replace(&self, site: Site) {
        self.0.site.swap(Arc::new(site)).supersede();
    }

    /// Accepts on `listener` until the lifecycle stops. Connections may outlive the call: they are the
    /// lifecycle's, whose `drain` waits for them.
    pub async fn run(&self, listener: Listener, limits: AcceptLimits) {
        let front = self.clone();
        accept(
            listener,
            limits,
            self.0.lifecycle.clone(),
            self.0.metrics.clone(),
            move |connection| {
                let front = front.clone();
                async move { front.connection(connection).await }
            },
        )
        .await;
    }

    async fn connection(&self, connection: Connection) {
        let lifecycle = &self.0.lifecycle;
        let site = self.0.site.load_full();
        match &self.0.tls {
            None => {
                self.opened("ok");
                let info = ConnectionInfo::plain(connection.peer, connection.via);
                serve(connection.stream, info, &site, lifecycle).await;
            }
            Some(tls) => {
                if let Some(Secured { stream, info }) = self.handshake(tls, connection).await {
                    serve(stream, info, &site, lifecycle).await;
                }
            }
        }
    }

    async fn handshake(&self, tls: &TlsServer, connection: Connection) -> Option<Secured> {
        let client = connection.peer;
        let started = Instant::now();
        let limits = self.0.site.load().limits.clone();
        let hurried = async {
            self.0.lifecycle.stopping().await;
            sleep(limits.last_request).await;
        };
        let done = tokio::select! {
            done = tls.handshake(connection, limits.handshake) => done,
            // One silent client shall not hold up the end of all.
            () = hurried => Err(HandshakeFailure::Timeout),
        };
        match done {
            Ok(secured) => {
                self.opened("ok");
                if let Some(metrics) = &self.0.metrics {
                    let kind = if secured.info.resumed {
                        "resumed"
                    } else {
                        "full"
                    };
                    metrics.handshakes.with_label_values(&[kind]).inc();
                    metrics.stage("tls", started.elapsed());
                }
                Some(secured)
            }
            Err(failure) => {
                self.opened(failure.label());
                self.log(client, &failure);
                None
            }
        }
    }

    fn log(&self, client: std::net::SocketAddr, failure: &HandshakeFailure) {
        if failure.is_worth_a_line()
            && let Some(suppressed) = self.0.failures.pass()
        {
            tracing::warn!(
                event = event::TLS_HANDSHAKE_FAILED,
                %client,
                reason = %failure,
                suppressed,
                "TLS handshake failed"
            );
        } else {
            tracing::debug!(%client, reason = %failure, "TLS handshake failed");
        }
    }

    fn opened(&self, outcome: &str) {
        if let Some(metrics) = &self.0.metrics {
            metrics
                .connections_opened
                .with_label_values(&[outcome])
                .inc();
        }
    }
}

#[cfg(test)]
#[path = "front_tests.rs"]
mod tests;
