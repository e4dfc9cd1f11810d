//! The replay check: has this authenticator been seen on this instance?
//!
//! RFC 4120, section 3.2.3 asks a server to remember authenticators for as long as it would accept
//! them. Two generations of digests in memory do that with a bound: an entry lives at least one
//! window, and at most two.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// An authenticator is accepted up to five minutes before and after its own time, ten in all (MIT's
/// default `clockskew`).
const WINDOW: Duration = Duration::from_secs(600);

/// Entries of one generation: 16 bytes each, and the table's overhead.
const CAPACITY: usize = 500_000;

/// The digests of the authenticators seen of late.
#[derive(Debug)]
pub(super) struct ReplayCheck(Mutex<Generations>);

#[derive(Debug)]
struct Generations {
    current: HashSet<[u8; 16]>,
    previous: HashSet<[u8; 16]>,
    since: Instant,
}

impl ReplayCheck {
    pub fn new(now: Instant) -> Self {
        Self(Mutex::new(Generations {
            current: HashSet::new(),
            previous: HashSet::new(),
            since: now,
        }))
    }

    /// Notes an authenticator; false when it was there before.
    pub fn is_first(&self, authenticator: [u8; 16], now: Instant) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let age = now.duration_since(seen.since);
        if age >= WINDOW || seen.current.len() >= CAPACITY {
            let full = std::mem::take(&mut seen.current);
            // After two quiet windows nothing of the past can be replayed.
            seen.previous = if age >= 2 * WINDOW {
                HashSet::new()
            } else {
                full
            };
            seen.since = now;
        }
        !seen.previous.contains(&authenticator) && seen.current.insert(authenticator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authenticator_counts_once_within_the_window() {
        let start = Instant::now();
        let check = ReplayCheck::new(start);
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(check.is_first([1; 16], at(0)));
        assert!(!check.is_first([1; 16], at(1)));
        assert!(check.is_first([2; 16], at(599)));
        // The generation turned, but both still count.
        assert!(!check.is_first([2; 16], at(601)));
        assert!(!check.is_first([1; 16], at(602)));
        assert!(check.is_first([2; 16], at(2000)));
    }
}
