//! Limits on password attempts at the form, so that it can neither be used to guess nor to lock accounts
//! out: a rate of failures for each address, and a number of failures for each user.
//!
//! Both are of this instance alone. An attacker who reaches N instances has N times as many attempts:
//! `FORM_FAILURES_PER_USER` times N shall stay below the domain's lockout threshold, and
//! `FORM_FAILURES_SECONDS` above the time after which the domain forgets failures. Only failures count, so
//! that an office behind one address may sign in all at once.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use moka::sync::Cache;

use super::{Client, Refusal};
use crate::{config::FormLimits, directory::BindError};

/// Users remembered at most, those with failures only; and as many names that are nobody's.
const MAX_USERS: u64 = 100_000;
/// Networks at most that wait for their rate to recover.
const MAX_NETWORKS: u64 = 100_000;
/// So many failures after the last time, addresses that have been quiet are forgotten.
const CLEAN_UP_EVERY: u32 = 1024;
/// The longest that an address waits, whatever it has done.
const LONGEST_WAIT: Duration = Duration::from_mins(10);

/// The attempts of late.
#[derive(Debug)]
pub struct Attempts {
    limits: FormLimits,
    addresses: Option<Addresses>,
    users: Option<Failures>,
    /// Names that the directory does not know, counted like users: a limit that only users have would
    /// tell who is one. Apart from them, so that made-up names push nobody out.
    strangers: Option<Failures>,
}

#[derive(Debug)]
struct Addresses {
    rate: DefaultKeyedRateLimiter<IpAddr>,
    failures: AtomicU32,
    /// Networks that have used up their rate, and until when.
    blocked: Cache<IpAddr, Instant>,
}

#[derive(Debug)]
struct Failures {
    /// Failures, and attempts under way, by name; an entry ends a window after its last failure.
    counts: Cache<String, Arc<AtomicU32>>,
    limit: u32,
    window: Duration,
}

/// An attempt under way: it counts as a failure until it is known to be none.
#[derive(Debug)]
pub(super) struct Attempt {
    attempts: Arc<Attempts>,
    client: Client,
    counted: Option<(Whose, String, Arc<AtomicU32>)>,
}

#[derive(Debug, Clone, Copy)]
enum Whose {
    User,
    Stranger,
}

impl Attempts {
    #[must_use]
    pub fn new(limits: &FormLimits) -> Self {
        let failures = || {
            (limits.per_user > 0).then(|| Failures {
                counts: Cache::builder()
                    .max_capacity(MAX_USERS)
                    .time_to_live(limits.window)
                    .build(),
                limit: limits.per_user,
                window: limits.window,
            })
        };
        Self {
            limits: *limits,
            addresses: NonZeroU32::new(limits.per_address).map(|rate| Addresses {
                rate: RateLimiter::keyed(Quota::per_minute(rate)),
                failures: AtomicU32::new(0),
                blocked: Cache::builder()
                    .max_capacity(MAX_NETWORKS)
                    .time_to_live(LONGEST_WAIT)
                    .build(),
            }),
            users: failures(),
            strangers: failures(),
        }
    }

    /// Whether these are the limits.
    #[must_use]
    pub fn are_for(&self, limits: &FormLimits) -> bool {
        self.limits == *limits
    }

    /// Whether this client may try at all.
    pub(super) fn from(&self, client: Client) -> Result<(), Refusal> {
        let (Some(addresses), Client::Address(address)) = (&self.addresses, client) else {
            return Ok(());
        };
        let until = addresses.blocked.get(&network(address));
        match until.map(|until| until.saturating_duration_since(Instant::now())) {
            Some(again) if !again.is_zero() => Err(Refusal::TooManyAttempts {
                of: "from this address",
                again,
            }),
            _ => Ok(()),
        }
    }

    /// Counts an attempt on this user's password.
    pub(super) fn of_user(self: &Arc<Self>, dn: &str, client: Client) -> Result<Attempt, Refusal> {
        self.begin(Whose::User, dn, client)
    }

    /// Counts an attempt by a name that is nobody's.
    pub(super) fn of_stranger(self: &Arc<Self>, name: &str, client: Client) -> Result<(), Refusal> {
        let attempt = self.begin(Whose::Stranger, name.trim(), client)?;
        attempt.ended(&Err(Refusal::Password(BindError::WrongPassword)));
        Ok(())
    }

    fn failures(&self, whose: Whose) -> Option<&Failures> {
        match whose {
            Whose::User => self.users.as_ref(),
            Whose::Stranger => self.strangers.as_ref(),
        }
    }

    fn begin(
        self: &Arc<Self>,
        whose: Whose,
        name: &str,
        client: Client,
    ) -> Result<Attempt, Refusal> {
        let attempt = |counted| Attempt {
            attempts: Arc::clone(self),
            client,
            counted,
        };
        let Some(failures) = self.failures(whose) else {
            return Ok(attempt(None));
        };
        let name = name.to_lowercase();
        let count = failures.counts.get_with_by_ref(&name, Arc::default);
        // Counted before it is checked: a hundred attempts at the same moment get no further.
        if count.fetch_add(1, Ordering::AcqRel) >= failures.limit {
            count.fetch_sub(1, Ordering::AcqRel);
            return Err(Refusal::TooManyAttempts {
                of: "on this user",
                again: failures.window,
            });
        }
        Ok(attempt(Some((whose, name, count))))
    }

    fn failed_from(&self, client: Client) {
        let (Some(addresses), Client::Address(address)) = (&self.addresses, client) else {
            return;
        };
        let before = addresses.failures.fetch_add(1, Ordering::Relaxed);
        if before % CLEAN_UP_EVERY == CLEAN_UP_EVERY - 1 {
            addresses.rate.retain_recent();
        }
        let network = network(address);
        // Each one beyond the rate is a debt: a hundred at the same moment wait as long as a hundred in turn.
        if addresses.rate.check_key(&network).is_err() {
            let step = Duration::from_secs(60) / self.limits.per_address.max(1);
            let now = Instant::now();
            let longest = now + LONGEST_WAIT;
            addresses.blocked.entry(network).and_upsert_with(|before| {
                let until = before.map_or(now, |entry| entry.into_value().max(now));
                (until + step).min(longest)
            });
        }
    }
}

impl Attempt {
    /// A right password takes back all failures, an attempt that the directory did not judge itself.
    pub fn ended(self, verdict: &Result<(), Refusal>) {
        let wrong = matches!(verdict, Err(Refusal::Password(BindError::WrongPassword)));
        if wrong {
            self.attempts.failed_from(self.client);
        }
        let Some((whose, name, count)) = self.counted else {
            return;
        };
        let Some(failures) = self.attempts.failures(whose) else {
            return;
        };
        match verdict {
            Ok(()) => failures.counts.invalidate(&name),
            // Put there anew, for a whole window; unless a right password has taken all back meanwhile.
            Err(_) if wrong => {
                let now = failures.counts.get(&name);
                if now.is_some_and(|now| Arc::ptr_eq(&now, &count)) {
                    failures.counts.insert(name, count);
                } else {
                    let afresh = failures.counts.get_with(name, Arc::default);
                    afresh.fetch_add(1, Ordering::AcqRel);
                }
            }
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

    const NOBODY: Client = Client::Hub;

    fn attempts(per_address: u32, per_user: u32) -> Arc<Attempts> {
        Arc::new(Attempts::new(&FormLimits {
            per_address,
            per_user,
            window: Duration::from_secs(900),
        }))
    }

    fn client(text: &str) -> Client {
        Client::Address(text.parse().expect("an address"))
    }

    fn wrong() -> Result<(), Refusal> {
        Err(Refusal::Password(BindError::WrongPassword))
    }

    #[test]
    fn so_many_failures_and_no_more() {
        let attempts = attempts(0, 3);
        for _ in 0..3 {
            let attempt = attempts.of_user("CN=Alice", NOBODY).expect("allowed");
            attempt.ended(&wrong());
        }
        let refused = attempts.of_user("cn=alice", NOBODY).expect_err("too many");
        assert_eq!(refused.reason(), "too_many_attempts");
        assert!(attempts.of_user("CN=Bob", NOBODY).is_ok(), "another user");
    }

    #[test]
    fn a_name_that_is_nobody_s_meets_the_same_limit() {
        let attempts = attempts(0, 3);
        for _ in 0..3 {
            attempts.of_stranger("mallory", NOBODY).expect("allowed");
        }
        let refused = attempts.of_stranger(" Mallory", NOBODY);
        assert_eq!(
            refused.expect_err("too many").reason(),
            "too_many_attempts",
            "else it would tell who is a user"
        );
    }

    #[test]
    fn attempts_at_the_same_moment_count_before_they_end() {
        let attempts = attempts(0, 3);
        let under_way: Vec<_> = (0..10)
            .map(|_| attempts.of_user("CN=Alice", NOBODY))
            .collect();
        let allowed = under_way.iter().filter(|attempt| attempt.is_ok());
        assert_eq!(allowed.count(), 3);
    }

    #[test]
    fn a_right_password_forgives_and_a_silent_directory_does_not_count() {
        let attempts = attempts(0, 2);
        let end = |verdict: &Result<(), Refusal>| {
            let attempt = attempts.of_user("CN=Alice", NOBODY).expect("allowed");
            attempt.ended(verdict);
        };
        for _ in 0..10 {
            end(&wrong());
            end(&Ok(()));
        }
        for _ in 0..10 {
            end(&Err(Refusal::NoRandomness));
        }
    }

    #[test]
    fn a_window_begins_anew_with_each_failure() {
        let attempts = Arc::new(Attempts::new(&FormLimits {
            per_address: 0,
            per_user: 2,
            window: Duration::from_millis(400),
        }));
        let fail = || {
            let attempt = attempts.of_user("CN=Alice", NOBODY)?;
            attempt.ended(&wrong());
            Ok::<(), Refusal>(())
        };
        fail().expect("the first");
        std::thread::sleep(Duration::from_millis(250));
        fail().expect("the second");
        std::thread::sleep(Duration::from_millis(250));
        assert!(fail().is_err(), "the first counts with the second");
        std::thread::sleep(Duration::from_millis(500));
        fail().expect("after a window without a failure");
    }

    #[test]
    fn failures_of_an_address_have_a_rate_and_a_network_of_ipv6_one() {
        let attempts = attempts(2, 0);
        let fail = |text: &str| {
            attempts.from(client(text))?;
            let attempt = attempts.of_user("CN=Alice", client(text))?;
            attempt.ended(&wrong());
            Ok::<(), Refusal>(())
        };
        for address in ["2001:db8::1", "2001:db8::2", "2001:db8::3"] {
            fail(address).expect("allowed");
        }
        let refused = fail("2001:db8::4").expect_err("too many");
        let Refusal::TooManyAttempts { again, .. } = refused else {
            panic!("{refused:?}");
        };
        assert!(again <= Duration::from_secs(30), "{again:?}");
        assert!(attempts.from(client("2001:db8:0:1::1")).is_ok());
        assert!(attempts.from(client("192.0.2.1")).is_ok());
        assert!(attempts.from(Client::Hub).is_ok());
    }

    #[test]
    fn failures_at_the_same_moment_are_a_debt() {
        let attempts = attempts(60, 0);
        let sprayer = client("192.0.2.1");
        let under_way: Vec<_> = (0..128)
            .map(|number| attempts.of_user(&format!("CN={number}"), sprayer))
            .collect();
        for attempt in under_way {
            attempt.expect("allowed").ended(&wrong());
        }
        let refused = attempts.from(sprayer).expect_err("too many");
        let Refusal::TooManyAttempts { again, .. } = refused else {
            panic!("{refused:?}");
        };
        assert!(again > Duration::from_secs(60), "{again:?}");
    }

    #[test]
    fn a_late_wrong_attempt_does_not_bring_back_what_was_forgiven() {
        let attempts = attempts(0, 3);
        let begin = || attempts.of_user("CN=Alice", NOBODY).expect("allowed");
        begin().ended(&wrong());
        let (late, right) = (begin(), begin());
        right.ended(&Ok(()));
        late.ended(&wrong());
        // The one counts, and no more.
        begin().ended(&wrong());
        begin().ended(&wrong());
        assert!(attempts.of_user("CN=Alice", NOBODY).is_err());
    }

    #[test]
    fn an_office_behind_one_address_signs_in_all_at_once() {
        let attempts = attempts(2, 3);
        let office = client("192.0.2.1");
        for number in 0..300 {
            attempts.from(office).expect("allowed");
            let user = format!("CN={number}");
            let attempt = attempts.of_user(&user, office).expect("allowed");
            attempt.ended(&Ok(()));
        }
    }

    #[test]
    fn a_balancer_that_names_no_client_is_anybody() {
        let attempts = attempts(1, 0);
        let balancer = Client::Balancer([127, 0, 0, 1].into());
        for _ in 0..5 {
            attempts.from(balancer).expect("allowed");
            let attempt = attempts.of_user("CN=Alice", balancer).expect("allowed");
            attempt.ended(&wrong());
        }
    }

    #[test]
    fn zero_is_off() {
        let attempts = attempts(0, 0);
        for _ in 0..1000 {
            attempts.from(client("192.0.2.1")).expect("allowed");
            let attempt = attempts.of_user("CN=Alice", client("192.0.2.1"));
            attempt.expect("allowed").ended(&wrong());
        }
    }
}
