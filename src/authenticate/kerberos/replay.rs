//! The replay check: has this authenticator been seen on this instance?
//!
//! RFC 4120, section 3.2.3 asks a server to remember authenticators for as long as it would accept
//! them. Two generations of digests in memory do that with a bound: an entry lives at least one
//! window, and at most two. Whoever has a ticket can make authenticators without end, so each account gets
//! no more of the places than are left free: however many one takes, others find as many.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

use tokio::time::Instant;

use crate::sync::{Mutex, PoisonError};

/// Entries of one generation: what a table of 2^20 places takes before it grows. One account gets half of
/// them when it is alone, which are more than 700 logins a second for the usual window.
const CAPACITY: usize = (1 << 20) / 8 * 7;

/// The most that all of it takes, in bytes: the tables of two generations, and that of the accounts, with an
/// octet of the table's own for each place.
#[cfg(test)]
const BUDGET: usize = (1 << 20) * (2 * (16 + 1) + (16 + 1));

/// The digests of the authenticators seen of late.
#[derive(Debug)]
pub(super) struct ReplayCheck(Mutex<Generations>);

#[derive(Debug)]
struct Generations {
    current: HashSet<[u8; 16]>,
    previous: HashSet<[u8; 16]>,
    /// How many of the current ones each account has, by a hash that nobody outside can aim at.
    accounts: HashMap<u64, u32>,
    hasher: RandomState,
    since: Instant,
    capacity: usize,
}

impl ReplayCheck {
    pub fn new(now: Instant) -> Self {
        Self::with_capacity(CAPACITY, now)
    }

    fn with_capacity(capacity: usize, now: Instant) -> Self {
        Self(Mutex::new(Generations {
            current: HashSet::new(),
            previous: HashSet::new(),
            accounts: HashMap::new(),
            hasher: RandomState::new(),
            since: now,
            capacity,
        }))
    }

    /// Notes an authenticator of this account, which is accepted up to `skew` before and after its own time. A
    /// generation ends by its time alone: one that could be filled up would let an insider push out what he
    /// wants to replay.
    pub fn note(
        &self,
        authenticator: [u8; 16],
        account: &str,
        skew: Duration,
        now: Instant,
    ) -> Seen {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.turn(2 * skew, now);
        if seen.previous.contains(&authenticator) || seen.current.contains(&authenticator) {
            return Seen::Before;
        }
        let free = seen.capacity.saturating_sub(seen.current.len());
        let account = seen.hasher.hash_one(account);
        let count = seen.accounts.get(&account).copied().unwrap_or(0);
        match count as usize {
            0 if free == 0 => return Seen::NoRoom,
            count if count >= free => return Seen::TooMany,
            _ => {}
        }
        seen.accounts.insert(account, count + 1);
        seen.current.insert(authenticator);
        Seen::First
    }

    /// How many are remembered.
    pub fn count(&self) -> usize {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.current.len() + seen.previous.len()
    }
}

impl Generations {
    fn turn(&mut self, window: Duration, now: Instant) {
        let age = now.duration_since(self.since);
        if age < window {
            return;
        }
        let full = std::mem::take(&mut self.current);
        self.accounts = HashMap::new();
        // After two quiet windows nothing of the past can be replayed.
        self.previous = if age >= 2 * window {
            HashSet::new()
        } else {
            full
        };
        self.since = now;
    }

    #[cfg(test)]
    fn bytes(&self) -> usize {
        // Places are powers of two, of which seven of eight are used.
        let places = |capacity: usize| capacity / 7 * 8;
        (places(self.current.capacity()) + places(self.previous.capacity())) * (16 + 1)
            + places(self.accounts.capacity()) * (16 + 1)
    }
}

/// What the check knows of an authenticator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    First,
    Before,
    /// It cannot be remembered, so it must not be accepted: this account has had so many.
    TooMany,
    /// The same, and others have had them all.
    NoRoom,
}

#[cfg(test)]
mod tests {
    use super::*;

    const SKEW: Duration = Duration::from_mins(5);

    #[test]
    fn an_authenticator_counts_once_within_the_window() {
        let (start, alice) = (Instant::now(), "alice");
        let check = ReplayCheck::new(start);
        let note = |byte, seconds| {
            let now = start + Duration::from_secs(seconds);
            check.note([byte; 16], alice, SKEW, now)
        };
        assert_eq!(note(1, 0), Seen::First);
        assert_eq!(note(1, 1), Seen::Before);
        assert_eq!(note(2, 599), Seen::First);
        // The generation turned, but both still count.
        assert_eq!(note(2, 601), Seen::Before);
        assert_eq!(note(1, 602), Seen::Before);
        assert_eq!(note(2, 2000), Seen::First);
    }

    /// `clockskew = 3600` in krb5.conf: an authenticator is accepted for two hours.
    #[test]
    fn the_window_is_as_long_as_authenticators_are_accepted() {
        let (start, alice) = (Instant::now(), "alice");
        let check = ReplayCheck::new(start);
        let note = |byte, minutes| {
            let now = start + Duration::from_mins(minutes);
            check.note([byte; 16], alice, Duration::from_hours(1), now)
        };
        assert_eq!(note(1, 0), Seen::First);
        assert_eq!(note(2, 21), Seen::First);
        assert_eq!(note(1, 119), Seen::Before);
        assert_eq!(note(2, 141), Seen::Before);
    }

    #[test]
    fn one_account_leaves_room_for_all_others() {
        let (start, greedy) = (Instant::now(), "greedy");
        let check = ReplayCheck::with_capacity(1000, start);
        let note = |number: u128, user: &str| check.note(number.to_be_bytes(), user, SKEW, start);
        let taken = |user: &str, from: u128| {
            (from..from + 2000)
                .take_while(|number| note(*number, user) == Seen::First)
                .count()
        };
        assert_eq!(taken(greedy, 0), 500);
        assert_eq!(note(9_000, greedy), Seen::TooMany);
        // What is known stays known, and whoever is new gets in.
        assert_eq!(note(7, greedy), Seen::Before);
        assert_eq!(taken("next", 10_000), 250);
        for number in 0..50 {
            let someone = format!("user-{number}");
            assert_eq!(note(20_000 + number, &someone), Seen::First, "{number}");
        }
        assert_eq!(note(9_001, greedy), Seen::TooMany);
    }

    #[test]
    fn what_is_full_forgets_nothing_takes_nothing_and_keeps_within_its_budget() {
        let start = Instant::now();
        let check = ReplayCheck::new(start);
        let note = |number: u128, now| {
            let someone = number.to_string();
            check.note(number.to_be_bytes(), &someone, SKEW, now)
        };
        for number in 0..CAPACITY as u128 {
            assert_eq!(note(number, start), Seen::First);
        }
        assert_eq!(note(u128::MAX, start), Seen::NoRoom);
        assert_eq!(note(7, start), Seen::Before);
        let later = start + 2 * SKEW;
        assert_eq!(note(u128::MAX, later), Seen::First);
        assert_eq!(note(7, later), Seen::Before);
        for number in 0..CAPACITY as u128 - 1 {
            note(u128::MAX / 2 + number, later);
        }
        let seen = check.0.lock().expect("no panic");
        assert!(seen.current.len() == CAPACITY && seen.previous.len() == CAPACITY);
        assert!(seen.bytes() <= BUDGET, "{} bytes", seen.bytes());
    }
}

#[cfg(test)]
#[cfg(feature = "models")]
mod models {
    use super::*;
    use crate::sync::{Arc, check, thread};

    const SKEW: Duration = Duration::from_mins(5);

    #[test]
    fn of_equal_authenticators_at_one_moment_one_is_the_first() {
        let start = Instant::now();
        check(move || {
            let seen = Arc::new(ReplayCheck::new(start));
            // The generation turns meanwhile, and one of them read its clock before that.
            let times = [Duration::ZERO, 2 * SKEW, 2 * SKEW + Duration::from_secs(1)];
            let threads = times.map(|later| {
                let seen = Arc::clone(&seen);
                thread::spawn(move || {
                    let first = seen.note([1; 16], "alice", SKEW, start + later) == Seen::First;
                    let other = seen.note([2; 16], "bob", SKEW, start + later) == Seen::First;
                    [first, other].map(usize::from)
                })
            });
            let firsts = threads.map(|thread| thread.join().expect("noted"));
            for each in 0..2 {
                assert_eq!(firsts.iter().map(|first| first[each]).sum::<usize>(), 1);
            }
            assert_eq!(seen.count(), 2);
        });
    }
}
