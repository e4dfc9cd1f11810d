//! A rate of failures for each network: the generic cell rate algorithm (ITU-T I.371, annex A), in which
//! each failure costs time, and what is beyond the rate is a debt.

use std::{
    collections::HashMap,
    net::IpAddr,
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    network::{Network, NetworkWidths},
    telemetry::Held,
};

/// So much may be spent at once: the failures of one minute.
const BURST: Duration = Duration::from_secs(60);
/// The longest that a network waits, whatever it has done.
const LONGEST_WAIT: Duration = Duration::from_mins(10);
/// Networks at most that are remembered.
const MAX_NETWORKS: usize = 100_000;
/// What they take: the table is at least as large again as what is in it.
const BUDGET: usize = 9_000_000;

/// The failures of late.
#[derive(Debug)]
pub(super) struct Rates {
    /// What one failure costs.
    cost: Duration,
    networks: NetworkWidths,
    /// Until when the costs of a network last; what is past costs nothing any more.
    spent: Mutex<HashMap<Network, Instant>>,
}

impl Rates {
    pub fn new(per_minute: NonZeroU32, networks: NetworkWidths) -> Self {
        Self {
            networks,
            cost: Duration::from_secs(60) / per_minute.get(),
            spent: Mutex::default(),
        }
    }

    /// How long this address must wait before it may fail again; `None` when it need not.
    pub fn wait(&self, address: IpAddr, now: Instant) -> Option<Duration> {
        let until = *self.spent().get(&self.networks.of(address))?;
        let wait = until.saturating_duration_since(now + BURST);
        (!wait.is_zero()).then_some(wait)
    }

    /// Counts a failure. A hundred at the same moment wait as long as a hundred in turn.
    pub fn failed(&self, address: IpAddr, now: Instant) {
        let mut spent = self.spent();
        let network = self.networks.of(address);
        if spent.len() >= MAX_NETWORKS && !spent.contains_key(&network) {
            make_room(&mut spent, now);
        }
        let until = spent.entry(network).or_insert(now);
        let longest = now + BURST + LONGEST_WAIT;
        *until = ((*until).max(now) + self.cost).min(longest);
    }

    pub fn held(&self) -> Held {
        let spent = self.spent();
        Held {
            entries: spent.len() as u64,
            bytes: bytes(&spent) as u64,
            budget: BUDGET as u64,
        }
    }

    fn spent(&self) -> MutexGuard<'_, HashMap<Network, Instant>> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A byte of control for each place of the table, of which at most seven eighths are taken.
fn bytes(spent: &HashMap<Network, Instant>) -> usize {
    spent.capacity() * 8 / 7 * (size_of::<(Network, Instant)>() + 1)
}

/// Forgets the networks that have recovered, and of many others the half that is nearest to it: a flood of
/// networks with one failure each must not hide one with a hundred. At least half is free then, so that
/// this is seldom done.
fn make_room(spent: &mut HashMap<Network, Instant>, now: Instant) {
    spent.retain(|_, until| *until > now);
    let mut ends: Vec<Instant> = spent.values().copied().collect();
    if ends.len() > MAX_NETWORKS / 2 {
        let middle = ends.len() / 2;
        let (_, &mut middle, _) = ends.select_nth_unstable(middle);
        spent.retain(|_, until| *until > middle);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn rates(per_minute: u32) -> Rates {
        Rates::new(
            NonZeroU32::new(per_minute).expect("a rate"),
            NetworkWidths::default(),
        )
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_minute_s_failures_are_free_and_then_each_waits_its_part() {
        let (rates, client, start) = (rates(6), address("192.0.2.1"), Instant::now());
        for _ in 0..6 {
            rates.failed(client, start);
            assert_eq!(rates.wait(client, start), None);
        }
        rates.failed(client, start);
        assert_eq!(rates.wait(client, start), Some(SECOND * 10));
        assert_eq!(
            rates.wait(client, start + SECOND * 4),
            Some(SECOND * 6),
            "it goes down with time"
        );
        let again = start + SECOND * 10;
        assert_eq!(rates.wait(client, again), None);
        rates.failed(client, again);
        assert_eq!(rates.wait(client, again), Some(SECOND * 10), "the rate");
        let quiet = start + SECOND * 300;
        for _ in 0..6 {
            rates.failed(client, quiet);
        }
        assert_eq!(rates.wait(client, quiet), None, "a quiet minute forgives");
    }

    #[test]
    fn a_debt_has_an_end() {
        let (rates, client, start) = (rates(60), address("192.0.2.1"), Instant::now());
        for _ in 0..100 {
            rates.failed(client, start);
        }
        assert_eq!(rates.wait(client, start), Some(SECOND * 40));
        for _ in 0..100_000 {
            rates.failed(client, start);
        }
        assert_eq!(rates.wait(client, start), Some(LONGEST_WAIT));
    }

    #[test]
    fn a_network_of_ipv6_is_one_and_an_address_of_ipv4_is() {
        let (rates, now) = (rates(1), Instant::now());
        for text in ["2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.1"] {
            rates.failed(address(text), now);
        }
        for waits in ["2001:db8::3", "192.0.2.1", "::ffff:192.0.2.1"] {
            assert_eq!(rates.wait(address(waits), now), Some(SECOND * 60));
        }
        for other in ["2001:db8:0:1::1", "192.0.2.2", "::1"] {
            assert_eq!(rates.wait(address(other), now), None, "{other}");
        }
    }

    #[test]
    fn a_flood_of_networks_has_a_bound_and_hides_nobody() {
        let (rates, start) = (rates(60), Instant::now());
        let sprayer = address("192.0.2.1");
        for _ in 0..100 {
            rates.failed(sprayer, start);
        }
        for number in 0..500_000_u32 {
            let flood = Ipv6Addr::from_bits(u128::from(number + 1) << 64).into();
            rates.failed(flood, start + Duration::from_micros(number.into()));
        }
        assert!(rates.wait(sprayer, start).is_some(), "it is still known");
        let spent = rates.spent();
        assert!(spent.len() <= MAX_NETWORKS, "{}", spent.len());
        assert!(bytes(&spent) < BUDGET, "{}", bytes(&spent));
    }
}
