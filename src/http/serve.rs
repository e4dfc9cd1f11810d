//! Serves one connection: requests one after the other, until the client, a limit or the end of the
//! program ends it.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::body::Body;
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, sleep_until},
};
use tower::ServiceExt;

use super::{Limits, Site, write_limit::WriteLimit};
use crate::{lifecycle::Lifecycle, tls::ConnectionInfo};

/// More than browsers ever send; hyper answers more with a bare 431.
const MAX_HEADERS: usize = 256;

/// Serves `site` on `stream`; each request carries `info` in its extensions.
///
/// Says how it ended when nothing was asked on it.
///
/// When `lifecycle` stops, a request in flight is finished and an idle connection is closed; one that
/// has not asked anything yet gets a moment to do so. Every wait has a limit ([`Limits`]).
pub async fn serve<S>(
    stream: S,
    info: ConnectionInfo,
    site: &Site,
    lifecycle: &Lifecycle,
) -> Option<Unused>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let limits = &site.limits;
    let client = info.client;
    let asked = Arc::new(AtomicBool::new(false));
    let service = {
        let asked = Arc::clone(&asked);
        let router = site.router.clone();
        service_fn(move |mut request: Request<Incoming>| {
            asked.store(true, Ordering::Relaxed);
            request.extensions_mut().insert(info.clone());
            router.clone().oneshot(request.map(Body::new))
        })
    };
    let stream = TokioIo::new(WriteLimit::new(stream, limits.write));
    let mut connection = pin!(builder(limits).serve_connection(stream, service));

    let mut first_head = pin!(sleep_until(Instant::now() + limits.first_head));
    let mut waits_for_first = true;
    let mut stop = Stop::NotYet;
    // Set when the program stops.
    let mut last_request = pin!(sleep_until(Instant::now()));
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                let unused = match &ended {
                    Ok(()) => Unused::Closed,
                    Err(cause) if cause.is_parse() => Unused::NotHttp,
                    Err(_) => Unused::Broken,
                };
                if let Err(cause) = ended {
                    tracing::debug!(%client, %cause, "connection ended");
                }
                return (!asked.load(Ordering::Relaxed)).then_some(unused);
            }
            () = first_head.as_mut(), if waits_for_first => {
                waits_for_first = false;
                if !asked.load(Ordering::Relaxed) {
                    tracing::debug!(%client, "no request within the time limit, closed");
                    return Some(Unused::Timeout);
                }
            }
            () = lifecycle.stopping(), if stop == Stop::NotYet => {
                if asked.load(Ordering::Relaxed) {
                    connection.as_mut().graceful_shutdown();
                    stop = Stop::Requested;
                } else {
                    // Answers say `Connection: close` by now, so the first request is the last.
                    last_request.as_mut().reset(Instant::now() + limits.last_request);
                    stop = Stop::LastRequest;
                }
            }
            () = last_request.as_mut(), if stop == Stop::LastRequest => {
                connection.as_mut().graceful_shutdown();
                stop = Stop::Requested;
            }
        }
    }
}

/// How a connection ended on which nothing was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unused {
    /// The client closed it: a balancer that only connects, a browser that opens one in advance.
    Closed,
    /// What was sent is not HTTP/1.
    NotHttp,
    Broken,
    Timeout,
}

impl Unused {
    /// The label `reason` of `ad_edge_connections_unused_total`.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::NotHttp => "not_http",
            Self::Broken => "broken",
            Self::Timeout => "timeout",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    NotYet,
    /// Waits a moment for the first request.
    LastRequest,
    Requested,
}

fn builder(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.next_head)
        // hyper panics below 8192.
        .max_buf_size(limits.buffer.max(16 * 1024))
        .max_headers(MAX_HEADERS);
    builder
}

#[cfg(test)]
#[path = "serve_tests.rs"]
mod tests;
