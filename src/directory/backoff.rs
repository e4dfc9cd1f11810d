//! Pauses between attempts: exponential with full jitter, so that instances do not return in step.

use std::time::Duration;

/// The largest pause while a server is away: short, so that it is found again within seconds.
const CAP: Duration = Duration::from_secs(3);
const FIRST: Duration = Duration::from_millis(250);

/// Counts attempts that failed in a row.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The pause before the next attempt; `random` is uniform over its range.
    pub fn next(&mut self, random: u16) -> Duration {
        let ceiling = FIRST.saturating_mul(1 << self.failures.min(8)).min(CAP);
        self.failures += 1;
        ceiling.mul_f64(f64::from(random) / f64::from(u16::MAX))
    }

    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

/// The pause after the service account was refused: AD locks accounts after a few wrong passwords.
pub(super) fn after_wrong_credentials(random: u16) -> Duration {
    Duration::from_secs(30).mul_f64(1.0 + f64::from(random) / f64::from(u16::MAX))
}

/// A random number for one pause. Without randomness: the middle, which still is a pause.
pub(super) fn random() -> u16 {
    let mut bytes = [0; 2];
    match aws_lc_rs::rand::fill(&mut bytes) {
        Ok(()) => u16::from_le_bytes(bytes),
        Err(_) => u16::MAX / 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_cap_and_start_again() {
        let mut backoff = Backoff::default();
        let ceilings: Vec<_> = (0..6).map(|_| backoff.next(u16::MAX).as_millis()).collect();
        assert_eq!(ceilings, [250, 500, 1000, 2000, 3000, 3000]);
        assert_eq!(
            backoff.next(0),
            Duration::ZERO,
            "full jitter reaches down to nothing"
        );
        backoff.reset();
        assert_eq!(backoff.next(u16::MAX), FIRST);
    }

    #[test]
    fn a_refused_service_account_waits_long() {
        assert_eq!(after_wrong_credentials(0).as_secs(), 30);
        assert_eq!(after_wrong_credentials(u16::MAX).as_secs(), 60);
    }
}
