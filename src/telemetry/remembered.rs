//! What is remembered of outsiders, and how much memory that takes: each has a budget, and one metric shows
//! all of them.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, PoisonError},
};

use prometheus::{IntGaugeVec, Registry};

use super::registered::gauges;

/// What outsiders can make grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Memory {
    /// Wrong passwords of users.
    Attempts,
    /// The same of names that are nobody's.
    UnknownNames,
    /// Networks that wrong passwords came from.
    FailingNetworks,
    /// Groups of users.
    Groups,
    /// Requests and handshakes that are not finished.
    Unanswered,
    /// The last events of the log, for the console.
    Events,
}

impl Memory {
    const ALL: [Self; 6] = [
        Self::Attempts,
        Self::UnknownNames,
        Self::FailingNetworks,
        Self::Groups,
        Self::Unanswered,
        Self::Events,
    ];

    /// The label `of`.
    fn label(self) -> &'static str {
        match self {
            Self::Attempts => "attempts",
            Self::UnknownNames => "unknown_names",
            Self::FailingNetworks => "failing_networks",
            Self::Groups => "groups",
            Self::Unanswered => "unanswered",
            Self::Events => "events",
        }
    }
}

/// How much of it there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Held {
    pub entries: u64,
    /// As reckoned by the size of an entry.
    pub bytes: u64,
    /// Bytes at most.
    pub budget: u64,
}

type Measure = Box<dyn Fn() -> Held + Send + Sync>;

/// `ad_edge_remembered_{entries,bytes,budget_bytes}{of}`, measured whenever the metrics are rendered.
pub struct Remembered {
    entries: IntGaugeVec,
    bytes: IntGaugeVec,
    budgets: IntGaugeVec,
    measures: Mutex<BTreeMap<Memory, Measure>>,
}

impl Remembered {
    pub(super) fn new(r: &Registry) -> Self {
        let remembered = Self {
            entries: gauges(
                r,
                "remembered_entries",
                "Entries remembered of what outsiders send.",
                &["of"],
            ),
            bytes: gauges(
                r,
                "remembered_bytes",
                "Memory that they take, as reckoned by the size of an entry.",
                &["of"],
            ),
            budgets: gauges(
                r,
                "remembered_budget_bytes",
                "Memory that they may take.",
                &["of"],
            ),
            measures: Mutex::default(),
        };
        for memory in Memory::ALL {
            remembered.set(memory, Held::default());
        }
        remembered
    }

    /// From now on `measure` tells how much there is; it must not wait.
    pub fn measure_by(&self, memory: Memory, measure: impl Fn() -> Held + Send + Sync + 'static) {
        let mut measures = self.measures.lock().unwrap_or_else(PoisonError::into_inner);
        measures.insert(memory, Box::new(measure));
    }

    pub(super) fn measure(&self) {
        let measures = self.measures.lock().unwrap_or_else(PoisonError::into_inner);
        for (memory, measure) in &*measures {
            self.set(*memory, measure());
        }
    }

    fn set(&self, memory: Memory, held: Held) {
        let whole = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        for (gauge, value) in [
            (&self.entries, held.entries),
            (&self.bytes, held.bytes),
            (&self.budgets, held.budget),
        ] {
            gauge.with_label_values(&[memory.label()]).set(whole(value));
        }
    }
}

impl fmt::Debug for Remembered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Remembered")
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Metrics, *};

    #[test]
    fn each_has_a_sample_from_the_start_and_is_measured_when_it_is_asked_for() {
        let metrics = Metrics::new();
        let sample = |of: &str| {
            let text = metrics.render().expect("renders");
            let name = format!("ad_edge_remembered_bytes{{of=\"{of}\"}} ");
            let line = text.lines().find_map(|line| line.strip_prefix(&name));
            line.expect("a sample").to_owned()
        };
        for memory in Memory::ALL {
            assert_eq!(sample(memory.label()), "0");
        }
        let held = Held {
            entries: 2,
            bytes: 500,
            budget: 1000,
        };
        metrics.remembered.measure_by(Memory::Groups, move || held);
        assert_eq!(sample("groups"), "500");
    }
}
