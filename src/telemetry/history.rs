//! The last hour's logins by minute, in memory, for the console.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use super::metrics::{Counts, Metrics};

const MINUTES: usize = 60;

/// What the counters said at the end of each of the last minutes.
#[derive(Debug, Default)]
pub struct History(Mutex<VecDeque<Counts>>);

impl History {
    /// To be called once a minute.
    pub fn sample(&self, metrics: &Metrics) {
        let mut samples = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if samples.len() > MINUTES {
            samples.pop_front();
        }
        samples.push_back(metrics.login_counts());
    }

    /// By method: good and refused ones of each minute, the oldest first; the last is the present one.
    #[must_use]
    pub fn minutes(&self, metrics: &Metrics) -> BTreeMap<String, Vec<(u64, u64)>> {
        let mut samples = self
            .0
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
}
