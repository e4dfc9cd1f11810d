//! Three instances under a service manager, the balancer in front of them, and a load.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use super::{
    report::Outcome,
    storm::{Storm, Summary, Target},
    turn::Turn,
    users,
};
use crate::lab::{
    Lab,
    haproxy::Haproxy,
    instance::{Builder, Instance},
    wait_until,
};

/// Logins a second, where a scenario says nothing else.
pub const RATE: usize = 40;
/// How long anything may take that happens by itself within a few seconds.
pub const SOON: Duration = Duration::from_secs(15);

pub struct Fleet {
    pub instances: Vec<Instance>,
    pub balancer: Haproxy,
    /// The credential caches of those who sign in.
    pub caches: Vec<PathBuf>,
    /// Ends that the scenario itself brought about, by instance.
    expected: BTreeMap<usize, Vec<&'static str>>,
}

impl Fleet {
    pub fn start() -> Self {
        Self::with(|_, builder| builder)
    }

    /// `change` gets the number of the instance, from 0.
    pub fn with(change: impl Fn(usize, Builder) -> Builder) -> Self {
        let instances: Vec<_> = (0..3)
            .map(|n| change(n, Self::builder()).managed(false).start())
            .collect();
        let balancer = Haproxy::start(&instances.iter().collect::<Vec<_>>());
        Self {
            instances,
            balancer,
            caches: users::caches(),
            expected: BTreeMap::new(),
        }
    }

    pub fn builder() -> Builder {
        Instance::builder()
            .behind_proxy()
            .env("DRAIN_SECONDS", "3")
            .set("LDAP_HEARTBEAT_SECONDS", 1)
    }

    /// Does something while logins are made, at the usual rate, as soon as it is this scenario's turn.
    pub fn under_load(&mut self, what: impl FnOnce(&mut Self, &Storm)) -> Outcome {
        let turn = self.turn();
        self.under_load_of(turn, RATE, what)
    }

    /// Warms up, and waits until it is this scenario's turn.
    pub fn turn(&self) -> Turn {
        let address = self.address();
        let target = Target {
            host: None,
            address: &address,
            caches: &self.caches,
        };
        target.warm_up();
        Turn::take()
    }

    /// The turn ends with the load: what comes after it is in nobody's way.
    pub fn under_load_of(
        &mut self,
        turn: Turn,
        rate: usize,
        what: impl FnOnce(&mut Self, &Storm),
    ) -> Outcome {
        let address = self.address();
        let target = Target {
            host: None,
            address: &address,
            caches: &self.caches,
        };
        let storm = target.storm(&turn, rate);
        let summary = storm.through(|storm| what(self, storm));
        drop(turn);
        self.outcome(summary)
    }

    fn address(&self) -> String {
        format!("{}:{}", Lab::get().address, self.balancer.port)
    }

    fn outcome(&mut self, summary: Summary) -> Outcome {
        let mut unexpected = 0;
        for (number, instance) in self.instances.iter_mut().enumerate() {
            let ended = instance.process.exited();
            assert!(ended.is_none(), "the service manager ended: {ended:?}");
            let expected = self.expected.get(&number).map_or(0, Vec::len);
            unexpected += instance.ends().len() - expected;
        }
        Outcome::new(summary, unexpected)
    }

    /// Waits until the instance has ended, once and just so.
    pub fn await_end(&mut self, number: usize, end: &'static str) {
        let instance = &self.instances[number];
        let what = format!("instance {number} does not end");
        wait_until(Duration::from_secs(20), &what, || {
            !instance.ends().is_empty()
        });
        assert_eq!(instance.ends(), [end]);
        self.expected.insert(number, vec![end]);
    }

    /// Waits until the balancer finds all ready, and the instance makes logins.
    pub fn await_return(&self, number: usize) {
        self.balancer.await_up(self.instances.len());
        self.await_logins(number);
    }

    /// Waits until the instance has made some more logins.
    pub fn await_logins(&self, number: usize) {
        let instance = &self.instances[number];
        let logins = || {
            let name = r#"ad_edge_logins_total{method="kerberos",outcome="success",reason=""}"#;
            instance.metric(name).unwrap_or(0.0)
        };
        let before = logins();
        let what = format!("instance {number} makes no logins");
        wait_until(SOON, &what, || logins() > before + 2.0);
    }

    /// Waits until the instance's readiness page has the status, and gives the page.
    pub fn await_readyz(&self, number: usize, status: u16) -> String {
        let what = format!("instance {number} does not answer {status} at /readyz");
        crate::lab::wait_for(SOON, &what, || {
            let (found, page) = self.instances[number].ops("/readyz")?;
            (found == status).then_some(page)
        })
    }

    /// Waits until the metric has the value on every instance.
    pub fn await_metric(&self, name: &str, value: f64) {
        for instance in &self.instances {
            let what = format!("{name} of {} is not {value}", instance.name());
            wait_until(SOON, &what, || {
                instance
                    .metric(name)
                    .is_some_and(|found| (found - value).abs() < f64::EPSILON)
            });
        }
    }
}

/// Time that a fault lasts: not a wait for anything.
pub fn pause(length: Duration) {
    std::thread::sleep(length);
}
