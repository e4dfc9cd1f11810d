//! One request of the hub, from its message to its answer.

use std::{
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use serde_json::{Map, Value, json};
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, sleep_until, timeout},
};

use super::{
    Tunnel, answer,
    link::Link,
    message::{self, Asked, Event, Incoming},
    seen::Noted,
};
use crate::{
    login::{Client, Denied, Origin, Refusal},
    profile::Profile,
    telemetry::event,
    token::SignedRequest,
};

/// The outcome of a request that was carried out before.
const REPLAY: &str = "replay";
/// The limit of one request; what it waits for has shorter ones.
const REQUEST_LIMIT: Duration = Duration::from_secs(30);

impl Tunnel {
    /// Takes a text message: a request becomes a task, anything else is counted. It has its place until it is
    /// answered.
    pub(super) fn received(self: &Arc<Self>, text: &str, link: &Link, place: OwnedSemaphorePermit) {
        let (event, token) = match Incoming::read(text) {
            Ok(Incoming::Request { event, token }) => (event, token),
            Ok(Incoming::Authenticated | Incoming::AuthenticationFailure(_)) => return,
            Err(unreadable) => {
                return self.unreadable(unreadable.reason(), &unreadable.to_string());
            }
        };
        if link.is_closed() {
            self.count(event.name(), "undelivered");
            tracing::warn!(
                event = event::TUNNEL_REQUEST_LATE,
                "a request came while the tunnel was being closed; it is not answered"
            );
            return;
        }
        link.arrived.notify_one();
        // As many again may wait as work; the rest is answered at once that there is no room.
        let room = link.requests.len() < self.most;
        let (tunnel, link) = (Arc::clone(self), link.clone());
        let tracked = link.requests.clone();
        let request = async move {
            tunnel.request(event, &token, room, &link).await;
            drop(place);
        };
        self.life.spawn(tracked.track_future(request));
    }

    pub(super) fn unreadable(&self, reason: &str, text: &str) {
        self.count("unknown", reason);
        if let Some(more) = self.log.pass() {
            tracing::warn!(
                event = event::TUNNEL_MESSAGE_UNKNOWN,
                more,
                "the hub sent a message that is not a request: {text}"
            );
        }
    }

    async fn request(&self, event: Event, token: &str, room: bool, link: &Link) {
        let signed = match self.tenant_key.request(token, self.clock.now()) {
            Ok(signed) => signed,
            Err(error) => {
                self.count(event.name(), error.reason());
                if let Some(more) = self.log.pass() {
                    tracing::warn!(
                        event = event::TUNNEL_REQUEST_REFUSED,
                        request = event.name(),
                        more,
                        "a request is not the tenant's, or does not count now: {error}"
                    );
                }
                return;
            }
        };
        let SignedRequest {
            claims,
            digest,
            until,
        } = signed;
        let Some(pid) = message::pid(&claims) else {
            return self.unreadable("claim", "a request has no usable pid");
        };
        let started = Instant::now();
        let work = async {
            if link.is_closing() {
                return now(
                    "closing",
                    answer::not_tried("this instance is being shut down"),
                );
            }
            if !room {
                return now(
                    "busy",
                    answer::not_tried("this instance is busy, try again"),
                );
            }
            let Ok(_slot) = self.slots.acquire().await else {
                return now(
                    "closing",
                    answer::not_tried("this instance is being shut down"),
                );
            };
            // The same one waits beside it, perhaps: the first that works counts.
            match self.seen.note(digest, until, self.unix_time()) {
                Noted::First => self.work(event, claims, &pid).await,
                Noted::Before => now(REPLAY, Value::Null),
                Noted::NoRoom => now(
                    "busy",
                    answer::not_tried("this instance is busy, try again"),
                ),
            }
        };
        let work = timeout(REQUEST_LIMIT, work).await;
        let (outcome, payload, not_before) = work.unwrap_or_else(|_| {
            tracing::error!(
                event = event::TUNNEL_REQUEST_TIMED_OUT,
                request = event.name(),
                request_id = pid,
                "a request took too long"
            );
            now("timeout", answer::not_tried("it took too long"))
        });
        if outcome == REPLAY {
            self.count(event.name(), outcome);
            if let Some(more) = self.log.pass() {
                tracing::warn!(
                    event = event::TUNNEL_REQUEST_REPLAYED,
                    request = event.name(),
                    more,
                    "a request came again that was carried out already; it is not answered"
                );
            }
            return;
        }
        // It has left its slot to others.
        if let Some(time) = not_before {
            sleep_until(time).await;
        }
        let delivered = link.answer(&event.answer(&pid), &payload).await;
        self.count(
            event.name(),
            if delivered { outcome } else { "undelivered" },
        );
        let seconds = &self.metrics.tunnel_seconds;
        seconds
            .with_label_values(&[event.name()])
            .observe(started.elapsed().as_secs_f64());
    }

    fn unix_time(&self) -> u64 {
        let now = self.clock.now().duration_since(UNIX_EPOCH);
        now.unwrap_or_default().as_secs()
    }

    async fn work(&self, event: Event, claims: Map<String, Value>, pid: &str) -> Answered {
        let asked = match Asked::read(event, claims) {
            Ok(asked) => asked,
            Err(fault) => {
                tracing::warn!(
                    event = event::TUNNEL_CLAIM_MISSING,
                    request = event.name(),
                    claim = fault.claim(),
                    "{fault}"
                );
                return now("claim", answer::not_tried(&fault.to_string()));
            }
        };
        let origin = Origin {
            request_id: pid.to_owned(),
            client: Client::Hub,
        };
        match asked {
            Asked::Authenticate { name, password } => {
                let outcome = self.accounts.authenticate(&origin, &name, &password).await;
                about_user(outcome)
            }
            Asked::ChangePassword { name, password } => {
                let changed = self.accounts.change_password(&origin, &name, &password);
                about_user(changed.await)
            }
            Asked::Search { term, limit } => {
                let found = self.accounts.search(&term, limit).await;
                listed("users", found.map(|users| json!(users)))
            }
            Asked::Groups { limit } => {
                let found = self.accounts.list_groups(limit).await;
                listed("groups", found.map(Value::from))
            }
        }
    }
}

/// The outcome for the metrics, the answer, and when it may leave at the earliest.
type Answered = (&'static str, Value, Option<Instant>);

fn now(outcome: &'static str, answer: Value) -> Answered {
    (outcome, answer, None)
}

fn about_user(outcome: Result<Profile, Box<Denied>>) -> Answered {
    let not_before = outcome.as_ref().err().and_then(|denied| denied.not_before);
    let label = match &outcome {
        Ok(_) => "ok",
        Err(denied) if denied.refusal.is_ours() => "error",
        Err(_) => "refused",
    };
    let answer = answer::about_user(outcome.map_err(|denied| *denied));
    (label, answer, not_before)
}

fn listed(member: &str, found: Result<Value, Refusal>) -> Answered {
    match found {
        Ok(list) => now("ok", json!({ member: list })),
        Err(refusal) => {
            tracing::error!(
                event = event::SEARCH_FAILED,
                "a search of the tenant failed: {refusal}"
            );
            now("error", answer::failed(&refusal))
        }
    }
}
