//! What became of the logins.

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;
use tokio::time::Instant;

use crate::login::Login;

#[derive(Debug)]
pub struct Summary {
    start: Instant,
    /// Milliseconds of each good login.
    good: Vec<f64>,
    /// Milliseconds of the longest failed one.
    longest_failure: f64,
    instances: BTreeMap<String, usize>,
    failures: BTreeMap<String, usize>,
    last_good: Option<Instant>,
    longest_gap: Duration,
    asking: Duration,
}

impl Summary {
    pub fn new(start: Instant) -> Self {
        Self {
            start,
            good: Vec::new(),
            longest_failure: 0.0,
            instances: BTreeMap::new(),
            failures: BTreeMap::new(),
            last_good: None,
            longest_gap: Duration::ZERO,
            asking: Duration::ZERO,
        }
    }

    pub fn add(&mut self, login: Login) {
        let took = login.ended.duration_since(login.due);
        match login.outcome {
            Ok(instance) => {
                self.good.push(milliseconds(took));
                *self.instances.entry(instance).or_default() += 1;
                self.gap_until(login.ended);
                let last = self.last_good.unwrap_or(login.ended);
                self.last_good = Some(last.max(login.ended));
            }
            Err(why) => {
                self.longest_failure = self.longest_failure.max(milliseconds(took));
                *self.failures.entry(why).or_default() += 1;
            }
        }
    }

    /// Logins that have no end of their own: not begun, or still under way.
    pub fn lost(&mut self, count: usize, why: String) {
        if count > 0 {
            *self.failures.entry(why).or_default() += count;
        }
    }

    /// No more are asked for: time without a good one counts up to here.
    pub fn asked_until(&mut self, end: Instant) {
        self.gap_until(end);
        self.asking = end.duration_since(self.start);
    }

    fn gap_until(&mut self, now: Instant) {
        let last = self.last_good.unwrap_or(self.start);
        self.longest_gap = self.longest_gap.max(now.saturating_duration_since(last));
    }

    pub fn good(&self) -> usize {
        self.good.len()
    }

    pub fn failed(&self) -> usize {
        self.failures.values().sum()
    }

    /// One line for whoever watches.
    pub fn progress(&self, now: Instant) -> String {
        format!(
            "{} s: {} good, {} failed",
            now.duration_since(self.start).as_secs(),
            self.good(),
            self.failed()
        )
    }

    /// In milliseconds, of the good ones.
    fn quantile(&self, share: f64) -> f64 {
        let mut sorted = self.good.clone();
        sorted.sort_by(f64::total_cmp);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index into a list that fits in memory"
        )]
        let index = (share * sorted.len() as f64) as usize;
        sorted
            .get(index.min(sorted.len().saturating_sub(1)))
            .copied()
            .unwrap_or(0.0)
    }

    pub fn print(&self, as_json: bool) {
        let (good, failed) = (self.good(), self.failed());
        let gap = milliseconds(self.longest_gap);
        let (median, p99, longest) = (self.quantile(0.5), self.quantile(0.99), self.quantile(1.0));
        if as_json {
            let summary = json!({
                "asked": good + failed, "failed": failed, "asking_seconds": self.asking.as_secs_f64(),
                "longest_gap_ms": gap,
                "good_median_ms": median, "good_p99_ms": p99, "good_longest_ms": longest,
                "failed_longest_ms": self.longest_failure,
                "failures": self.failures, "instances": self.instances,
            });
            println!("{summary}");
            return;
        }
        let seconds = self.asking.as_secs_f64();
        println!(
            "{} logins in {seconds:.1} s, {failed} failed",
            good + failed
        );
        println!("longest time in which nobody was signed in  {gap:.0} ms");
        println!(
            "a good login took  {median:.1} ms (median), {p99:.1} ms (99 %), {longest:.1} ms (longest)"
        );
        if failed > 0 {
            println!(
                "longest wait before a failure  {:.0} ms",
                self.longest_failure
            );
        }
        for (instance, count) in &self.instances {
            println!("{count:>8}  {instance}");
        }
        for (why, count) in &self.failures {
            println!("{count:>8}  failed: {why}");
        }
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_gap_reaches_from_the_begin_to_the_end() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let login = |at, outcome| Login {
            due: after(at),
            ended: after(at),
            outcome,
        };
        let mut summary = Summary::new(start);
        summary.add(login(2, Ok("edge-1".to_owned())));
        assert_eq!(summary.longest_gap, Duration::from_secs(2));
        summary.add(login(3, Err("refused".to_owned())));
        summary.asked_until(after(7));
        assert_eq!(summary.longest_gap, Duration::from_secs(5));

        let mut none = Summary::new(start);
        none.add(login(1, Err("refused".to_owned())));
        none.asked_until(after(9));
        assert_eq!(none.longest_gap, Duration::from_secs(9));
    }
}
