//! One time for every refused password, whatever was wrong: an unknown name, which no server is asked about
//! twice, must not be told from a wrong password, which a server has to look at and to count, nor from a
//! locked account. Who signs in waits for nothing.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Refusals are answered after this, or after a multiple of it. More than a check takes in most domains, a
/// controller that asks the one with the PDC role included; and less than annoys who has mistyped.
const STEP: Duration = Duration::from_millis(250);
/// What is slower than this is trouble of the directory, and does not slow the others down.
const SLOWEST: Duration = Duration::from_secs(2);
/// A slow check counts for this long, and up to twice as long.
const WINDOW: Duration = Duration::from_mins(5);

/// How long refusals took of late.
#[derive(Debug)]
pub struct EvenTime(Mutex<Slowest>);

#[derive(Debug)]
struct Slowest {
    since: Instant,
    current: Duration,
    previous: Duration,
}

impl EvenTime {
    #[must_use]
    pub fn new() -> Self {
        Self(Mutex::new(Slowest {
            since: Instant::now(),
            current: Duration::ZERO,
            previous: Duration::ZERO,
        }))
    }

    /// When to answer a login that began at `started` and is refused `now`.
    #[must_use]
    pub fn answer_at(&self, started: Instant, now: Instant) -> Instant {
        let took = now.saturating_duration_since(started);
        let mut slowest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slowest.note(took.min(SLOWEST), now);
        started + whole_steps(took.max(slowest.of_late()))
    }
}

impl Default for EvenTime {
    fn default() -> Self {
        Self::new()
    }
}

impl Slowest {
    fn note(&mut self, took: Duration, now: Instant) {
        let age = now.saturating_duration_since(self.since);
        if age >= WINDOW {
            let is_recent = age < WINDOW * 2;
            self.previous = if is_recent {
                self.current
            } else {
                Duration::ZERO
            };
            (self.current, self.since) = (Duration::ZERO, now);
        }
        self.current = self.current.max(took);
    }

    fn of_late(&self) -> Duration {
        self.current.max(self.previous)
    }
}

/// The next multiple of a step; one at least.
fn whole_steps(time: Duration) -> Duration {
    let steps = time.as_nanos().div_ceil(STEP.as_nanos()).max(1);
    STEP * u32::try_from(steps).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// After how long a refusal is answered that took so long, `later` than the first.
    fn seen(even: &EvenTime, later: Duration, took: Duration) -> Duration {
        let started = Instant::now() + later;
        even.answer_at(started, started + took) - started
    }

    #[test]
    fn quick_and_slow_refusals_are_answered_after_one_time() {
        let even = EvenTime::new();
        for took in [MS / 2, MS * 9, MS * 40, MS * 249] {
            assert_eq!(seen(&even, Duration::ZERO, took), STEP, "{took:?}");
        }
    }

    #[test]
    fn a_slow_directory_slows_all_of_them_and_for_some_minutes() {
        let even = EvenTime::new();
        let begin = Duration::ZERO;
        assert_eq!(seen(&even, begin, MS * 600), STEP * 3);
        assert_eq!(seen(&even, begin, MS), STEP * 3);
        let next = WINDOW + MS;
        assert_eq!(seen(&even, next, MS), STEP * 3, "the last window counts");
        let third = next + WINDOW + MS;
        assert_eq!(seen(&even, third, MS), STEP);
        assert_eq!(seen(&even, third, MS * 600), STEP * 3);
        let long_after = third + WINDOW * 3;
        assert_eq!(
            seen(&even, long_after, MS),
            STEP,
            "after a pause nothing does"
        );
    }

    #[test]
    fn one_that_hangs_does_not_hold_up_the_others() {
        let even = EvenTime::new();
        assert_eq!(seen(&even, Duration::ZERO, MS * 9900), MS * 10_000);
        assert_eq!(seen(&even, Duration::ZERO, MS), SLOWEST);
    }
}
