//! One connection to the hub, from the proof of who we are to its end.
//!
//! Reading, writing, keeping alive and draining run side by side, and every request is a task of its
//! own: nothing that one of them waits for holds up another.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicU32, Ordering},
    },
    time::Duration,
};

use futures_util::{
    SinkExt as _, StreamExt as _,
    stream::{SplitSink, SplitStream},
};
use serde_json::{Value, json};
use tokio::{
    sync::{Notify, Semaphore, mpsc},
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_tungstenite::tungstenite::{
    Message, protocol::CloseFrame, protocol::frame::coding::CloseCode,
};
use tokio_util::task::TaskTracker;

use super::{
    connect::Socket,
    error::TunnelError,
    message::{Incoming, frame},
    state::Tunnel,
};

/// How long the hub may take to answer our proof.
const PROOF_LIMIT: Duration = Duration::from_secs(10);
/// Pause between two pings, and how many may stay without any sign of life from the hub.
const PING_EVERY: Duration = Duration::from_secs(5);
const MAX_UNANSWERED: u32 = 5;
/// How long one message may take to be written: a hub that does not read is as good as gone.
const WRITE_LIMIT: Duration = Duration::from_secs(10);
/// Answers that wait to be written; their requests count as under way until then.
const WRITE_QUEUE: usize = 64;
/// Requests, beside those that work or wait, that are being told that there is no room.
const TURNED_AWAY: usize = 64;
/// When draining: a pause between requests that is long enough to close the link in, how long to wait
/// for one, and then for any moment without a request before new ones are turned away.
const QUIET: Duration = Duration::from_millis(30);
const QUIET_LIMIT: Duration = Duration::from_secs(3);
const EMPTY_LIMIT: Duration = Duration::from_secs(5);
/// How long the hub may take to close its side.
const CLOSE_LIMIT: Duration = Duration::from_secs(3);

/// How a link ended.
#[derive(Debug)]
pub(super) enum End {
    /// We closed it, with nothing in flight.
    Drained,
    /// The hub closed it or it broke.
    Lost(TunnelError),
}

/// What the requests of one link share.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub answers: mpsc::Sender<Message>,
    /// Requests that are under way or wait.
    pub requests: TaskTracker,
    /// One for each of them. When all are taken, nothing more is read: a hub that sends and does not read fills no
    /// memory here.
    places: Arc<Semaphore>,
    /// Notified of each request.
    pub arrived: Arc<Notify>,
    /// See [`CLOSING`] and [`CLOSED`].
    closing: Arc<AtomicU8>,
}

/// New requests are turned away, so that what is in flight comes to an end.
const CLOSING: u8 = 1;
/// Nothing can be answered any more.
const CLOSED: u8 = 2;

/// Proves to the hub who we are.
///
/// # Errors
/// The link's end, or what the hub said when it did not accept our proof.
pub(super) async fn prove(socket: &mut Socket, token: &str) -> Result<(), NotProved> {
    let proof = frame("authenticate", &json!({ "jwt": token }));
    let exchange = async {
        socket
            .send(Message::text(proof))
            .await
            .map_err(TunnelError::from)?;
        while let Some(message) = socket.next().await {
            let Message::Text(text) = message.map_err(TunnelError::from)? else {
                continue;
            };
            match Incoming::read(&text) {
                Ok(Incoming::Authenticated) => return Ok(()),
                Ok(Incoming::AuthenticationFailure(reason)) => {
                    return Err(NotProved::Refused(reason.unwrap_or_default()));
                }
                Ok(Incoming::Request { .. }) | Err(_) => {}
            }
        }
        Err(TunnelError::Closed(None).into())
    };
    match timeout(PROOF_LIMIT, exchange).await {
        Ok(proved) => proved,
        Err(_) => Err(TunnelError::NoVerdict(PROOF_LIMIT).into()),
    }
}

/// The hub does not take our requests.
#[derive(Debug)]
pub(super) enum NotProved {
    /// It does not accept our proof; its reason.
    Refused(String),
    Lost(TunnelError),
}

impl<E: Into<TunnelError>> From<E> for NotProved {
    fn from(error: E) -> Self {
        Self::Lost(error.into())
    }
}

/// Serves the hub's requests until the link ends.
pub(super) async fn serve(tunnel: &Arc<Tunnel>, socket: Socket) -> End {
    let (sink, stream) = socket.split();
    let (answers, queue) = mpsc::channel(WRITE_QUEUE);
    let link = Link {
        answers: answers.clone(),
        requests: TaskTracker::new(),
        places: Arc::new(Semaphore::new(tunnel.most.saturating_add(TURNED_AWAY))),
        arrived: Arc::default(),
        closing: Arc::default(),
    };
    // Pings without a sign of life since.
    let unanswered = AtomicU32::new(0);
    tokio::select! {
        end = read(tunnel, stream, &link, &unanswered) => end,
        end = write(sink, queue) => end,
        end = keep_alive(&answers, &unanswered) => end,
        end = drain(tunnel, &link) => end,
    }
}

async fn read(
    tunnel: &Arc<Tunnel>,
    mut stream: SplitStream<Socket>,
    link: &Link,
    unanswered: &AtomicU32,
) -> End {
    loop {
        let message = match stream.next().await {
            None => return closed(link, TunnelError::Closed(None)),
            Some(Err(error)) => return closed(link, error.into()),
            Some(Ok(message)) => message,
        };
        unanswered.store(0, Ordering::Relaxed);
        match message {
            Message::Text(text) => {
                // It is never closed.
                if let Ok(place) = Arc::clone(&link.places).acquire_owned().await {
                    tunnel.received(&text, link, place);
                }
            }
            Message::Binary(_) => tunnel.unreadable("binary", "a message is binary"),
            Message::Close(frame) => return closed(link, TunnelError::Closed(frame)),
            // The library answers pings by itself, at the next write; our own pings are such writes.
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
    }
}

fn closed(link: &Link, why: TunnelError) -> End {
    if link.is_closed() {
        End::Drained
    } else {
        End::Lost(why)
    }
}

async fn write(mut sink: SplitSink<Socket, Message>, mut queue: mpsc::Receiver<Message>) -> End {
    while let Some(message) = queue.recv().await {
        let is_last = message.is_close();
        match timeout(WRITE_LIMIT, sink.send(message)).await {
            // Nothing may follow it (RFC 6455, section 5.5.1); the hub's own close ends the link.
            Ok(Ok(())) if is_last => std::future::pending::<()>().await,
            Ok(Ok(())) => {}
            Ok(Err(error)) => return End::Lost(error.into()),
            Err(_) => return End::Lost(TunnelError::NotRead),
        }
    }
    // Not reached while the link holds a sender.
    End::Lost(TunnelError::NotRead)
}

async fn keep_alive(answers: &mpsc::Sender<Message>, unanswered: &AtomicU32) -> End {
    let mut ticks = interval(PING_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if unanswered.fetch_add(1, Ordering::Relaxed) >= MAX_UNANSWERED {
            let silent = PING_EVERY * MAX_UNANSWERED;
            return End::Lost(TunnelError::Silent(silent));
        }
        // A full queue is the writer's to judge; the ping is then not needed to find it out.
        let _ = answers.try_send(Message::Ping(Vec::new().into()));
    }
}

/// When the program ends: finishes what is in flight, and says goodbye to the hub when no request is under way.
///
/// The protocol has no word for "send me nothing more": a request that the hub sends while our close
/// is on its way cannot be answered any more (RFC 6455, section 5.5.1), hence the care for the moment.
async fn drain(tunnel: &Tunnel, link: &Link) -> End {
    tunnel.life.draining().await;
    // From here on an empty tracker ends a wait for it; requests are taken as before.
    link.requests.close();
    let quiet = async {
        loop {
            link.requests.wait().await;
            if timeout(QUIET, link.arrived.notified()).await.is_err() && link.requests.is_empty() {
                break;
            }
        }
    };
    if timeout(QUIET_LIMIT, quiet).await.is_err()
        && timeout(EMPTY_LIMIT, link.requests.wait()).await.is_err()
    {
        link.closing.store(CLOSING, Ordering::Relaxed);
        link.requests.wait().await;
    }
    link.closing.store(CLOSED, Ordering::Relaxed);
    let goodbye = Message::Close(Some(CloseFrame {
        code: CloseCode::Away,
        reason: "this instance is being shut down".into(),
    }));
    let closing = async {
        // An error means that the link is gone already, which another arm reports.
        let _ = link.answers.send(goodbye).await;
        std::future::pending::<()>().await;
    };
    let _ = timeout(CLOSE_LIMIT, closing).await;
    End::Drained
}

impl Link {
    /// Whether new requests are turned away.
    pub fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed) >= CLOSING
    }

    /// Whether the hub knows that we leave.
    pub fn is_closed(&self) -> bool {
        self.closing.load(Ordering::Relaxed) >= CLOSED
    }

    /// Queues an answer; false when the link has ended meanwhile.
    pub async fn answer(&self, name: &str, payload: &Value) -> bool {
        let message = Message::text(frame(name, payload));
        self.answers.send(message).await.is_ok()
    }
}
