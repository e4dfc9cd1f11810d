//! How long an authenticator is accepted, which is for how long it must be remembered.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::krb5::{USUAL_SKEW, clock_skew};

/// MIT's library reads krb5.conf again when it changes, so this does too.
const FRESH: Duration = Duration::from_secs(1);

/// What the library takes for the clocks' difference, as it was a moment ago.
#[derive(Debug)]
pub(super) struct Skew(Mutex<(Instant, Duration)>);

impl Skew {
    pub fn read(now: Instant) -> Self {
        Self(Mutex::new((now, clock_skew().unwrap_or(USUAL_SKEW))))
    }

    /// Never less than usual: to remember longer costs little.
    pub fn at(&self, now: Instant) -> Duration {
        let mut read = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_since(read.0) >= FRESH {
            *read = (now, clock_skew().unwrap_or(read.1));
        }
        read.1.max(USUAL_SKEW)
    }
}
