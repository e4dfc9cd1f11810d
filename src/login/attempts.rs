//! Limits on password attempts at the form, so that it can neither be used to guess nor to lock accounts
//! out: a rate for each address, and a number of failures for each user.
//!
//! Both are of this instance alone. An attacker who reaches N instances has N times as many attempts:
//! `FORM_FAILURES_PER_USER` times N shall stay below the domain's lockout threshold.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};
use ipnet::IpNet;
use moka::sync::Cache;

use super::{Client, Refusal};
use crate::{config::FormLimits, directory::BindError};

/// Users remembered at most, those with failures only.
const MAX_USERS: u64 = 100_000;
/// So many checks after the last time, addresses that have been quiet are forgotten.
const CLEAN_UP_EVERY: u32 = 1024;

/// The attempts of late.
#[derive(Debug)]
pub struct Attempts {
    addresses: Option<Addresses>,
    users: Option<Users>,
    /// Balancers: an attempt that seems to come from one is anybody's.
    trusted: Vec<IpNet>,
}

#[derive(Debug)]
struct Addresses {
    rate: DefaultKeyedRateLimiter<IpAddr>,
    checks: AtomicU32,
}

#[derive(Debug)]
struct Users {
    /// Failures, and attempts under way, by DN; an entry ends a window after its first failure.
    failures: Cache<String, Arc<AtomicU32>>,
    limit: u32,
    window: Duration,
}

/// An attempt under way: it counts as a failure until it is known to be none.
#[derive(Debug)]
pub(super) struct Attempt<'a> {
    counted: Option<(&'a Users, String, Arc<AtomicU32>)>,
}

impl Attempts {
    #[must_use]
    pub fn new(limits: &FormLimits, trusted: &[IpNet]) -> Self {
        Self {
            trusted: trusted.to_vec(),
            addresses: NonZeroU32::new(limits.per_address).map(|rate| Addresses {
                rate: RateLimiter::keyed(Quota::per_minute(rate)),
                checks: AtomicU32::new(0),
            }),
            users: (limits.per_user > 0).then(|| Users {
                failures: Cache::builder()
                    .max_capacity(MAX_USERS)
                    .time_to_live(limits.window)
                    .build(),
                limit: limits.per_user,
                window: limits.window,
            }),
        }
    }

    /// Counts an attempt of this client.
    pub(super) fn from(&self, client: Client) -> Result<(), Refusal> {
        let (Some(addresses), Client::Address(address)) = (&self.addresses, client) else {
            return Ok(());
        };
        if self.trusted.iter().any(|net| net.contains(&address)) {
            return Ok(());
        }
        if addresses.checks.fetch_add(1, Ordering::Relaxed) % CLEAN_UP_EVERY == CLEAN_UP_EVERY - 1 {
            addresses.rate.retain_recent();
        }
        let checked = addresses.rate.check_key(&network(address));
        checked.map_err(|not_until| Refusal::TooManyAttempts {
            of: "from this address",
            again: not_until.wait_time_from(DefaultClock::default().now()),
        })
    }

    /// Counts an attempt on this user's password.
    pub(super) fn of(&self, dn: &str) -> Result<Attempt<'_>, Refusal> {
        let Some(users) = &self.users else {
            return Ok(Attempt { counted: None });
        };
        let dn = dn.to_lowercase();
        let count = users.failures.get_with_by_ref(&dn, Arc::default);
        // Counted before it is checked: a hundred attempts at the same moment get no further.
        if count.fetch_add(1, Ordering::AcqRel) >= users.limit {
            count.fetch_sub(1, Ordering::AcqRel);
            return Err(Refusal::TooManyAttempts {
                of: "on this user",
                again: users.window,
            });
        }
        Ok(Attempt {
            counted: Some((users, dn, count)),
        })
    }
}

impl Attempt<'_> {
    /// A right password takes back all failures, an attempt that the directory did not judge itself.
    pub fn ended(self, verdict: &Result<(), Refusal>) {
        let Some((users, dn, count)) = self.counted else {
            return;
        };
        match verdict {
            Ok(()) => users.failures.invalidate(&dn),
            Err(Refusal::Password(BindError::WrongPassword)) => {}
            Err(_) => {
                count.fetch_sub(1, Ordering::AcqRel);
            }
        }
    }
}

/// The address that a limit counts: of IPv6 the /64, which one client has all of.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempts(per_address: u32, per_user: u32) -> Attempts {
        let limits = FormLimits {
            per_address,
            per_user,
            window: Duration::from_secs(900),
        };
        Attempts::new(&limits, &["198.51.100.0/24".parse().expect("a network")])
    }

    fn wrong() -> Result<(), Refusal> {
        Err(Refusal::Password(BindError::WrongPassword))
    }

    #[test]
    fn so_many_failures_and_no_more() {
        let attempts = attempts(0, 3);
        for _ in 0..3 {
            attempts.of("CN=Alice").expect("allowed").ended(&wrong());
        }
        let refused = attempts.of("cn=alice").expect_err("too many");
        assert_eq!(refused.reason(), "too_many_attempts");
        assert!(attempts.of("CN=Bob").is_ok(), "another user");
    }

    #[test]
    fn attempts_at_the_same_moment_count_before_they_end() {
        let attempts = attempts(0, 3);
        let under_way: Vec<_> = (0..10).map(|_| attempts.of("CN=Alice")).collect();
        assert_eq!(
            under_way.iter().filter(|attempt| attempt.is_ok()).count(),
            3
        );
    }

    #[test]
    fn a_right_password_forgives_and_a_silent_directory_does_not_count() {
        let attempts = attempts(0, 2);
        for _ in 0..10 {
            attempts.of("CN=Alice").expect("allowed").ended(&wrong());
            attempts.of("CN=Alice").expect("allowed").ended(&Ok(()));
        }
        for _ in 0..10 {
            let silent: Result<(), Refusal> = Err(Refusal::NoRandomness);
            attempts.of("CN=Alice").expect("allowed").ended(&silent);
        }
    }

    #[test]
    fn an_address_has_its_rate_and_a_network_of_ipv6_one() {
        let attempts = attempts(2, 0);
        let client = |text: &str| Client::Address(text.parse().expect("an address"));
        assert!(attempts.from(client("2001:db8::1")).is_ok());
        assert!(attempts.from(client("2001:db8::2")).is_ok());
        let refused = attempts.from(client("2001:db8::3")).expect_err("too many");
        let Refusal::TooManyAttempts { again, .. } = refused else {
            panic!("{refused:?}");
        };
        assert!(again <= Duration::from_secs(30), "{again:?}");
        assert!(attempts.from(client("2001:db8:0:1::1")).is_ok());
        assert!(attempts.from(client("192.0.2.1")).is_ok());
        assert!(attempts.from(Client::Hub).is_ok());
        for _ in 0..5 {
            assert!(
                attempts.from(client("198.51.100.7")).is_ok(),
                "the balancer's own"
            );
        }
    }

    #[test]
    fn zero_is_off() {
        let attempts = attempts(0, 0);
        for _ in 0..1000 {
            attempts
                .from(Client::Address([192, 0, 2, 1].into()))
                .expect("allowed");
            attempts.of("CN=Alice").expect("allowed").ended(&wrong());
        }
    }
}
