//! How many attempts on each name have failed of late, with those that are under way.
//!
//! What a server counts is never more than what is counted here, in whatever order attempts begin, reach the
//! server and end: an attempt that is under way counts as one that fails, and a right password takes back only what
//! had failed before it was sent.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;

use crate::{
    name_key::NameKey,
    sync::{Mutex, MutexGuard, PoisonError},
    telemetry::Held,
};

/// Names remembered at most, those with failures only, beside those with attempts under way.
pub(super) const MAX_NAMES: usize = 100_000;
/// What they take: a table of 2^18 places, with a byte of its own for each. Where much comes and goes a table grows
/// to twice of what is in it.
const BUDGET: usize = (1 << 18) * PLACE;
const PLACE: usize = size_of::<(NameKey, Count)>() + 1;

/// The failures of late.
#[derive(Debug)]
pub(super) struct Failures {
    limit: u32,
    window: Duration,
    counts: Mutex<HashMap<NameKey, Count>>,
}

#[derive(Debug, Clone, Copy)]
struct Count {
    under_way: u32,
    /// All failures since this name is remembered; those up to `forgiven` do not count any more.
    failures: u32,
    forgiven: u32,
    /// A window after the last failure.
    ends: Instant,
}

/// An attempt that has begun: it has to end.
#[derive(Debug)]
pub(super) struct Begun {
    name: NameKey,
    /// The failures before it.
    failures: u32,
}

/// Why an attempt would be one too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TooMany {
    /// So many have failed.
    Failed,
    /// So many would have failed if all that are under way did: they may be right.
    UnderWay,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judged {
    Right,
    Wrong,
    /// The password was not looked at.
    Not,
}

impl Failures {
    /// At most `limit` failures within a window, which begins anew with each.
    pub fn new(limit: u32, window: Duration) -> Self {
        Self {
            limit,
            window,
            counts: Mutex::default(),
        }
    }

    pub fn window(&self) -> Duration {
        self.window
    }

    /// Counts an attempt.
    ///
    /// # Errors
    /// When it would be one too many.
    pub fn begin(&self, name: NameKey, now: Instant) -> Result<Begun, TooMany> {
        let mut counts = self.counts();
        let count = entry(&mut counts, name, now);
        count.forget(now);
        if count.failed() >= self.limit {
            return Err(TooMany::Failed);
        }
        if count.counts() >= self.limit {
            return Err(TooMany::UnderWay);
        }
        count.under_way += 1;
        let failures = count.failures;
        Ok(Begun { name, failures })
    }

    #[expect(clippy::needless_pass_by_value, reason = "it ends once")]
    pub fn end(&self, begun: Begun, judged: Judged, now: Instant) {
        let Begun { name, failures } = begun;
        let mut counts = self.counts();
        // What is under way is never forgotten.
        let count = entry(&mut counts, name, now);
        count.under_way = count.under_way.saturating_sub(1);
        count.forget(now);
        match judged {
            Judged::Right => count.forgiven = count.forgiven.max(failures),
            Judged::Wrong => {
                count.failures = count.failures.saturating_add(1);
                count.ends = now + self.window;
            }
            Judged::Not => {}
        }
        if count.counts() == 0 {
            counts.remove(&name);
        }
    }

    pub fn held(&self) -> Held {
        let counts = self.counts();
        Held {
            entries: counts.len() as u64,
            bytes: (counts.capacity() * 8 / 7 * PLACE) as u64,
            budget: BUDGET as u64,
        }
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<NameKey, Count>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Count {
    /// Forgets what failed a window ago.
    fn forget(&mut self, now: Instant) {
        if self.ends <= now {
            self.forgiven = self.failures;
        }
    }

    fn failed(&self) -> u32 {
        self.failures.saturating_sub(self.forgiven)
    }

    fn counts(&self) -> u32 {
        self.failed().saturating_add(self.under_way)
    }
}

fn entry(counts: &mut HashMap<NameKey, Count>, name: NameKey, now: Instant) -> &mut Count {
    if counts.len() >= MAX_NAMES && !counts.contains_key(&name) {
        make_room(counts, now);
    }
    counts.entry(name).or_insert(Count {
        under_way: 0,
        failures: 0,
        forgiven: 0,
        ends: now,
    })
}

/// Forgets the names whose failures do not count any more, and of many others the half with the fewest: a flood of
/// names with one failure each must not hide one with several. At least half is free then, so that this is
/// seldom done.
fn make_room(counts: &mut HashMap<NameKey, Count>, now: Instant) {
    let worth = |count: &Count| (count.failed(), count.ends);
    counts.retain(|_, count| count.under_way > 0 || count.ends > now);
    if counts.len() > MAX_NAMES / 2 {
        let mut worths: Vec<_> = counts.values().map(worth).collect();
        let middle = worths.len() / 2;
        let (_, &mut middle, _) = worths.select_nth_unstable(middle);
        counts.retain(|_, count| count.under_way > 0 || worth(count) > middle);
    }
}

#[cfg(test)]
#[path = "failures_tests.rs"]
mod tests;

#[cfg(test)]
#[cfg(feature = "models")]
#[path = "failures_models_tests.rs"]
mod models;
