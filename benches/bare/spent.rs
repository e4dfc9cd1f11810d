//! What a process has spent, over all its threads, as the kernel tells (`schedstat`, `status` of proc(5)).

use std::{fs, time::Duration};

#[derive(Debug, Clone, Copy)]
pub struct Spent {
    pub cpu: Duration,
    /// Voluntary context switches.
    pub switches: f64,
}

impl Spent {
    /// Of its threads that are there: these servers keep theirs.
    pub fn of(pid: u32) -> Self {
        let mut spent = Self {
            cpu: Duration::ZERO,
            switches: 0.0,
        };
        for thread in fs::read_dir(format!("/proc/{pid}/task")).expect("a process") {
            let thread = thread.expect("a thread").path();
            let read = |name: &str| fs::read_to_string(thread.join(name)).expect("a thread");
            let schedstat = read("schedstat");
            let ran = schedstat.split(' ').next().expect("nanoseconds");
            spent.cpu += Duration::from_nanos(ran.parse().expect("a number"));
            let status = read("status");
            let switches = status
                .lines()
                .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
            spent.switches += switches
                .expect("a line")
                .trim()
                .parse::<f64>()
                .expect("a number");
        }
        spent
    }

    pub fn since(self, before: Self) -> Self {
        Self {
            cpu: self.cpu.saturating_sub(before.cpu),
            switches: self.switches - before.switches,
        }
    }

    pub fn each(self, count: u32) -> Self {
        Self {
            cpu: self.cpu / count,
            switches: self.switches / f64::from(count),
        }
    }
}
