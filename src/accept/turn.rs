//! Whose turn it is on one connection: the client's, this instance's, or nobody's any more.

use crate::sync::atomic::{AtomicU64, Ordering};

/// The client waits for this instance.
const WORKS: u64 = 0;
/// The connection is to end, or has ended: nothing changes that.
const CLOSED: u64 = u64::MAX;

/// Any other value is since when this instance waits for the client.
#[derive(Debug)]
pub(super) struct Turn(AtomicU64);

impl Turn {
    /// This instance waits since `now`, which is neither 0 nor the last moment of all.
    pub fn waiting(now: u64) -> Self {
        Self(AtomicU64::new(now))
    }

    /// From `now` on this instance waits for the client.
    pub fn waits(&self, now: u64) {
        self.turn_to(now);
    }

    /// From now on the client waits for this instance.
    pub fn works(&self) {
        self.turn_to(WORKS);
    }

    /// Since when this instance waits for the client.
    pub fn waits_since(&self) -> Option<u64> {
        let since = self.0.load(Ordering::Relaxed);
        (since != WORKS && since != CLOSED).then_some(since)
    }

    /// Closes it once, and only when this instance still waits as it did: what the client has asked meanwhile is
    /// served.
    pub fn closes(&self, since: u64) -> bool {
        let closed = self
            .0
            .compare_exchange(since, CLOSED, Ordering::Relaxed, Ordering::Relaxed);
        closed.is_ok()
    }

    #[cfg(test)]
    #[cfg(feature = "models")]
    pub fn is_closed(&self) -> bool {
        self.0.load(Ordering::Relaxed) == CLOSED
    }

    /// The connection has ended.
    pub fn ends(&self) {
        self.0.store(CLOSED, Ordering::Relaxed);
    }

    fn turn_to(&self, turn: u64) {
        let open = |now: u64| (now != CLOSED).then_some(turn);
        // A closed one stays so.
        let _ = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, open);
    }
}
