//! The replay check: has this authenticator been seen on this instance?
//!
//! RFC 4120, section 3.2.3 asks a server to remember authenticators for as long as it would accept
//! them. Two generations of digests in memory do that with a bound: an entry lives at least one
//! window, and at most two.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// An authenticator is accepted up to five minutes before and after its own time, ten in all (MIT's
/// default `clockskew`).
const WINDOW: Duration = Duration::from_secs(600);

/// Entries of one generation: 16 bytes each, and the table's overhead. More than 800 logins a second for
/// a whole window.
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

    /// Notes an authenticator. A generation ends by its time alone: one that could be filled up would
    /// let an insider push out what he wants to replay.
    pub fn note(&self, authenticator: [u8; 16], now: Instant) -> Seen {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let age = now.duration_since(seen.since);
        if age >= WINDOW {
            let full = std::mem::take(&mut seen.current);
            // After two quiet windows nothing of the past can be replayed.
            seen.previous = if age >= 2 * WINDOW {
                HashSet::new()
            } else {
                full
            };
            seen.since = now;
        }
        if seen.previous.contains(&authenticator) || seen.current.contains(&authenticator) {
            Seen::Before
        } else if seen.current.len() >= CAPACITY {
            Seen::NoRoom
        } else {
            seen.current.insert(authenticator);
            Seen::First
        }
    }
}

/// What the check knows of an authenticator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    First,
    Before,
    /// It cannot be remembered, so it must not be accepted.
    NoRoom,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authenticator_counts_once_within_the_window() {
        let start = Instant::now();
        let check = ReplayCheck::new(start);
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(check.note([1; 16], at(0)), Seen::First);
        assert_eq!(check.note([1; 16], at(1)), Seen::Before);
        assert_eq!(check.note([2; 16], at(599)), Seen::First);
        // The generation turned, but both still count.
        assert_eq!(check.note([2; 16], at(601)), Seen::Before);
        assert_eq!(check.note([1; 16], at(602)), Seen::Before);
        assert_eq!(check.note([2; 16], at(2000)), Seen::First);
    }

    #[test]
    fn what_is_full_forgets_nothing_and_takes_nothing() {
        let start = Instant::now();
        let check = ReplayCheck::new(start);
        for number in 0..CAPACITY as u128 {
            assert_eq!(check.note(number.to_be_bytes(), start), Seen::First);
        }
        assert_eq!(check.note([0xff; 16], start), Seen::NoRoom);
        assert_eq!(check.note(7_u128.to_be_bytes(), start), Seen::Before);
        let later = start + WINDOW;
        assert_eq!(check.note([0xff; 16], later), Seen::First);
        assert_eq!(check.note(7_u128.to_be_bytes(), later), Seen::Before);
    }
}
