//! Who holds the connections, and which one goes when another needs its place.
//!
//! Whoever opens connections and leaves them to themselves must not keep others out. So a new one always
//! finds a place: when all are taken, the network that holds most gives up the one that has kept this
//! instance waiting longest. What waits for this instance, a login under way, is never closed. Without PROXY
//! headers all users behind a balancer are one network: then the longest idle one of all goes.

use std::{collections::HashMap, net::IpAddr, sync::OnceLock, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

use super::turn::Turn;
use crate::{
    network::{Network, NetworkWidths},
    sync::{
        AbortHandle, Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
        timeout,
    },
    telemetry::{self, Memory, Metrics, Throttle, event},
};

/// With less than a quarter of the places free, a client may keep this instance waiting so long.
const PRESSED: Duration = Duration::from_secs(5);
/// How often it is looked for such clients.
const LOOK: Duration = Duration::from_secs(1);
/// How long a closed connection may take to end before another is closed too, and how soon one that waits
/// for a place is tried again where every client waits for this instance.
const AGAIN: Duration = Duration::from_millis(100);
/// So long it is said that all places were taken.
const FULL: Duration = Duration::from_secs(10);
/// What all requests that are not answered yet may hold together, in bytes.
const UNANSWERED: usize = 128 << 20;

/// The places of one port. A cheap handle.
#[derive(Debug, Clone)]
pub struct Seats(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    limit: usize,
    /// [`PRESSED`].
    pressed: Duration,
    networks: NetworkWidths,
    metrics: Option<Arc<Metrics>>,
    permits: Arc<Semaphore>,
    begin: Instant,
    taken: Mutex<Taken>,
    /// Names for the entries of `taken`.
    next: AtomicU64,
    /// Bytes, see [`Activity::holds`].
    unanswered: AtomicUsize,
    /// When all places were taken last, and when it was looked for silent clients; see [`Inner::now`].
    full: AtomicU64,
    looked: AtomicU64,
    said: Throttle,
}

/// By network, and each by its name.
type Taken = HashMap<Network, HashMap<u64, Activity>>;

/// A place that is taken, until it is dropped.
#[derive(Debug)]
pub struct Seat {
    activity: Activity,
    network: Network,
    name: u64,
    _permit: OwnedSemaphorePermit,
}

/// Whose turn it is on one connection. A cheap handle.
#[derive(Debug, Clone)]
pub struct Activity(Arc<Held>);

#[derive(Debug)]
struct Held {
    seats: Arc<Inner>,
    turn: Turn,
    /// Bytes, which [`Inner::unanswered`] has been told before.
    unanswered: AtomicUsize,
    task: OnceLock<AbortHandle>,
}

/// That all places were taken a moment ago.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Full {
    pub connections: usize,
    /// Who holds most now, and how many.
    pub network: Option<Network>,
    pub holds: usize,
}

#[derive(Debug, Clone, Copy)]
enum Why {
    Full,
    Pressed,
    Memory,
}

impl Why {
    /// The label `reason` of `ad_edge_connections_closed_early_total`.
    fn label(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Pressed => "pressed",
            Self::Memory => "memory",
        }
    }
}

impl Seats {
    /// Places for so many connections. `metrics` counts those of the port that users reach.
    #[must_use]
    pub fn new(limit: usize, networks: NetworkWidths, metrics: Option<Arc<Metrics>>) -> Self {
        Self::with_patience(limit, networks, metrics, PRESSED)
    }

    fn with_patience(
        limit: usize,
        networks: NetworkWidths,
        metrics: Option<Arc<Metrics>>,
        pressed: Duration,
    ) -> Self {
        let limit = limit.min(Semaphore::MAX_PERMITS);
        if let Some(metrics) = &metrics {
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            metrics.connections_limit.set(limit);
        }
        let inner = Arc::new(Inner {
            limit,
            pressed,
            networks,
            metrics,
            permits: Arc::new(Semaphore::new(limit)),
            begin: Instant::now(),
            taken: Mutex::default(),
            next: AtomicU64::new(0),
            unanswered: AtomicUsize::new(0),
            full: AtomicU64::new(0),
            looked: AtomicU64::new(0),
            said: Throttle::new(Duration::from_mins(1)),
        });
        if let Some(metrics) = &inner.metrics {
            let seats = Arc::downgrade(&inner);
            metrics.remembered.measure_by(Memory::Unanswered, move || {
                let seats = seats.upgrade();
                seats.map(|seats| seats.held()).unwrap_or_default()
            });
        }
        Self(inner)
    }

    /// A place for a connection from `address`, for which another connection is closed where all are taken.
    pub(super) async fn take(&self, address: IpAddr) -> Seat {
        let inner = &self.0;
        let permit = match Arc::clone(&inner.permits).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => self.make_one().await,
        };
        if inner.permits.available_permits() < inner.limit / 4 {
            inner.close_silent();
        }
        let activity = Activity(Arc::new(Held {
            seats: Arc::clone(inner),
            turn: Turn::waiting(inner.now()),
            unanswered: AtomicUsize::new(0),
            task: OnceLock::new(),
        }));
        let (network, name) = (
            inner.networks.of(address),
            inner.next.fetch_add(1, Ordering::Relaxed),
        );
        let mut taken = inner.taken();
        let of_network = taken.entry(network).or_default();
        of_network.insert(name, activity.clone());
        drop(taken);
        Seat {
            activity,
            network,
            name,
            _permit: permit,
        }
    }

    async fn make_one(&self) -> OwnedSemaphorePermit {
        let inner = &self.0;
        loop {
            inner.full.store(inner.now(), Ordering::Relaxed);
            let closed = inner.close_longest_waiting();
            if let Some(suppressed) = inner.said.pass() {
                tracing::warn!(
                    event = event::ACCEPT_FULL,
                    max_connections = inner.limit,
                    network = closed.map(|(network, _)| tracing::field::display(network)),
                    holds = closed.map(|(_, holds)| holds),
                    suppressed,
                    "all connections are in use: for a new one, the longest idle one of the network that \
                     holds most is closed"
                );
            }
            // It is never closed; an error would be the end of the time.
            let permit = timeout(AGAIN, Arc::clone(&inner.permits).acquire_owned()).await;
            if let Ok(Ok(permit)) = permit {
                return permit;
            }
        }
    }

    /// Whether all places were taken a moment ago.
    #[must_use]
    pub fn full(&self) -> Option<Full> {
        let inner = &self.0;
        let (full, now) = (inner.full.load(Ordering::Relaxed), inner.now());
        if full == 0 || now.saturating_sub(full) > nanos(FULL) {
            return None;
        }
        let taken = inner.taken();
        let most = taken.iter().map(|(network, held)| (held.len(), *network));
        let most = most.max();
        Some(Full {
            connections: inner.limit,
            network: most.map(|(_, network)| network),
            holds: most.map_or(0, |(held, _)| held),
        })
    }
}

impl Inner {
    /// Nanoseconds, from 1 on: connections of one moment keep their order.
    fn now(&self) -> u64 {
        nanos(self.begin.elapsed()) + 1
    }

    fn held(&self) -> telemetry::Held {
        let unanswered = self.unanswered.load(Ordering::Relaxed);
        telemetry::Held {
            entries: (self.limit - self.permits.available_permits()) as u64,
            bytes: unanswered as u64,
            budget: UNANSWERED as u64,
        }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, why: Why, closed: usize) {
        if let Some(metrics) = &self.metrics {
            let counter = &metrics.connections_closed_early;
            let counter = counter.with_label_values(&[why.label()]);
            counter.inc_by(u64::try_from(closed).unwrap_or_default());
        }
    }

    /// Of the networks that hold most, the connections that have kept this instance waiting longest: at
    /// least one, and under a flood some at once, down to what the next network holds. Tells a network and
    /// how many it held; `None`: every client waits for this instance.
    fn close_longest_waiting(&self) -> Option<(Network, usize)> {
        let taken = self.taken();
        let sizes = taken.iter().map(|(network, held)| (held.len(), *network));
        let mut sizes: Vec<_> = sizes.collect();
        sizes.sort_unstable_by(|one, other| other.cmp(one));
        let mut rest = sizes.as_slice();
        while let Some(&(most, network)) = rest.first() {
            let (equal, fewer) = rest.split_at(rest.partition_point(|(held, _)| *held == most));
            let next = fewer.first().map_or(0, |(held, _)| *held);
            let of_these = equal.iter().filter_map(|(_, network)| taken.get(network));
            let waiting = of_these.flat_map(HashMap::values);
            let mut waiting: Vec<_> = waiting
                .filter_map(|one| Some((one.waits_since()?, one)))
                .collect();
            if !waiting.is_empty() {
                let at_once = (self.limit / 128).clamp(1, 64);
                let wanted = ((most - next) * equal.len()).clamp(1, at_once);
                if wanted < waiting.len() {
                    waiting.select_nth_unstable_by_key(wanted - 1, |(since, _)| *since);
                    waiting.truncate(wanted);
                }
                let closed = waiting.iter().filter(|(since, one)| one.close(*since));
                self.count(Why::Full, closed.count());
                return Some((network, most));
            }
            rest = fewer;
        }
        None
    }

    /// Those that have kept this instance waiting for [`PRESSED`].
    fn close_silent(&self) {
        let now = self.now();
        let looked = self.looked.load(Ordering::Relaxed);
        if now.saturating_sub(looked) < nanos(LOOK) && looked != 0 {
            return;
        }
        self.looked.store(now, Ordering::Relaxed);
        let taken = self.taken();
        let all = taken.values().flat_map(HashMap::values);
        let waiting = all.filter_map(|one| Some((one.waits_since()?, one)));
        let silent = waiting.filter(|(since, _)| now.saturating_sub(*since) >= nanos(self.pressed));
        let closed = silent.filter(|(since, one)| one.close(*since));
        self.count(Why::Pressed, closed.count());
    }

    /// Of the network whose unfinished requests hold most, the largest, until there is room again.
    fn close_largest(&self) {
        let taken = self.taken();
        let held = |(_, one): &(u64, Activity)| one.0.unanswered.load(Ordering::Relaxed);
        let waiting = |held: &HashMap<u64, Activity>| -> Vec<(u64, Activity)> {
            let all = held.values();
            all.filter_map(|one| Some((one.waits_since()?, one.clone())))
                .collect()
        };
        let networks = taken.values().map(waiting);
        let most = networks.max_by_key(|all| all.iter().map(held).sum::<usize>());
        drop(taken);
        let mut most = most.unwrap_or_default();
        // Read once each: they change meanwhile.
        most.sort_by_cached_key(|one| std::cmp::Reverse(held(one)));
        let mut closed = 0;
        for (since, one) in most {
            if self.unanswered.load(Ordering::Relaxed) < UNANSWERED / 8 * 7 {
                break;
            }
            closed += usize::from(one.close(since));
        }
        self.count(Why::Memory, closed);
    }
}

impl Seat {
    /// The client that a PROXY header names.
    pub(super) fn belongs_to(&mut self, address: IpAddr) {
        let inner = &self.activity.0.seats;
        let mut taken = inner.taken();
        self.leave(&mut taken);
        self.network = inner.networks.of(address);
        let of_network = taken.entry(self.network).or_default();
        of_network.insert(self.name, self.activity.clone());
    }

    pub(super) fn activity(&self) -> &Activity {
        &self.activity
    }

    fn leave(&self, taken: &mut Taken) {
        if let Some(of_network) = taken.get_mut(&self.network) {
            of_network.remove(&self.name);
            if of_network.is_empty() {
                taken.remove(&self.network);
            }
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.leave(&mut self.activity.0.seats.taken());
        self.activity.0.turn.ends();
        self.activity.answered();
    }
}

impl Drop for Held {
    /// Nobody can answer any more.
    fn drop(&mut self) {
        let held = self.unanswered.swap(0, Ordering::AcqRel);
        self.seats.unanswered.fetch_sub(held, Ordering::AcqRel);
    }
}

impl Activity {
    /// The task that serves the connection: aborting it closes the connection.
    pub(super) fn is_served_by(&self, task: impl Into<AbortHandle>) {
        // Once for each connection.
        let _ = self.0.task.set(task.into());
    }

    /// From now on this instance waits for the client.
    pub fn waits(&self) {
        self.0.turn.waits(self.0.seats.now());
    }

    /// From now on the client waits for this instance.
    pub fn works(&self) {
        self.0.turn.works();
    }

    /// So many bytes more are held for a request, or a handshake, that is not finished yet.
    pub fn holds(&self, bytes: usize) {
        let inner = &self.0.seats;
        // First what all hold: another thread may take it off again as soon as this connection holds it.
        let before = inner.unanswered.fetch_add(bytes, Ordering::AcqRel);
        self.0.unanswered.fetch_add(bytes, Ordering::AcqRel);
        if before + bytes > UNANSWERED {
            inner.close_largest();
        }
    }

    /// It is finished: nothing is held any more.
    pub fn answered(&self) {
        let held = self.0.unanswered.swap(0, Ordering::AcqRel);
        self.0.seats.unanswered.fetch_sub(held, Ordering::AcqRel);
    }

    fn waits_since(&self) -> Option<u64> {
        self.0.turn.waits_since()
    }

    /// Whether it ends now; not when the client has asked something since.
    fn close(&self, since: u64) -> bool {
        let Some(task) = self.0.task.get() else {
            return false;
        };
        // Neither chosen nor counted again until its task has ended.
        let closes = self.0.turn.closes(since);
        if closes {
            self.answered();
            task.abort();
        }
        closes
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "seats_tests.rs"]
mod tests;

#[cfg(test)]
#[cfg(feature = "models")]
#[path = "seats_models_tests.rs"]
mod models;
