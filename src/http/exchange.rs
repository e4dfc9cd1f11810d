//! One request and its answer on a connection: hyper and its buffers are there for so long, and not while
//! the connection is idle.

use std::{
    convert::Infallible,
    io,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use axum::{Router, body::Body};
use hyper::{
    Request,
    body::{Body as _, Bytes, Frame, Incoming, SizeHint},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, sleep_until},
};
use tower::ServiceExt;

use super::{Limits, write_limit::WriteLimit};
use crate::{accept::Activity, lifecycle::Lifecycle, tls::ConnectionInfo};

/// More than browsers ever send; hyper answers more with a bare 431.
const MAX_HEADERS: usize = 256;
/// What an exchange takes before the first byte of its head is read, in bytes: hyper's two buffers, its
/// state and the task's.
const HOLDS: usize = 20 << 10;

/// How it ended.
pub(super) enum Ended<S> {
    /// The answer is sent and the connection stays open. What was read beyond the request goes before what
    /// the stream gives.
    Idle(S, Bytes),
    Closed,
    /// Before a whole head had come.
    Unused(Unused),
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

/// What an exchange needs of its connection.
pub(super) struct Exchange<'a> {
    pub info: ConnectionInfo,
    pub activity: &'a Activity,
    pub router: &'a Router,
    pub limits: &'a Limits,
    pub lifecycle: &'a Lifecycle,
    /// When the head must be there.
    pub deadline: Instant,
    /// Something was asked on this connection before.
    pub is_later: bool,
}

/// How far it is. Service, bodies and stream are parts of one task: this is shared, never contended.
#[derive(Debug, Default)]
struct Progress {
    /// The head of the request is there.
    asked: AtomicBool,
    /// hyper has all of the answer.
    answered: AtomicBool,
    /// And the socket has.
    sent: AtomicBool,
    /// hyper wants to read the next request.
    reads_on: AtomicBool,
}

impl Progress {
    fn is(flag: &AtomicBool) -> bool {
        flag.load(Ordering::Relaxed)
    }

    fn set(flag: &AtomicBool, value: bool) {
        flag.store(value, Ordering::Relaxed);
    }

    fn is_idle(&self) -> bool {
        [&self.answered, &self.sent, &self.reads_on]
            .into_iter()
            .all(Self::is)
    }
}

impl Exchange<'_> {
    /// Reads a request, of which `left` was read before, and answers it.
    pub async fn run<S>(self, stream: S, left: Bytes) -> Ended<S>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (limits, client) = (self.limits, self.info.client);
        self.activity.holds(HOLDS);
        let progress = Arc::new(Progress::default());
        let service = {
            let (progress, activity) = (Arc::clone(&progress), self.activity.clone());
            let (router, info) = (self.router.clone(), self.info);
            service_fn(move |mut request: Request<Incoming>| {
                Progress::set(&progress.asked, true);
                Progress::set(&progress.answered, false);
                Progress::set(&progress.reads_on, false);
                request.extensions_mut().insert(info.clone());
                let request = request.map(|body| Body::new(Asked::new(body, activity.clone())));
                let end = End {
                    progress: Arc::clone(&progress),
                    activity: activity.clone(),
                };
                let answer = router.clone().oneshot(request);
                async move {
                    let answer = answer.await?;
                    Ok::<_, Infallible>(answer.map(|body| Answer { body, _end: end }))
                }
            })
        };
        let io = Io {
            stream: WriteLimit::new(stream, limits.write),
            left,
            progress: Arc::clone(&progress),
        };
        let mut connection = builder(limits).serve_connection(TokioIo::new(io), service);
        let mut head = pin!(sleep_until(self.deadline));
        let mut waits_for_head = true;
        let mut stop = Stop::NotYet;
        // Set when the program stops.
        let mut last_request = pin!(sleep_until(self.deadline));
        loop {
            let mut running = Pin::new(&mut connection);
            let asked = || Progress::is(&progress.asked);
            tokio::select! {
                ended = until_idle(running.as_mut(), &progress) => match ended {
                    None => break,
                    Some(ended) => {
                        let unused = match &ended {
                            Ok(()) => Unused::Closed,
                            Err(cause) if cause.is_parse() => Unused::NotHttp,
                            Err(_) => Unused::Broken,
                        };
                        if let Err(cause) = ended {
                            tracing::debug!(%client, %cause, "connection ended");
                        }
                        return if asked() { Ended::Closed } else { Ended::Unused(unused) };
                    }
                },
                () = head.as_mut(), if waits_for_head => {
                    waits_for_head = false;
                    if !asked() {
                        tracing::debug!(%client, "no request within the time limit, closed");
                        return Ended::Unused(Unused::Timeout);
                    }
                }
                () = self.lifecycle.stopping(), if stop == Stop::NotYet => {
                    if asked() || self.is_later {
                        running.graceful_shutdown();
                        stop = Stop::Requested;
                    } else {
                        // Answers say `Connection: close` by now, so the first request is the last.
                        last_request.as_mut().reset(Instant::now() + limits.last_request);
                        stop = Stop::LastRequest;
                    }
                }
                () = last_request.as_mut(), if stop == Stop::LastRequest => {
                    running.graceful_shutdown();
                    stop = Stop::Requested;
                }
            }
        }
        let parts = connection.into_parts();
        let Io { stream, left, .. } = parts.io.into_inner();
        let left = if left.is_empty() {
            parts.read_buf
        } else {
            [parts.read_buf, left].concat().into()
        };
        // An empty slice would keep the whole buffer.
        let left = if left.is_empty() { Bytes::new() } else { left };
        Ended::Idle(stream.into_inner(), left)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    NotYet,
    /// Waits a moment for the first request.
    LastRequest,
    Requested,
}

/// `None`: the answer is sent, and another request may come.
async fn until_idle<C>(mut connection: Pin<&mut C>, progress: &Progress) -> Option<C::Output>
where
    C: Future,
{
    std::future::poll_fn(|context| match connection.as_mut().poll(context) {
        Poll::Ready(ended) => Poll::Ready(Some(ended)),
        Poll::Pending if progress.is_idle() => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    })
    .await
}

fn builder(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        // The deadline of the head is kept here.
        .header_read_timeout(None)
        // hyper panics below 8192.
        .max_buf_size(limits.buffer.max(16 * 1024))
        .max_headers(MAX_HEADERS);
    builder
}

/// The stream as hyper sees it: it gives nothing more once the answer is complete.
struct Io<S> {
    stream: WriteLimit<S>,
    left: Bytes,
    progress: Arc<Progress>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Io<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if Progress::is(&self.progress.answered) {
            // Nobody is woken: whoever polls looks at it.
            Progress::set(&self.progress.reads_on, true);
            return Poll::Pending;
        }
        if !self.left.is_empty() {
            let length = self.left.len().min(buffer.remaining());
            buffer.put_slice(&self.left.split_to(length));
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Io<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Progress::set(&self.progress.sent, false);
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Progress::set(&self.progress.sent, false);
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        Progress::set(&self.progress.sent, matches!(flushed, Poll::Ready(Ok(()))));
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// The body of a request: with its end, it is this instance's turn.
struct Asked {
    body: Incoming,
    activity: Activity,
}

impl Asked {
    fn new(body: Incoming, activity: Activity) -> Self {
        if body.is_end_stream() {
            activity.works();
        }
        Self { body, activity }
    }
}

impl hyper::body::Body for Asked {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if self.body.is_end_stream() || matches!(frame, Poll::Ready(None)) {
            self.activity.works();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of an answer, which hyper drops once it has all of it.
struct Answer {
    body: Body,
    _end: End,
}

struct End {
    progress: Arc<Progress>,
    activity: Activity,
}

impl Drop for End {
    fn drop(&mut self) {
        Progress::set(&self.progress.answered, true);
        // The request's memory goes with hyper; taking the answer is the client's turn.
        self.activity.answered();
        self.activity.waits();
    }
}

impl hyper::body::Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
