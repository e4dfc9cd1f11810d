//! Limits on password attempts at the form, so that it can neither be used to guess nor to lock accounts
//! out: a rate of failures for each address, and a number of failures for each user.
//!
//! Both are of this instance alone. An attacker who reaches N instances has N times as many attempts:
//! `FORM_FAILURES_PER_USER` times N has to be below the domain's lockout threshold, and
//! `FORM_FAILURES_SECONDS` above the time after which the domain forgets failures. Only failures count, so
//! that an office behind one address may sign in all at once.

use std::{
    num::NonZeroU32,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use moka::sync::Cache;
use tokio::time::Instant;

use super::{Client, Refusal, rate::Rates, refusal::Limited};
use crate::{
    config::FormLimits,
    directory::BindError,
    name_key::{NameKey, NameKeys},
    telemetry::{Held, Memory, Metrics},
};

/// Users remembered at most, those with failures only; and as many names that are nobody's.
const MAX_USERS: u64 = 100_000;
/// What one takes: key and count, and the cache's own parts (measured, see the tests).
const ENTRY_BYTES: u64 = 400;

/// The attempts of late.
#[derive(Debug)]
pub struct Attempts {
    limits: FormLimits,
    names: NameKeys,
    addresses: Option<Rates>,
    users: Option<Failures>,
    /// Names as they were typed, whether the directory knows them or not: a limit that only users have would
    /// tell who is one. Apart from them, so that made-up names push nobody out.
    spellings: Option<Failures>,
}

#[derive(Debug)]
struct Failures {
    /// By name. The cache drops what is older than a window by a clock of its own, to free memory only:
    /// what counts is [`Count::ends`].
    counts: Cache<NameKey, Arc<Count>>,
    limit: u32,
    window: Duration,
}

#[derive(Debug)]
struct Count {
    /// Failures, and attempts under way.
    attempts: AtomicU32,
    /// A window after the last failure.
    ends: Mutex<Instant>,
}

/// An attempt under way: it counts as a failure until it is known to be none.
#[derive(Debug)]
pub(super) struct Attempt {
    attempts: Arc<Attempts>,
    client: Client,
    counted: Vec<(Counter, NameKey, Arc<Count>)>,
}

#[derive(Debug, Clone, Copy)]
enum Counter {
    User,
    Spelling,
}

impl Attempts {
    #[must_use]
    pub fn new(limits: &FormLimits) -> Self {
        let failures = || {
            (limits.per_user > 0).then(|| Failures {
                counts: Cache::builder()
                    .max_capacity(MAX_USERS)
                    .time_to_live(limits.window)
                    .build(),
                limit: limits.per_user,
                window: limits.window,
            })
        };
        Self {
            limits: *limits,
            names: NameKeys::new(),
            addresses: NonZeroU32::new(limits.per_address)
                .map(|rate| Rates::new(rate, limits.networks)),
            users: failures(),
            spellings: failures(),
        }
    }

    /// Whether these are the limits.
    #[must_use]
    pub fn are_for(&self, limits: &FormLimits) -> bool {
        self.limits == *limits
    }

    /// Whether this client may try at all.
    pub(super) fn from(&self, client: Client, now: Instant) -> Result<(), Refusal> {
        let (Some(addresses), Client::Address(address)) = (&self.addresses, client) else {
            return Ok(());
        };
        match addresses.wait(address, now) {
            Some(again) => Err(Refusal::TooManyAttempts {
                of: Limited::Address,
                again,
            }),
            None => Ok(()),
        }
    }

    /// Counts an attempt on this user's password: on the user, and on the name that was typed.
    pub(super) fn of_user(
        self: &Arc<Self>,
        identity: &str,
        spelling: &str,
        client: Client,
        now: Instant,
    ) -> Result<Attempt, Refusal> {
        let names = [(Counter::Spelling, spelling), (Counter::User, identity)];
        self.begin(&names, client, now)
    }

    /// Counts an attempt by a name that the directory does not know.
    pub(super) fn of_unknown_user(
        self: &Arc<Self>,
        spelling: &str,
        client: Client,
        now: Instant,
    ) -> Result<(), Refusal> {
        let attempt = self.begin(&[(Counter::Spelling, spelling.trim())], client, now)?;
        attempt.ended(&Err(Refusal::Password(BindError::WrongPassword)), now);
        Ok(())
    }

    /// Shows in the metrics how much is remembered.
    pub fn measure(self: &Arc<Self>, metrics: &Metrics) {
        let measured = |memory, of: fn(&Self) -> Option<Held>| {
            let attempts = Arc::downgrade(self);
            metrics.remembered.measure_by(memory, move || {
                let held = attempts.upgrade().and_then(|attempts| of(&attempts));
                held.unwrap_or_default()
            });
        };
        measured(Memory::Attempts, |all| {
            all.users.as_ref().map(Failures::held)
        });
        measured(Memory::UnknownNames, |all| {
            all.spellings.as_ref().map(Failures::held)
        });
        measured(Memory::FailingNetworks, |all| {
            all.addresses.as_ref().map(Rates::held)
        });
    }

    fn failures(&self, counter: Counter) -> Option<&Failures> {
        match counter {
            Counter::User => self.users.as_ref(),
            Counter::Spelling => self.spellings.as_ref(),
        }
    }

    fn begin(
        self: &Arc<Self>,
        names: &[(Counter, &str)],
        client: Client,
        now: Instant,
    ) -> Result<Attempt, Refusal> {
        let mut attempt = Attempt {
            attempts: Arc::clone(self),
            client,
            counted: Vec::with_capacity(names.len()),
        };
        for (counter, name) in names {
            let Some(failures) = self.failures(*counter) else {
                continue;
            };
            let name = self.names.of(&name.to_lowercase());
            let count = failures.current(name, now);
            // Counted before it is checked: a hundred attempts at the same moment get no further.
            let before = count.attempts.fetch_add(1, Ordering::AcqRel);
            let again = failures.window;
            attempt.counted.push((*counter, name, count));
            if before >= failures.limit {
                attempt.take_back();
                let of = Limited::User;
                return Err(Refusal::TooManyAttempts { of, again });
            }
        }
        Ok(attempt)
    }

    fn failed_from(&self, client: Client, now: Instant) {
        if let (Some(addresses), Client::Address(address)) = (&self.addresses, client) {
            addresses.failed(address, now);
        }
    }
}

impl Failures {
    fn held(&self) -> Held {
        self.counts.run_pending_tasks();
        let entries = self.counts.entry_count();
        Held {
            entries,
            bytes: entries * ENTRY_BYTES,
            budget: MAX_USERS * ENTRY_BYTES,
        }
    }

    /// The count of this name, a new one where the last has ended.
    fn current(&self, name: NameKey, now: Instant) -> Arc<Count> {
        let new = || {
            Arc::new(Count {
                attempts: AtomicU32::new(0),
                ends: Mutex::new(now + self.window),
            })
        };
        let entry = self.counts.entry(name);
        entry
            .or_insert_with_if(new, |count| count.has_ended(now))
            .into_value()
    }
}

impl Count {
    fn has_ended(&self, now: Instant) -> bool {
        *self.ends.lock().unwrap_or_else(PoisonError::into_inner) <= now
    }

    fn ends_at(&self, end: Instant) {
        *self.ends.lock().unwrap_or_else(PoisonError::into_inner) = end;
    }
}

impl Attempt {
    /// A right password takes back all failures, an attempt that the directory did not judge itself.
    pub fn ended(self, verdict: &Result<(), Refusal>, now: Instant) {
        // A locked account counts like a wrong password: else its limit would tell that it is there.
        let wrong = matches!(verdict, Err(Refusal::Password(error))
            if !matches!(error, BindError::Unavailable(_)) && !error.proves_the_password());
        if wrong {
            self.attempts.failed_from(self.client, now);
        }
        match verdict {
            Ok(()) => {
                for (failures, name, _) in self.counted() {
                    failures.counts.invalidate(&name);
                }
            }
            Err(_) if wrong => {
                for (failures, name, count) in self.counted() {
                    let current = failures.current(name, now);
                    // A right password has taken all back meanwhile, or the window has ended: it counts anew.
                    if !Arc::ptr_eq(&current, count) {
                        current.attempts.fetch_add(1, Ordering::AcqRel);
                    }
                    // For a whole window from now on, in the cache too.
                    current.ends_at(now + failures.window);
                    failures.counts.insert(name, current);
                }
            }
            Err(_) => self.take_back(),
        }
    }

    fn counted(&self) -> impl Iterator<Item = (&Failures, NameKey, &Arc<Count>)> {
        self.counted.iter().filter_map(|(counter, name, count)| {
            Some((self.attempts.failures(*counter)?, *name, count))
        })
    }

    /// It was none.
    fn take_back(&self) {
        for (_, _, count) in &self.counted {
            count.attempts.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

#[cfg(test)]
#[path = "attempts_tests.rs"]
mod tests;
