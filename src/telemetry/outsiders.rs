//! What outsiders can write into the log by what they send: so much from each network, so much from all, and
//! how much was left out.
//!
//! An outsider needs no account to cause these lines, so nothing else bounds them. The outcome of a login
//! in which an account is known is none of them: it is always written.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use prometheus::{IntCounter, IntCounterVec};
use tokio::time::Instant;

use super::event;
use crate::network::{Network, NetworkWidths};

/// Networks of a kind that are remembered, in 64 bytes each: with the table's overhead less than 512 KiB.
const MAX_NETWORKS: usize = 4096;

/// A rate: so many at once, then one in a while.
#[derive(Debug, Clone, Copy)]
struct Rate {
    burst: u32,
    every: Duration,
}

/// The kinds of lines.
#[derive(Debug)]
pub struct OutsiderLines {
    /// Requests that were answered.
    pub requests: Lines,
    /// Logins that were refused before an account was known.
    pub refusals: Lines,
    pub handshakes: Lines,
    pub proxy_headers: Lines,
    pub forged_headers: Lines,
    pub timeouts: Lines,
    pub mismatches: Lines,
    pub panics: Lines,
}

impl OutsiderLines {
    /// The values of the label `event`.
    pub(super) const EVENTS: [&str; 8] = [
        event::HTTP_ANSWERED,
        event::LOGIN_REFUSED,
        event::TLS_HANDSHAKE_FAILED,
        event::ACCEPT_PROXY_REFUSED,
        event::HTTP_HEADER_FORGED,
        event::HTTP_TIMED_OUT,
        event::BALANCER_MISMATCH,
        event::HTTP_PANICKED,
    ];

    /// `left_out` counts by event.
    pub(super) fn new(left_out: &IntCounterVec) -> Self {
        let per_second = |burst, rate| Rate {
            burst,
            every: Duration::from_secs(1) / rate,
        };
        let few = Rate {
            burst: 5,
            every: Duration::from_secs(10),
        };
        let lines = |event: &'static str, each, all| {
            Lines::new(each, all, left_out.with_label_values(&[event]))
        };
        let all_few = per_second(60, 2);
        Self {
            requests: lines(
                event::HTTP_ANSWERED,
                per_second(400, 20),
                per_second(4000, 200),
            ),
            refusals: lines(event::LOGIN_REFUSED, per_second(60, 1), per_second(600, 20)),
            handshakes: lines(event::TLS_HANDSHAKE_FAILED, few, all_few),
            proxy_headers: lines(event::ACCEPT_PROXY_REFUSED, few, all_few),
            forged_headers: lines(event::HTTP_HEADER_FORGED, few, all_few),
            timeouts: lines(event::HTTP_TIMED_OUT, per_second(20, 1), all_few),
            mismatches: lines(event::BALANCER_MISMATCH, few, all_few),
            panics: lines(event::HTTP_PANICKED, per_second(20, 1), all_few),
        }
    }
}

/// Lines of one kind.
#[derive(Debug)]
pub struct Lines {
    each: Rate,
    all: Rate,
    left_out: IntCounter,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    networks: HashMap<Network, Written>,
    all: Written,
}

/// A count as a field, which is there when there is something to count.
#[must_use]
pub fn some(count: u64) -> Option<u64> {
    (count > 0).then_some(count)
}

/// By the generic cell rate algorithm (ITU-T I.371, annex A).
#[derive(Debug, Clone, Copy, Default)]
struct Written {
    /// Until when the cost of the lines lasts.
    until: Option<Instant>,
    /// Since the last line.
    left_out: u64,
}

impl Written {
    fn has_room(&self, rate: Rate, now: Instant) -> bool {
        let most = rate.every * rate.burst.saturating_sub(1);
        self.until.is_none_or(|until| until <= now + most)
    }

    fn spend(&mut self, rate: Rate, now: Instant) {
        self.until = Some(self.until.map_or(now, |until| until.max(now)) + rate.every);
    }

    fn is_over(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| until <= now)
    }
}

impl Lines {
    fn new(each: Rate, all: Rate, left_out: IntCounter) -> Self {
        Self {
            each,
            all,
            left_out,
            state: Mutex::default(),
        }
    }

    /// `Some(n)` when a line about this address may be written now, `n` lines about its network having been
    /// left out since the last one.
    pub fn pass(&self, from: IpAddr) -> Option<u64> {
        self.pass_at(from, Instant::now())
    }

    fn pass_at(&self, from: IpAddr, now: Instant) -> Option<u64> {
        let network = NetworkWidths::default().of(from);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { networks, all } = &mut *state;
        if networks.len() >= MAX_NETWORKS && !networks.contains_key(&network) {
            networks.retain(|_, written| !written.is_over(now));
        }
        let has_room = all.has_room(self.all, now);
        // Where even that leaves no room, what all may write bounds it.
        let own = if networks.len() < MAX_NETWORKS || networks.contains_key(&network) {
            networks.entry(network).or_default()
        } else {
            &mut Written::default()
        };
        if !has_room || !own.has_room(self.each, now) {
            own.left_out += 1;
            self.left_out.inc();
            return None;
        }
        own.spend(self.each, now);
        all.spend(self.all, now);
        Some(std::mem::take(&mut own.left_out))
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn lines() -> Lines {
        let rate = |burst, seconds| Rate {
            burst,
            every: Duration::from_secs(seconds),
        };
        let count = IntCounter::new("left_out", "Lines.").expect("a metric");
        Lines::new(rate(3, 10), rate(8, 1), count)
    }

    fn address(number: u32) -> IpAddr {
        Ipv4Addr::from_bits(0x0a00_0000 + number).into()
    }

    #[test]
    fn a_network_writes_some_at_once_and_then_at_a_rate_with_what_was_left_out() {
        let (lines, begin) = (lines(), Instant::now());
        let pass =
            |from, seconds| lines.pass_at(address(from), begin + Duration::from_secs(seconds));
        assert_eq!([pass(1, 0), pass(1, 0), pass(1, 0)], [Some(0); 3]);
        assert_eq!([pass(1, 0), pass(1, 9)], [None; 2]);
        assert_eq!(pass(2, 9), Some(0), "another network is not kept from it");
        assert_eq!(pass(1, 10), Some(2));
        assert_eq!(pass(1, 11), None);
        assert_eq!(lines.left_out.get(), 3);
    }

    #[test]
    fn an_address_of_a_network_counts_for_all_of_it() {
        let (lines, now) = (lines(), Instant::now());
        let passed = (0..100_u128).filter(|host| {
            let address = 0x2001_0db8_0000_0001_u128 << 64 | host;
            lines
                .pass_at(std::net::Ipv6Addr::from_bits(address).into(), now)
                .is_some()
        });
        assert_eq!(passed.count(), 3);
    }

    #[test]
    fn many_networks_write_no_more_than_all_may_and_take_no_more_room() {
        let (lines, now) = (lines(), Instant::now());
        let passed = (0..50_000).filter(|number| lines.pass_at(address(*number), now).is_some());
        assert_eq!(passed.count(), 8);
        assert_eq!(lines.left_out.get(), 49_992);
        let state = lines.state.lock().expect("not poisoned");
        assert!(
            state.networks.len() <= MAX_NETWORKS,
            "{}",
            state.networks.len()
        );
    }
}
