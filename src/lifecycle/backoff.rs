//! Pauses between attempts: exponential with full jitter, so that instances do not return in step.

use std::time::Duration;

/// Counts attempts that failed in a row.
#[derive(Debug)]
pub struct Backoff {
    first: Duration,
    cap: Duration,
    failures: u32,
}

impl Backoff {
    /// The first pause is at most `first`, each next one at most twice that, none above `cap`.
    #[must_use]
    pub fn new(first: Duration, cap: Duration) -> Self {
        Self {
            first: first.min(cap),
            cap,
            failures: 0,
        }
    }

    /// The pause before the next attempt.
    pub fn pause(&mut self) -> Duration {
        self.pause_with(random())
    }

    fn pause_with(&mut self, random: u16) -> Duration {
        let ceiling = self.first.saturating_mul(1 << self.failures.min(16));
        self.failures = self.failures.saturating_add(1);
        ceiling
            .min(self.cap)
            .mul_f64(f64::from(random) / f64::from(u16::MAX))
    }

    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

/// A pause by chance between two bounds, the larger one second.
#[must_use]
pub fn pause_between(least: Duration, most: Duration) -> Duration {
    let more = most.saturating_sub(least);
    least + more.mul_f64(f64::from(random()) / f64::from(u16::MAX))
}

/// A random number for one pause. Without randomness: the middle, which still is a pause.
fn random() -> u16 {
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
        let mut backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(3));
        let ceilings: Vec<_> = (0..6)
            .map(|_| backoff.pause_with(u16::MAX).as_millis())
            .collect();
        assert_eq!(ceilings, [250, 500, 1000, 2000, 3000, 3000]);
        assert_eq!(
            backoff.pause_with(0),
            Duration::ZERO,
            "full jitter reaches down to nothing"
        );
        backoff.reset();
        assert_eq!(backoff.pause_with(u16::MAX), Duration::from_millis(250));
        for _ in 0..100 {
            assert!(backoff.pause() <= Duration::from_secs(3));
            let between = pause_between(Duration::from_secs(30), Duration::from_secs(60));
            assert!((30..=60).contains(&between.as_secs()));
        }
    }
}
