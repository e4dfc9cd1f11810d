//! Limits on password attempts at the form, so that it can neither be used to guess nor to lock accounts
//! out: a rate of failures for each address, and a number of failures for each user.
//!
//! Both are of this instance alone. An attacker who reaches N instances has N times as many attempts:
//! `FORM_FAILURES_PER_USER` times N has to be below the domain's lockout threshold, and
//! `FORM_FAILURES_SECONDS` above the time after which the domain forgets failures. Only failures count, so
//! that an office behind one address may sign in all at once; and one that would be too many only if all that
//! are under way were wrong waits for these, so that neither are right ones of one user refused.

use std::{num::NonZeroU32, pin::pin, sync::Arc, time::Duration};

use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

use super::{
    Client, Refusal,
    failures::{Begun, Failures, Judged, TooMany},
    rate::Rates,
    refusal::Limited,
};
use crate::{
    config::FormLimits,
    directory::BindError,
    name_key::NameKeys,
    telemetry::{Held, Memory, Metrics},
};

/// How long an attempt waits for others of its user: more than a directory takes that answers at all.
const TURN: Duration = Duration::from_secs(15);

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
    /// An attempt has ended.
    ended: Notify,
    /// How long another one waits for that.
    turn: Duration,
}

/// An attempt under way: it counts as a failure unless it is known to be none.
#[derive(Debug)]
pub(super) struct Attempt {
    attempts: Arc<Attempts>,
    client: Client,
    counted: Vec<(Counter, Begun)>,
}

/// Why an attempt does not begin now.
#[derive(Debug)]
pub(super) enum Busy {
    /// One that is under way has to end first.
    UnderWay,
    Refused(Refusal),
}

#[derive(Debug, Clone, Copy)]
enum Counter {
    User,
    Spelling,
}

impl Attempts {
    #[must_use]
    pub fn new(limits: &FormLimits) -> Self {
        let failures =
            || (limits.per_user > 0).then(|| Failures::new(limits.per_user, limits.window));
        Self {
            limits: *limits,
            names: NameKeys::new(),
            addresses: NonZeroU32::new(limits.per_address)
                .map(|rate| Rates::new(rate, limits.networks)),
            users: failures(),
            spellings: failures(),
            ended: Notify::new(),
            turn: TURN,
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

    /// Begins an attempt as soon as those under way leave it a place.
    pub(super) async fn in_turn(
        &self,
        begin: impl Fn(Instant) -> Result<Attempt, Busy>,
    ) -> Result<Attempt, Refusal> {
        let until = Instant::now() + self.turn;
        loop {
            let mut ended = pin!(self.ended.notified());
            // Before it looks: none ends unseen between the two.
            ended.as_mut().enable();
            match begin(Instant::now()) {
                Ok(attempt) => return Ok(attempt),
                Err(Busy::Refused(refusal)) => return Err(refusal),
                Err(Busy::UnderWay) => {}
            }
            if timeout_at(until, ended).await.is_err() {
                return Err(Refusal::TooManyAttempts {
                    of: Limited::User,
                    again: self.turn,
                });
            }
        }
    }

    /// Counts an attempt on this user's password: on the user, and on the name that was typed.
    pub(super) fn of_user(
        self: &Arc<Self>,
        identity: &str,
        spelling: &str,
        client: Client,
        now: Instant,
    ) -> Result<Attempt, Busy> {
        let names = [(Counter::Spelling, spelling), (Counter::User, identity)];
        self.begin(&names, client, now)
    }

    /// Counts an attempt by a name that the directory does not know, which is wrong: it goes on until it is dropped.
    pub(super) fn of_unknown_user(
        self: &Arc<Self>,
        spelling: &str,
        client: Client,
        now: Instant,
    ) -> Result<Attempt, Busy> {
        let attempt = self.begin(&[(Counter::Spelling, spelling.trim())], client, now)?;
        self.failed_from(client, now);
        Ok(attempt)
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
    ) -> Result<Attempt, Busy> {
        let mut attempt = Attempt {
            attempts: Arc::clone(self),
            client,
            counted: Vec::with_capacity(names.len()),
        };
        for (counter, name) in names {
            let Some(failures) = self.failures(*counter) else {
                continue;
            };
            match failures.begin(self.names.of(&name.to_lowercase()), now) {
                Ok(begun) => attempt.counted.push((*counter, begun)),
                Err(why) => {
                    // What is refused by one of the limits does not count for the other.
                    attempt.count(Judged::Not, now);
                    if why == TooMany::UnderWay {
                        return Err(Busy::UnderWay);
                    }
                    // One that waits may have seen it.
                    self.ended.notify_waiters();
                    return Err(Busy::Refused(Refusal::TooManyAttempts {
                        of: Limited::User,
                        again: failures.window(),
                    }));
                }
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

impl Attempt {
    /// What the directory said of it: a right password takes back the failures before it, an attempt that the
    /// directory did not judge itself. A wrong one is given back and goes on until it is dropped, which is to be
    /// when it is answered: as long as one by an unknown name, so that who waits for it learns nothing from its time.
    pub fn judged(mut self, verdict: &Result<(), Refusal>, now: Instant) -> Option<Self> {
        let judged = match verdict {
            Ok(()) => Judged::Right,
            // A locked account counts like a wrong password: else its limit would tell that it is there.
            Err(Refusal::Password(error))
                if !matches!(error, BindError::Unavailable(_)) && !error.proves_the_password() =>
            {
                self.attempts.failed_from(self.client, now);
                return Some(self);
            }
            Err(_) => Judged::Not,
        };
        self.end(judged, now);
        None
    }

    fn end(&mut self, judged: Judged, now: Instant) {
        self.count(judged, now);
        self.attempts.ended.notify_waiters();
    }

    fn count(&mut self, judged: Judged, now: Instant) {
        for (counter, begun) in std::mem::take(&mut self.counted) {
            if let Some(failures) = self.attempts.failures(counter) {
                failures.end(begun, judged, now);
            }
        }
    }
}

impl Drop for Attempt {
    /// It was wrong, or nobody knows how it ended: the directory may have counted it.
    fn drop(&mut self) {
        if !self.counted.is_empty() {
            self.end(Judged::Wrong, Instant::now());
        }
    }
}

#[cfg(test)]
#[path = "attempts_tests.rs"]
mod tests;
