//! Three instances under a service manager, the balancer in front of them, and a load.

use std::time::Duration;

use super::{
    report::Outcome,
    storm::{Storm, Summary},
};
use crate::lab::{
    haproxy::Haproxy,
    instance::{Builder, Instance},
    wait_until,
};

pub const RATE: u32 = 40;

pub struct Fleet {
    pub instances: Vec<Instance>,
    pub balancer: Haproxy,
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
        }
    }

    pub fn builder() -> Builder {
        Instance::builder()
            .behind_proxy()
            .env("DRAIN_SECONDS", "3")
            .set("LDAP_HEARTBEAT_SECONDS", 1)
    }

    /// Makes logins for so many seconds, and does something when the load is well under way.
    pub fn under_load(&mut self, seconds: u64, what: impl FnOnce(&mut Self)) -> Outcome {
        self.under_load_of(RATE, seconds, what)
    }

    pub fn under_load_of(
        &mut self,
        rate: u32,
        seconds: u64,
        what: impl FnOnce(&mut Self),
    ) -> Outcome {
        let before = self.logins();
        let storm = Storm::start(self.balancer.port, rate, seconds);
        let enough = f64::from(rate) * 1.5;
        wait_until(Duration::from_secs(20), "the load does not begin", || {
            self.logins() > before + enough
        });
        what(self);
        self.outcome(storm.finish())
    }

    fn outcome(&mut self, summary: Summary) -> Outcome {
        for instance in &mut self.instances {
            let ended = instance.process.exited();
            assert!(ended.is_none(), "the service manager ended: {ended:?}");
        }
        let ends = self.instances.iter().flat_map(Instance::ends);
        Outcome {
            summary,
            exits: ends.filter(|end| end.starts_with("unasked")).count(),
        }
    }

    /// Logins that all instances together have counted.
    fn logins(&self) -> f64 {
        let name = r#"ad_edge_logins_total{method="kerberos",outcome="success",reason=""}"#;
        let counts = self
            .instances
            .iter()
            .filter_map(|instance| instance.metric(name));
        counts.sum()
    }
}
