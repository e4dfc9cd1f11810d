//! What was seen of the balancers: who disagrees with this instance, and whose requests arrive.
//!
//! Anybody who reaches the port can pretend to be a balancer that is wrong, or send nonsense through one
//! that is right. So one connection is nothing, what a balancer passes on for a client counts only when
//! nothing else arrives, or its own checks alone do, and nobody who was never served makes an instance that
//! serves others unready.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::mismatch::Mismatch;
use crate::telemetry::{Metrics, event};

/// One line in the log for each kind and sender in this time.
const LOG_EVERY: Duration = Duration::from_secs(60);
/// How long a disagreement counts as present after the last sign of it.
const PRESENT: Duration = Duration::from_secs(60);
/// A request counts this long as a proof that requests arrive: health checks come more often.
const SERVED: Duration = Duration::from_secs(10);
/// Where no client's request has arrived for so long, what a balancer passes on is worth a look, however well its
/// own health checks fare: it may treat the two differently.
const NO_CLIENT: Duration = Duration::from_secs(60 * 60);
/// So many within the time are no accident: a health check's, or users'.
const REPEATED: u32 = 3;
/// Senders that are remembered: balancers are few, and outsiders may be many.
const SENDERS: usize = 64;

/// Where a connection arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The port of direct logins.
    Users,
    /// `OPS_LISTEN`: nobody signs in there.
    Operators,
}

/// Who sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sender {
    /// The other end of the socket.
    pub address: IpAddr,
    /// It is a balancer, whose PROXY header named a client.
    pub for_client: bool,
}

/// A disagreement that is present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    pub mismatch: Mismatch,
    pub from: IpAddr,
    /// Nothing else arrives: nobody can sign in through this balancer, nor through another.
    pub alone: bool,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    last: Instant,
    logged: Option<Instant>,
    /// Within the time; of the sender itself, and passed on for clients.
    own: u32,
    passed_on: u32,
    place: Place,
}

#[derive(Debug, Default)]
struct State {
    seen: HashMap<(Mismatch, IpAddr), Seen>,
    served: HashMap<IpAddr, Instant>,
    last_served: Option<Instant>,
    /// The last request that a balancer passed on.
    last_client: Option<Instant>,
}

impl State {
    /// Whether nothing but this arrived around the last sign of it.
    fn is_alone(&self, mismatch: Mismatch, from: IpAddr, seen: &Seen) -> bool {
        let quiet = self
            .last_served
            .is_none_or(|served| seen.last.saturating_duration_since(served) > SERVED);
        let known = self.last_served.is_none() || self.served.contains_key(&from);
        mismatch.is_fatal()
            && seen.place == Place::Users
            && seen.own + seen.passed_on >= REPEATED
            && quiet
            && known
    }

    fn counts(&self, mismatch: Mismatch, from: IpAddr, seen: &Seen) -> bool {
        seen.own >= REPEATED
            || self.is_alone(mismatch, from, seen)
            || self.is_of_every_client(mismatch, seen)
    }

    /// Whether clients come through balancers, and none of them is served.
    fn is_of_every_client(&self, mismatch: Mismatch, seen: &Seen) -> bool {
        let no_client = self
            .last_client
            .is_none_or(|client| seen.last.saturating_duration_since(client) > NO_CLIENT);
        // Who is not trusted passes nothing on.
        let passed_on = mismatch != Mismatch::NotTrusted && seen.passed_on >= REPEATED;
        mismatch.is_fatal() && passed_on && no_client
    }
}

/// What is known of the balancers. A cheap handle.
#[derive(Debug, Clone)]
pub struct Mismatches(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    metrics: Option<Arc<Metrics>>,
    state: Mutex<State>,
}

impl Mismatches {
    #[must_use]
    pub fn new(metrics: Option<Arc<Metrics>>) -> Self {
        Self(Arc::new(Inner {
            metrics,
            state: Mutex::default(),
        }))
    }

    /// Counts one; when it comes from the balancer, as far as is known, logs it once a minute. `name` is
    /// the host name that was asked for, where it is about that.
    pub fn note(&self, mismatch: Mismatch, sender: Sender, place: Place, name: Option<&str>) {
        if let Some(metrics) = &self.0.metrics {
            metrics
                .balancer_mismatches
                .with_label_values(&[mismatch.reason()])
                .inc();
        }
        let from = sender.address;
        let lines = self
            .0
            .metrics
            .as_ref()
            .map(|m| &m.outsider_lines.mismatches);
        if self.note_at(mismatch, sender, place, Instant::now())
            && lines.is_none_or(|lines| lines.pass(from).is_some())
        {
            tracing::error!(
                event = event::BALANCER_MISMATCH,
                reason = mismatch.reason(),
                %from,
                name,
                remedy = mismatch.remedy(from),
                "{}",
                mismatch.cause()
            );
        }
    }

    /// Whether it is worth a line now.
    fn note_at(&self, mismatch: Mismatch, sender: Sender, place: Place, now: Instant) -> bool {
        let mut state = self.lock();
        let key = (mismatch, sender.address);
        let before = state.seen.get(&key).copied();
        let before = before.filter(|seen| now - seen.last < PRESENT);
        let seen = Seen {
            last: now,
            logged: before.and_then(|seen| seen.logged),
            own: before.map_or(0, |seen| seen.own) + u32::from(!sender.for_client),
            passed_on: before.map_or(0, |seen| seen.passed_on) + u32::from(sender.for_client),
            place,
        };
        let due = seen.logged.is_none_or(|logged| now - logged >= LOG_EVERY);
        let line = due && state.counts(mismatch, sender.address, &seen);
        let logged = if line { Some(now) } else { seen.logged };
        state.seen.insert(key, Seen { logged, ..seen });
        forget_oldest(&mut state.seen, |seen| seen.last);
        line
    }

    /// A request has arrived from there: it agrees with this instance.
    pub fn served(&self, sender: Sender) {
        self.served_at(sender, Instant::now());
    }

    fn served_at(&self, sender: Sender, now: Instant) {
        let mut state = self.lock();
        state.last_served = Some(now);
        if sender.for_client {
            state.last_client = Some(now);
        }
        state.served.insert(sender.address, now);
        forget_oldest(&mut state.served, |at| *at);
    }

    /// Whether a request that agrees with this instance has arrived within the last minute: health checks come more
    /// often.
    #[must_use]
    pub fn is_served(&self) -> bool {
        let last = self.lock().last_served;
        last.is_some_and(|last| last.elapsed() < PRESENT)
    }

    /// Those of the last minute, what nobody gets through first.
    #[must_use]
    pub fn present(&self) -> Vec<Present> {
        self.present_at(Instant::now())
    }

    fn present_at(&self, now: Instant) -> Vec<Present> {
        let state = self.lock();
        let mut present: Vec<_> = state
            .seen
            .iter()
            .filter(|((mismatch, from), seen)| {
                now - seen.last < PRESENT && state.counts(*mismatch, *from, seen)
            })
            .map(|((mismatch, from), seen)| Present {
                mismatch: *mismatch,
                from: *from,
                alone: state.is_alone(*mismatch, *from, seen),
            })
            .collect();
        present.sort_by_key(|one| (!one.alone, one.mismatch, one.from));
        present
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps a map within [`SENDERS`].
fn forget_oldest<K: Copy + Eq + std::hash::Hash, V>(
    map: &mut HashMap<K, V>,
    last: impl Fn(&V) -> Instant,
) {
    while map.len() > SENDERS {
        let oldest = map.iter().min_by_key(|(_, value)| last(value));
        let Some(key) = oldest.map(|(key, _)| *key) else {
            return;
        };
        map.remove(&key);
    }
}

#[cfg(test)]
#[path = "balancers_tests.rs"]
mod tests;
