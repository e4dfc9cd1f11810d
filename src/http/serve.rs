//! Serves one connection: requests one after the other, until the client, a limit or the end of the
//! program ends it.

use std::{
    io,
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

use hyper::body::Bytes;
use tokio::{
    io::{AsyncBufRead, AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf},
    time::{Instant, sleep_until, timeout},
};
use tokio_rustls::server::TlsStream;

use super::{
    Limits, Site,
    exchange::{Ended, Exchange, Unused},
};
use crate::{
    accept::{Activity, Stream},
    lifecycle::Lifecycle,
    tls::ConnectionInfo,
};

/// How long the last bytes of a connection that ends may take.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);

/// Serves `site` on `stream`; each request carries `info` in its extensions.
///
/// Says how it ended when nothing was asked on it.
///
/// When `lifecycle` stops, a request in flight is finished and an idle connection is closed; one that
/// has not asked anything yet gets a moment to do so. Every wait has a limit ([`Limits`]).
pub async fn serve<S>(
    stream: S,
    info: ConnectionInfo,
    activity: Activity,
    site: &Site,
    lifecycle: &Lifecycle,
) -> Option<Unused>
where
    S: Input + AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let limits = &site.limits;
    let (mut stream, mut left, mut is_later) = (stream, Bytes::new(), false);
    loop {
        activity.waits();
        let wait = if is_later {
            limits.next_head
        } else {
            limits.first_head
        };
        let deadline = Instant::now() + wait;
        if left.is_empty()
            && let Some(unused) = idle(&mut stream, deadline, is_later, limits, lifecycle).await
        {
            let _ = timeout(CLOSE_LIMIT, stream.shutdown()).await;
            return (!is_later).then_some(unused);
        }
        let exchange = Exchange {
            info: info.clone(),
            activity: &activity,
            router: &site.router,
            limits,
            lifecycle,
            deadline,
            is_later,
        };
        // Boxed: an idle connection does not hold the room for it.
        match Box::pin(exchange.run(stream, left)).await {
            Ended::Idle(back, rest) => (stream, left, is_later) = (back, rest, true),
            Ended::Closed => return None,
            Ended::Unused(unused) => return (!is_later).then_some(unused),
        }
    }
}

/// Waits until something arrives; else says why nothing will.
async fn idle<S: Input>(
    stream: &mut S,
    deadline: Instant,
    is_later: bool,
    limits: &Limits,
    lifecycle: &Lifecycle,
) -> Option<Unused> {
    let mut end = pin!(sleep_until(deadline));
    let mut stops = false;
    loop {
        tokio::select! {
            arrived = std::future::poll_fn(|context| stream.poll_input(context)) => {
                return match arrived {
                    Ok(true) => None,
                    Ok(false) => Some(Unused::Closed),
                    Err(_) => Some(Unused::Broken),
                };
            }
            () = end.as_mut() => return Some(Unused::Timeout),
            () = lifecycle.stopping(), if !stops => {
                if is_later {
                    return Some(Unused::Closed);
                }
                // Its first request may be on the way.
                stops = true;
                let last = Instant::now() + limits.last_request;
                end.as_mut().reset(last.min(deadline));
            }
        }
    }
}

/// A stream that can tell whether something has arrived, without a buffer for it.
pub trait Input {
    /// Ready with false at its end.
    fn poll_input(&mut self, context: &mut Context<'_>) -> Poll<io::Result<bool>>;
}

impl Input for Stream {
    fn poll_input(&mut self, context: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut byte = [0];
        let peeked = self
            .socket()
            .poll_peek(context, &mut ReadBuf::new(&mut byte));
        peeked.map_ok(|length| length > 0)
    }
}

impl Input for Box<TlsStream<Stream>> {
    fn poll_input(&mut self, context: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let filled = Pin::new(&mut **self).poll_fill_buf(context);
        filled.map_ok(|bytes| !bytes.is_empty())
    }
}

#[cfg(test)]
#[path = "serve_tests.rs"]
mod tests;
