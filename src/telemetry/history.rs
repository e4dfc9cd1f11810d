//! The last hour's logins by minute, in memory, for the console; and those of the last minute.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use super::metrics::{Counts, Metrics};
use crate::sync::{Mutex, PoisonError};

const MINUTES: usize = 60;
/// How exact "the last minute" is.
const STEPS: usize = 12;

/// What the counters said at the end of each of the last minutes, and at each step of the last one.
#[derive(Debug, Default)]
pub struct History {
    minutes: Mutex<VecDeque<Counts>>,
    steps: Mutex<VecDeque<(u64, u64)>>,
}

impl History {
    /// How often [`Self::step`] is to be called.
    pub const STEP: Duration = Duration::from_secs(60 / STEPS as u64);

    /// To be called once a minute.
    pub fn sample(&self, metrics: &Metrics) {
        let mut samples = self.minutes.lock().unwrap_or_else(PoisonError::into_inner);
        if samples.len() > MINUTES {
            samples.pop_front();
        }
        samples.push_back(metrics.login_counts());
    }

    /// To be called every few seconds.
    pub fn step(&self, metrics: &Metrics) {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        if steps.len() >= STEPS {
            steps.pop_front();
        }
        steps.push_back(sum(&metrics.login_counts()));
    }

    /// Good and refused ones of all methods within the last minute.
    #[must_use]
    pub fn last_minute(&self, metrics: &Metrics) -> (u64, u64) {
        let steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        // Read in this order: a step that is taken meanwhile would know of more than there was.
        let now = sum(&metrics.login_counts());
        // Before the first step everything is new.
        let before = steps.front().copied().unwrap_or_default();
        (now.0 - before.0, now.1 - before.1)
    }

    /// By method: good and refused ones of each minute, the oldest first; the last is the present one.
    #[must_use]
    pub fn minutes(&self, metrics: &Metrics) -> BTreeMap<String, Vec<(u64, u64)>> {
        let mut samples = self
            .minutes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        samples.push_back(metrics.login_counts());
        let mut all: BTreeMap<String, Vec<(u64, u64)>> = BTreeMap::new();
        for method in metrics.login_counts().into_keys() {
            let of = |counts: &Counts| counts.get(&method).copied().unwrap_or_default();
            let steps = samples.iter().zip(samples.iter().skip(1));
            let mut minutes: Vec<_> = steps
                .map(|(before, after)| (of(before), of(after)))
                .map(|(before, after)| (after.0 - before.0, after.1 - before.1))
                .collect();
            let missing = MINUTES.saturating_sub(minutes.len());
            minutes.splice(0..0, std::iter::repeat_n((0, 0), missing));
            all.insert(method, minutes.split_off(minutes.len() - MINUTES));
        }
        all
    }
}

fn sum(counts: &Counts) -> (u64, u64) {
    let all = counts.values();
    all.fold((0, 0), |sum, (good, refused)| {
        (sum.0 + good, sum.1 + refused)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_fall_into_their_minutes() {
        let (metrics, history) = (Metrics::new(), History::default());
        history.sample(&metrics);
        let login = |outcome: &str| {
            metrics
                .logins
                .with_label_values(&["kerberos", outcome, ""])
                .inc();
        };
        login("success");
        history.sample(&metrics);
        login("refused");
        login("success");
        let minutes = &history.minutes(&metrics)["kerberos"];
        assert_eq!(minutes.len(), MINUTES);
        assert_eq!(minutes[MINUTES - 2..], [(1, 0), (1, 1)]);
        for _ in 0..200 {
            history.sample(&metrics);
        }
        assert!(
            history.minutes(&metrics)["kerberos"]
                .iter()
                .all(|minute| *minute == (0, 0))
        );
    }

    #[test]
    fn the_last_minute_forgets_what_is_older() {
        let (metrics, history) = (Metrics::new(), History::default());
        let login = |method: &str, outcome: &str| {
            metrics
                .logins
                .with_label_values(&[method, outcome, ""])
                .inc();
        };
        login("kerberos", "success");
        assert_eq!(history.last_minute(&metrics), (1, 0));
        history.step(&metrics);
        login("form", "refused");
        login("form", "success");
        assert_eq!(history.last_minute(&metrics), (1, 1));
        for _ in 0..STEPS {
            history.step(&metrics);
        }
        assert_eq!(history.last_minute(&metrics), (0, 0));
    }
}

#[cfg(test)]
#[cfg(feature = "models")]
mod models {
    use super::*;
    use crate::sync::{Arc, check, thread};

    #[test]
    fn the_last_minute_is_never_less_than_nothing() {
        let metrics = Arc::new(Metrics::new());
        check(move || {
            let history = Arc::new(History::default());
            let stepping = {
                let (history, metrics) = (Arc::clone(&history), Arc::clone(&metrics));
                thread::spawn(move || {
                    for _ in 0..2 {
                        let logins = &metrics.logins;
                        logins.with_label_values(&["kerberos", "success", ""]).inc();
                        history.step(&metrics);
                    }
                })
            };
            let before = sum(&metrics.login_counts()).0;
            let (good, refused) = history.last_minute(&metrics);
            assert!(good <= before + 2 && refused == 0, "{good} {refused}");
            stepping.join().expect("steps");
        });
    }
}
