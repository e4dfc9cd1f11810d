//! The one place that reads the time of day.
//!
//! The rule for time, which `clippy.toml` holds:
//!
//! - What depends on the time of day takes a [`Clock`], or the time itself.
//! - What decides by how long ago something was takes the moment as a parameter, `now: Instant`; whoever
//!   calls it reads the clock. So a test has no need to wait.
//! - Waits, deadlines and measured durations read tokio's monotonic clock (`tokio::time::Instant`) where
//!   they begin. There is no other kind of `Instant`.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustls::time_provider::TimeProvider;
use rustls_pki_types::UnixTime;

/// A source of the time of day, in UTC.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Clock {
    /// The machine's own clock.
    #[must_use]
    pub fn system() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "the one caller of the system's clock"
        )]
        Self(Arc::new(SystemTime::now))
    }

    /// A clock that does not move, for tests: `unix` seconds after 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn fixed(unix: u64) -> Self {
        let instant = UNIX_EPOCH + Duration::from_secs(unix);
        Self(Arc::new(move || instant))
    }

    #[must_use]
    pub fn now(&self) -> SystemTime {
        (self.0)()
    }
}

/// A length of time in words: `45 s`, `12 min`, `3 days`.
#[must_use]
pub fn span(length: Duration) -> String {
    match length.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds @ 7200..172_800 => format!("{} hours", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

/// For the validity of certificates and the age of tickets.
impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        let since = self.now().duration_since(UNIX_EPOCH).ok()?;
        Some(UnixTime::since_unix_epoch(since))
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
