//! Limits on password attempts at the form, so that it can neither be used to guess nor to lock accounts
//! out: a rate of failures for each address, and a number of failures for each user.
//!
//! Both are of this instance alone. An attacker who reaches N instances has N times as many attempts:
//! `FORM_FAILURES_PER_USER` times N shall stay below the domain's lockout threshold, and
//! `FORM_FAILURES_SECONDS` above the time after which the domain forgets failures. Only failures count, so
//! that an office behind one address may sign in all at once.

use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use moka::sync::Cache;

use super::{Client, Refusal, rate::Rates};
use crate::{config::FormLimits, directory::BindError};

/// Users remembered at most, those with failures only; and as many names that are nobody's.
const MAX_USERS: u64 = 100_000;

/// The attempts of late.
#[derive(Debug)]
pub struct Attempts {
    limits: FormLimits,
    addresses: Option<Rates>,
    users: Option<Failures>,
    /// Names that the directory does not know, counted like users: a limit that only users have would
    /// tell who is one. Apart from them, so that made-up names push nobody out.
    unknown_users: Option<Failures>,
}

#[derive(Debug)]
struct Failures {
    /// Failures, and attempts under way, by name; an entry ends a window after its last failure.
    counts: Cache<String, Arc<AtomicU32>>,
    limit: u32,
    window: Duration,
}

/// An attempt under way: it counts as a failure until it is known to be none.
#[derive(Debug)]
pub(super) struct Attempt {
    attempts: Arc<Attempts>,
    client: Client,
    counted: Option<(Counter, String, Arc<AtomicU32>)>,
}

#[derive(Debug, Clone, Copy)]
enum Counter {
    User,
    UnknownUser,
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
            addresses: NonZeroU32::new(limits.per_address).map(Rates::new),
            users: failures(),
            unknown_users: failures(),
        }
    }

    /// Whether these are the limits.
    #[must_use]
    pub fn are_for(&self, limits: &FormLimits) -> bool {
        self.limits == *limits
    }

    /// Whether this client may try at all.
    pub(super) fn from(&self, client: Client) -> Result<(), Refusal> {
        let (Some(addresses), Client::Address(address)) = (&self.addresses, client) else {
            return Ok(());
        };
        match addresses.wait(address, Instant::now()) {
            Some(again) => Err(Refusal::TooManyAttempts {
                of: "from this address",
                again,
            }),
            None => Ok(()),
        }
    }

    /// Counts an attempt on this user's password.
    pub(super) fn of_user(self: &Arc<Self>, dn: &str, client: Client) -> Result<Attempt, Refusal> {
        self.begin(Counter::User, dn, client)
    }

    /// Counts an attempt by a name that the directory does not know.
    pub(super) fn of_unknown_user(
        self: &Arc<Self>,
        name: &str,
        client: Client,
    ) -> Result<(), Refusal> {
        let attempt = self.begin(Counter::UnknownUser, name.trim(), client)?;
        attempt.ended(&Err(Refusal::Password(BindError::WrongPassword)));
        Ok(())
    }

    fn failures(&self, counter: Counter) -> Option<&Failures> {
        match counter {
            Counter::User => self.users.as_ref(),
            Counter::UnknownUser => self.unknown_users.as_ref(),
        }
    }

    fn begin(
        self: &Arc<Self>,
        counter: Counter,
        name: &str,
        client: Client,
    ) -> Result<Attempt, Refusal> {
        let attempt = |counted| Attempt {
            attempts: Arc::clone(self),
            client,
            counted,
        };
        let Some(failures) = self.failures(counter) else {
            return Ok(attempt(None));
        };
        let name = name.to_lowercase();
        let count = failures.counts.get_with_by_ref(&name, Arc::default);
        // Counted before it is checked: a hundred attempts at the same moment get no further.
        if count.fetch_add(1, Ordering::AcqRel) >= failures.limit {
            count.fetch_sub(1, Ordering::AcqRel);
            return Err(Refusal::TooManyAttempts {
                of: "on this user",
                again: failures.window,
            });
        }
        Ok(attempt(Some((counter, name, count))))
    }

    fn failed_from(&self, client: Client) {
        if let (Some(addresses), Client::Address(address)) = (&self.addresses, client) {
            addresses.failed(address, Instant::now());
        }
    }
}

impl Attempt {
    /// A right password takes back all failures, an attempt that the directory did not judge itself.
    pub fn ended(self, verdict: &Result<(), Refusal>) {
        let wrong = matches!(verdict, Err(Refusal::Password(BindError::WrongPassword)));
        if wrong {
            self.attempts.failed_from(self.client);
        }
        let Some((counter, name, count)) = self.counted else {
            return;
        };
        let Some(failures) = self.attempts.failures(counter) else {
            return;
        };
        match verdict {
            Ok(()) => failures.counts.invalidate(&name),
            // Put there anew, for a whole window; unless a right password has taken all back meanwhile.
            Err(_) if wrong => {
                let now = failures.counts.get(&name);
                if now.is_some_and(|now| Arc::ptr_eq(&now, &count)) {
                    failures.counts.insert(name, count);
                } else {
                    let afresh = failures.counts.get_with(name, Arc::default);
                    afresh.fetch_add(1, Ordering::AcqRel);
                }
            }
            Err(_) => {
                count.fetch_sub(1, Ordering::AcqRel);
            }
        }
    }
}

#[cfg(test)]
#[path = "attempts_tests.rs"]
mod tests;
