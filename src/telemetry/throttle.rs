//! Lines that come at any rate, let through at a slow one.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Lets one line through an interval and counts the rest.
#[derive(Debug)]
pub struct Throttle {
    interval: Duration,
    state: Mutex<ThrottleState>,
}

#[derive(Debug, Default)]
struct ThrottleState {
    last: Option<Instant>,
    suppressed: u64,
}

impl Throttle {
    #[must_use]
    pub const fn new(interval: Duration) -> Self {
        Self {
            interval,
            state: Mutex::new(ThrottleState {
                last: None,
                suppressed: 0,
            }),
        }
    }

    /// `Some(n)` when a line may be written now, `n` lines having been left out since the last one.
    pub fn pass(&self) -> Option<u64> {
        self.pass_at(Instant::now())
    }

    fn pass_at(&self, now: Instant) -> Option<u64> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state
            .last
            .is_some_and(|last| now.duration_since(last) < self.interval)
        {
            state.suppressed += 1;
            return None;
        }
        state.last = Some(now);
        Some(std::mem::take(&mut state.suppressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_throttle_passes_one_and_tells_how_many_it_left_out() {
        let throttle = Throttle::new(Duration::from_secs(10));
        let begin = Instant::now();
        let pass = |seconds| throttle.pass_at(begin + Duration::from_secs(seconds));
        assert_eq!(pass(0), Some(0));
        assert_eq!(pass(1), None);
        assert_eq!(pass(9), None);
        assert_eq!(pass(10), Some(2));
        assert_eq!(pass(19), None);
        assert_eq!(pass(20), Some(1));
    }
}
