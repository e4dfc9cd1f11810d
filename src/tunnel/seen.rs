//! The requests of the hub that were carried out: each counts once on this instance.
//!
//! What is remembered of one is a digest, until it has expired. Only what the tenant has signed gets here, so
//! nobody else can fill the memory; when it is full no request is carried out until some have expired.

use std::collections::HashMap;

use crate::{
    sync::{Mutex, PoisonError},
    token::RequestDigest,
};

/// Digests at most, in 24 bytes each; with the table's overhead less than 25 MB. With requests that count for an
/// hour, the longest that is taken, that is 145 in a second.
const MAX_REQUESTS: usize = 1 << 19;
/// What is over is forgotten so often, in seconds.
const SWEEP: u64 = 60;

/// Survives a reload.
#[derive(Debug)]
pub struct SeenRequests {
    seen: Mutex<Seen>,
    most: usize,
}

#[derive(Debug, Default)]
struct Seen {
    /// Until when each counts, Unix time in seconds.
    until: HashMap<RequestDigest, u64>,
    swept: u64,
}

/// What is known of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Noted {
    First,
    Before,
    NoRoom,
}

impl Default for SeenRequests {
    fn default() -> Self {
        Self::with_room_for(MAX_REQUESTS)
    }
}

impl SeenRequests {
    fn with_room_for(most: usize) -> Self {
        Self {
            seen: Mutex::default(),
            most,
        }
    }

    /// Notes a request that counts until then; times are Unix time in seconds.
    pub(super) fn note(&self, digest: RequestDigest, until: u64, now: u64) -> Noted {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = seen.until.len() >= self.most;
        if now >= seen.swept.saturating_add(if is_full { 1 } else { SWEEP }) {
            seen.until.retain(|_, until| *until >= now);
            if seen.until.capacity() > 4 * seen.until.len() {
                seen.until.shrink_to_fit();
            }
            seen.swept = now;
        }
        if seen.until.contains_key(&digest) {
            return Noted::Before;
        }
        if seen.until.len() >= self.most {
            return Noted::NoRoom;
        }
        seen.until.insert(digest, until);
        Noted::First
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(n: u32) -> RequestDigest {
        RequestDigest::of(&n.to_be_bytes())
    }

    #[test]
    fn a_request_counts_once_until_it_has_expired() {
        let seen = SeenRequests::default();
        assert_eq!(seen.note(digest(1), 1060, 1000), Noted::First);
        assert_eq!(seen.note(digest(2), 1060, 1000), Noted::First);
        for now in [1000, 1030, 1059, 1060, 1061] {
            assert_eq!(seen.note(digest(1), 1060, now), Noted::Before, "{now}");
        }
        // Forgotten, when it is refused as expired anyway.
        assert_eq!(seen.note(digest(3), 1180, 1121), Noted::First);
        assert_eq!(seen.seen.lock().expect("whole").until.len(), 1);
    }

    #[test]
    fn memory_has_an_end_and_comes_back() {
        let seen = SeenRequests::with_room_for(1000);
        for n in 0..1000 {
            assert_eq!(seen.note(digest(n), 1060, 1000), Noted::First);
        }
        assert_eq!(seen.note(digest(1000), 1060, 1001), Noted::NoRoom);
        assert_eq!(
            seen.note(digest(7), 1060, 1001),
            Noted::Before,
            "none is pushed out"
        );
        assert_eq!(seen.note(digest(1000), 1200, 1061), Noted::First);
        let held = seen.seen.lock().expect("whole").until.capacity();
        assert!(held < 100, "{held}");
        assert!(size_of::<(RequestDigest, u64)>() <= 24);
    }
}

#[cfg(test)]
#[cfg(feature = "models")]
mod models {
    use super::*;
    use crate::sync::{Arc, check, thread};

    #[test]
    fn of_equal_requests_at_one_moment_one_is_the_first() {
        let digest = RequestDigest::of(b"a request");
        check(move || {
            let seen = Arc::new(SeenRequests::with_room_for(2));
            // What is over is forgotten meanwhile.
            let threads = [1000, 1059, 1060].map(|now| {
                let seen = Arc::clone(&seen);
                thread::spawn(move || usize::from(seen.note(digest, 1060, now) == Noted::First))
            });
            let firsts = threads.map(|thread| thread.join().expect("noted"));
            assert_eq!(firsts.iter().sum::<usize>(), 1);
        });
    }
}
