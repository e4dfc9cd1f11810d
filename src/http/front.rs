//! The way from an open port, through PROXY header and TLS, to a site.

use std::{net::SocketAddr, sync::Arc};

use arc_swap::ArcSwap;
use tokio::time::{Instant, sleep, timeout};

use super::{Site, Unused, serve};
use crate::{
    accept::{First, Mismatch, Mismatches, Place, Sender, first},
    lifecycle::Lifecycle,
    telemetry::{Metrics, event},
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
    mismatches: Mismatches,
}

impl Front {
    /// Serves `site`; without `tls` in plain HTTP, for a balancer that terminates TLS and for the
    /// operators' listener. `metrics` counts the connections of the port that users reach; `mismatches`
    /// notes what shows that a balancer expects something else here.
    #[must_use]
    pub fn new(
        site: Site,
        tls: Option<TlsServer>,
        lifecycle: Lifecycle,
        metrics: Option<Arc<Metrics>>,
        mismatches: Mismatches,
    ) -> Self {
        Self(Arc::new(Inner {
            site: ArcSwap::from_pointee(site),
            tls,
            lifecycle,
            metrics,
            mismatches,
        }))
    }

    /// Serves another site to connections from now on. Open ones keep theirs for one more answer, which
    /// ends them: a balancer may keep one for hours.
    pub fn replace(&self, site: Site) {
        self.0.site.swap(Arc::new(site)).supersede();
    }

    /// Accepts on `listener` until the lifecycle stops. Connections may outlive the call: they are the
    /// lifecycle's, whose `drain` waits for them.
    pub async fn run(&self, listener: impl Into<Arc<Listener>>, limits: AcceptLimits) {
        let front = self.clone();
        accept(
            listener.into(),
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
                let stopped = self.stop_deadline(&site);
                let first = tokio::select! {
                    first = timeout(site.limits.first_head, first(connection.stream.socket())) => first,
                    () = stopped => return,
                };
                let mismatch = match first {
                    Ok(First::ProxyVersion1 | First::ProxyVersion2) => {
                        Ends::of(&connection).proxy_header()
                    }
                    Ok(First::Tls) => Mismatch::Tls,
                    Ok(First::Closed) | Err(_) => return self.opened("no_request"),
                    Ok(First::Http | First::Other) => {
                        self.opened("ok");
                        let info = ConnectionInfo::plain(connection.peer, connection.via);
                        let activity = connection.stream.activity().clone();
                        let stream = connection.stream;
                        let unused = serve(stream, info, activity, &site, lifecycle).await;
                        return self.count_unused(unused);
                    }
                };
                self.opened(mismatch.reason());
                self.note(mismatch, &Ends::of(&connection), None);
            }
            Some(tls) => {
                let activity = connection.stream.activity().clone();
                // Boxed: what a handshake needs goes with its end.
                let secured = Box::pin(self.handshake(tls, connection)).await;
                activity.answered();
                if let Some(Secured { stream, info }) = secured {
                    let unused = serve(stream, info, activity, &site, lifecycle).await;
                    self.count_unused(unused);
                }
            }
        }
    }

    async fn handshake(&self, tls: &TlsServer, connection: Connection) -> Option<Secured> {
        let ends = Ends::of(&connection);
        let started = Instant::now();
        let site = self.0.site.load_full();
        let mut foreign_name = None;
        let done = tokio::select! {
            done = tls.handshake(connection, site.limits.handshake, &mut foreign_name) => done,
            () = self.stop_deadline(&site) => Err(HandshakeFailure::Timeout),
        };
        if let Some(name) = &foreign_name {
            self.note(Mismatch::ServerName, &ends, Some(name));
        }
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
                match failure {
                    HandshakeFailure::PlainHttp => self.note(Mismatch::PlainHttp, &ends, None),
                    HandshakeFailure::ProxyHeader => self.note(ends.proxy_header(), &ends, None),
                    failure => self.log(ends.client, &failure),
                }
                None
            }
        }
    }

    /// Returns once a connection without a request has to end, so that a silent client does not delay the stop.
    async fn stop_deadline(&self, site: &Site) {
        self.0.lifecycle.stopping().await;
        sleep(site.limits.last_request).await;
    }

    fn note(&self, mismatch: Mismatch, ends: &Ends, name: Option<&str>) {
        let place = match self.0.metrics {
            Some(_) => Place::Users,
            None => Place::Operators,
        };
        let mismatches = &self.0.mismatches;
        mismatches.note(mismatch, ends.sender, place, name);
    }

    /// A connection that was opened and ended without a request.
    fn count_unused(&self, unused: Option<Unused>) {
        if let Some((metrics, unused)) = self.0.metrics.as_ref().zip(unused) {
            let counter = &metrics.connections_unused;
            counter.with_label_values(&[unused.reason()]).inc();
        }
    }

    fn log(&self, client: SocketAddr, failure: &HandshakeFailure) {
        let lines = self
            .0
            .metrics
            .as_ref()
            .map(|m| &m.outsider_lines.handshakes);
        if failure.is_worth_a_line()
            && let Some(suppressed) = lines.map_or(Some(0), |lines| lines.pass(client.ip()))
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

/// Who is at the other end.
struct Ends {
    client: SocketAddr,
    sender: Sender,
}

impl Ends {
    fn of(connection: &Connection) -> Self {
        Self {
            client: connection.peer,
            sender: Sender {
                address: connection.via.unwrap_or(connection.peer).ip(),
                for_client: connection.via.is_some(),
            },
        }
    }

    /// What it means that a PROXY header comes where TLS or HTTP should begin.
    fn proxy_header(&self) -> Mismatch {
        if self.sender.for_client {
            Mismatch::SecondProxyHeader
        } else {
            Mismatch::ProxyHeader
        }
    }
}

#[cfg(test)]
#[path = "front_tests.rs"]
mod tests;
