//! Tests of the limits on password attempts.

use std::time::Duration;

use super::{super::failures::MAX_NAMES, *};
use crate::directory::AccountRefusal;
use crate::network::NetworkWidths;

const NOBODY: Client = Client::Hub;

fn attempts(per_address: u32, per_user: u32) -> Arc<Attempts> {
    Arc::new(Attempts::new(&FormLimits {
        per_address,
        per_user,
        window: Duration::from_secs(900),
        networks: NetworkWidths::default(),
    }))
}

fn client(text: &str) -> Client {
    Client::Address(text.parse().expect("an address"))
}

fn wrong() -> Result<(), Refusal> {
    Err(Refusal::Password(BindError::WrongPassword))
}

impl Attempt {
    /// Judged and answered at once.
    fn ended(self, verdict: &Result<(), Refusal>, now: Instant) {
        if let Some(mut wrong) = self.judged(verdict, now) {
            wrong.end(Judged::Wrong, now);
        }
    }
}

impl From<Busy> for Refusal {
    fn from(busy: Busy) -> Self {
        match busy {
            Busy::Refused(refusal) => refusal,
            Busy::UnderWay => panic!("it would wait"),
        }
    }
}

#[test]
fn so_many_failures_and_no_more() {
    let attempts = attempts(0, 3);
    for _ in 0..3 {
        let attempt = attempts
            .of_user("CN=Alice", "CN=Alice", NOBODY, Instant::now())
            .expect("allowed");
        attempt.ended(&wrong(), Instant::now());
    }
    let refused = attempts
        .of_user("cn=alice", "cn=alice", NOBODY, Instant::now())
        .expect_err("too many");
    assert_eq!(Refusal::from(refused).reason(), "too_many_attempts");
    assert!(
        attempts
            .of_user("CN=Bob", "CN=Bob", NOBODY, Instant::now())
            .is_ok(),
        "another user"
    );
}

#[test]
fn a_name_that_is_nobody_s_meets_the_same_limit() {
    let attempts = attempts(0, 3);
    for _ in 0..3 {
        attempts
            .of_unknown_user("mallory", NOBODY, Instant::now())
            .expect("allowed");
    }
    let refused = attempts.of_unknown_user(" Mallory", NOBODY, Instant::now());
    assert_eq!(
        Refusal::from(refused.expect_err("too many")).reason(),
        "too_many_attempts",
        "else it would tell who is a user"
    );
}

/// Whatever a directory takes for equal: where it finds a user by another spelling the user is counted, and where
/// it does not the spelling is.
#[test]
fn another_spelling_meets_the_limit_whether_the_directory_finds_a_user_by_it_or_not() {
    let (found_by_one, found_by_both, nobodys) = (attempts(0, 3), attempts(0, 3), attempts(0, 3));
    let now = Instant::now();
    for _ in 0..3 {
        for attempts in [&found_by_one, &found_by_both] {
            let attempt = attempts.of_user("5e2d0e0c", "jose", NOBODY, now);
            attempt.expect("allowed").ended(&wrong(), now);
        }
        let counted = nobodys.of_unknown_user("jose", NOBODY, now);
        counted.expect("allowed");
    }
    assert!(
        found_by_both
            .of_user("5e2d0e0c", "jose", NOBODY, now)
            .is_err()
    );
    for attempts in [&found_by_one, &nobodys] {
        assert!(attempts.of_unknown_user("jose", NOBODY, now).is_err());
    }
    let other = found_by_both.of_user("5e2d0e0c", "jose@mail.example", NOBODY, now);
    assert!(other.is_err(), "the user");
    for _ in 0..9 {
        assert!(
            found_by_both
                .of_user("5e2d0e0c", "j.garcia", NOBODY, now)
                .is_err()
        );
    }
    assert!(
        found_by_both
            .of_user("77aa", "j.garcia", NOBODY, now)
            .is_ok(),
        "what was refused by one of the limits does not count for the other"
    );
}

#[test]
fn a_locked_user_meets_the_same_limit_and_one_with_the_right_password_none() {
    let attempts = attempts(0, 3);
    let fail = |user: &str, refusal: AccountRefusal| {
        let attempt = attempts.of_user(user, user, NOBODY, Instant::now())?;
        let verdict = Err(Refusal::Password(BindError::Account(refusal)));
        attempt.ended(&verdict, Instant::now());
        Ok::<(), Refusal>(())
    };
    let counted = |user: &str, refusal| (0..5).filter(|_| fail(user, refusal).is_ok()).count();
    assert_eq!(counted("CN=Frank", AccountRefusal::Locked), 3);
    assert_eq!(counted("CN=Carol", AccountRefusal::Disabled), 5);
    assert_eq!(
        counted("CN=Grace", AccountRefusal::PasswordChangeRequired),
        5
    );
}

#[test]
fn attempts_at_the_same_moment_count_before_they_end() {
    let attempts = attempts(0, 3);
    let under_way: Vec<_> = (0..10)
        .map(|_| attempts.of_user("CN=Alice", "CN=Alice", NOBODY, Instant::now()))
        .collect();
    let allowed = under_way.iter().filter(|attempt| attempt.is_ok());
    assert_eq!(allowed.count(), 3);
}

/// Begins one of alice's as soon as it may.
async fn alices(attempts: &Arc<Attempts>) -> Result<Attempt, Refusal> {
    let begin = |now| attempts.of_user("CN=Alice", "alice", NOBODY, now);
    attempts.in_turn(begin).await
}

#[tokio::test]
async fn right_ones_of_one_user_wait_for_each_other_and_none_is_refused() {
    let attempts = attempts(0, 2);
    let all = (0..50).map(|_| async {
        let attempt = alices(&attempts).await?;
        tokio::task::yield_now().await;
        attempt.ended(&Ok(()), Instant::now());
        Ok::<(), Refusal>(())
    });
    let outcomes = futures_util::future::join_all(all).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
}

#[tokio::test]
async fn who_waits_for_wrong_ones_is_refused_when_they_are_answered() {
    let attempts = attempts(0, 2);
    let wrong_one = |attempt: Attempt| attempt.judged(&wrong(), Instant::now()).expect("goes on");
    let one = wrong_one(alices(&attempts).await.expect("allowed"));
    let other = wrong_one(alices(&attempts).await.expect("allowed"));
    let mut waiting = pin!(alices(&attempts));
    assert!(futures_util::poll!(waiting.as_mut()).is_pending());
    drop(one);
    assert!(futures_util::poll!(waiting.as_mut()).is_pending());
    drop(other);
    let refused = waiting.await.expect_err("too many");
    assert_eq!(refused.reason(), "too_many_attempts");
    assert!(alices(&attempts).await.is_err(), "nor does the next wait");
}

#[tokio::test]
async fn a_name_that_is_nobody_s_makes_others_wait_in_the_same_way() {
    let attempts = attempts(0, 1);
    let begin = |now| attempts.of_unknown_user("mallory", NOBODY, now);
    let one = attempts.in_turn(begin).await.expect("allowed");
    let mut waiting = pin!(attempts.in_turn(begin));
    assert!(futures_util::poll!(waiting.as_mut()).is_pending());
    drop(one);
    assert!(waiting.await.is_err());
}

#[tokio::test]
async fn who_waits_does_so_for_a_limited_time() {
    let mut attempts = attempts(0, 1);
    let turn = Duration::from_millis(20);
    Arc::get_mut(&mut attempts).expect("nobody else's").turn = turn;
    let _hangs = alices(&attempts).await.expect("allowed");
    let start = Instant::now();
    let refused = alices(&attempts).await.expect_err("a place never came");
    assert_eq!(refused.reason(), "too_many_attempts");
    assert!(start.elapsed() >= turn);
}

#[test]
fn a_right_password_forgives_and_a_silent_directory_does_not_count() {
    let attempts = attempts(0, 2);
    let end = |verdict: &Result<(), Refusal>| {
        let attempt = attempts
            .of_user("CN=Alice", "CN=Alice", NOBODY, Instant::now())
            .expect("allowed");
        attempt.ended(verdict, Instant::now());
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
    let attempts = attempts(0, 2);
    let begin = Instant::now();
    let fail = |minutes| {
        let now = begin + Duration::from_mins(minutes);
        let attempt = attempts.of_user("CN=Alice", "CN=Alice", NOBODY, now)?;
        attempt.ended(&wrong(), now);
        Ok::<(), Refusal>(())
    };
    fail(0).expect("the first");
    fail(9).expect("the second");
    assert!(fail(18).is_err(), "the first counts with the second");
    assert!(fail(23).is_err(), "one that is refused prolongs nothing");
    fail(24).expect("a window without a failure forgets all");
    fail(25).expect("and the next");
    assert!(fail(26).is_err());
}

#[test]
fn what_ends_after_its_window_counts_in_the_next() {
    let attempts = attempts(0, 2);
    let begin = Instant::now();
    let slow = attempts
        .of_user("CN=Alice", "CN=Alice", NOBODY, begin)
        .expect("allowed");
    let later = begin + Duration::from_mins(20);
    slow.ended(&wrong(), later);
    let _second = attempts
        .of_user("CN=Alice", "CN=Alice", NOBODY, later)
        .expect("one is left");
    assert!(
        attempts
            .of_user("CN=Alice", "CN=Alice", NOBODY, later)
            .is_err()
    );
}

#[test]
fn failures_of_an_address_have_a_rate_and_a_network_of_ipv6_one() {
    let attempts = attempts(2, 0);
    let fail = |text: &str| {
        attempts.from(client(text), Instant::now())?;
        let attempt = attempts.of_user("CN=Alice", "CN=Alice", client(text), Instant::now())?;
        attempt.ended(&wrong(), Instant::now());
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
    assert!(
        attempts
            .from(client("2001:db8:0:1::1"), Instant::now())
            .is_ok()
    );
    assert!(attempts.from(client("192.0.2.1"), Instant::now()).is_ok());
    assert!(attempts.from(Client::Hub, Instant::now()).is_ok());
}

#[test]
fn failures_at_the_same_moment_are_a_debt() {
    let attempts = attempts(60, 0);
    let sprayer = client("192.0.2.1");
    let under_way: Vec<_> = (0..128)
        .map(|number| {
            let user = format!("CN={number}");
            attempts.of_user(&user, &user, sprayer, Instant::now())
        })
        .collect();
    for attempt in under_way {
        attempt.expect("allowed").ended(&wrong(), Instant::now());
    }
    let refused = attempts
        .from(sprayer, Instant::now())
        .expect_err("too many");
    let Refusal::TooManyAttempts { again, .. } = refused else {
        panic!("{refused:?}");
    };
    assert!(again > Duration::from_secs(60), "{again:?}");
}

#[test]
fn a_late_wrong_attempt_does_not_bring_back_what_was_forgiven() {
    let attempts = attempts(0, 3);
    let begin = || {
        attempts
            .of_user("CN=Alice", "CN=Alice", NOBODY, Instant::now())
            .expect("allowed")
    };
    begin().ended(&wrong(), Instant::now());
    let (late, right) = (begin(), begin());
    right.ended(&Ok(()), Instant::now());
    late.ended(&wrong(), Instant::now());
    // The one counts, and no more.
    begin().ended(&wrong(), Instant::now());
    begin().ended(&wrong(), Instant::now());
    assert!(
        attempts
            .of_user("CN=Alice", "CN=Alice", NOBODY, Instant::now())
            .is_err()
    );
}

#[test]
fn an_office_behind_one_address_signs_in_all_at_once() {
    let attempts = attempts(2, 3);
    let office = client("192.0.2.1");
    for number in 0..300 {
        attempts.from(office, Instant::now()).expect("allowed");
        let user = format!("CN={number}");
        let attempt = attempts
            .of_user(&user, &user, office, Instant::now())
            .expect("allowed");
        attempt.ended(&Ok(()), Instant::now());
    }
}

#[test]
fn a_balancer_that_names_no_client_is_anybody() {
    let attempts = attempts(1, 0);
    let balancer = Client::Balancer([127, 0, 0, 1].into());
    for _ in 0..5 {
        attempts.from(balancer, Instant::now()).expect("allowed");
        let attempt = attempts
            .of_user("CN=Alice", "CN=Alice", balancer, Instant::now())
            .expect("allowed");
        attempt.ended(&wrong(), Instant::now());
    }
}

#[test]
fn zero_is_off() {
    let attempts = attempts(0, 0);
    for _ in 0..1000 {
        attempts
            .from(client("192.0.2.1"), Instant::now())
            .expect("allowed");
        let attempt = attempts.of_user("CN=Alice", "CN=Alice", client("192.0.2.1"), Instant::now());
        attempt.expect("allowed").ended(&wrong(), Instant::now());
    }
}

/// Whether this process runs the test alone, so that its memory is the test's; else one that does is run.
fn is_alone(test: &str) -> bool {
    const ALONE: &str = "AD_EDGE_TEST_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let own = std::env::current_exe().expect("this program");
    let name = format!("login::attempts::tests::{test}");
    let mut command = std::process::Command::new(own);
    let output = command.args(["--exact", &name]).env(ALONE, "1").output();
    let output = output.expect("it runs");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && printed.contains("1 passed"),
        "{printed}"
    );
    false
}

/// Resident memory of this process, in bytes (proc_pid_statm(5)).
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").expect("statm");
    let pages = text.split(' ').nth(1).expect("a second number");
    pages.parse::<u64>().expect("a number") * 4096
}

#[test]
fn long_names_take_as_little_memory_as_short_ones() {
    if !is_alone("long_names_take_as_little_memory_as_short_ones") {
        return;
    }
    let attempts = attempts(0, 5);
    let before = resident();
    for number in 0..3000 {
        let name = format!("{number}{}", "x".repeat(65_536));
        let counted = attempts.of_unknown_user(&name, NOBODY, Instant::now());
        counted.expect("a first attempt");
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < 32 << 20, "{grown} bytes for 3000 names of 64 KiB");
}

#[test]
fn what_is_remembered_of_names_has_a_budget_and_is_shown() {
    if !is_alone("what_is_remembered_of_names_has_a_budget_and_is_shown") {
        return;
    }
    let (attempts, metrics) = (attempts(10, 5), Metrics::new());
    attempts.measure(&metrics);
    let before = resident();
    for number in 0..MAX_NAMES + 20_000 {
        let name = number.to_string();
        let counted = attempts.of_unknown_user(&name, NOBODY, Instant::now());
        counted.expect("a first attempt");
    }
    let text = metrics.render().expect("renders");
    let sample = |metric: &str| {
        let name = format!("ad_edge_remembered_{metric}{{of=\"unknown_names\"}} ");
        let line = text.lines().find_map(|line| line.strip_prefix(&name));
        line.expect("a sample").parse::<u64>().expect("a number")
    };
    assert!(sample("entries") > MAX_NAMES as u64 / 2, "{text}");
    assert!(sample("bytes") <= sample("budget_bytes"), "{text}");
    // Twice as much as is reckoned: a table that grows is there twice for a moment.
    let grown = resident().saturating_sub(before);
    assert!(grown < 2 * sample("budget_bytes"), "{grown} bytes");
}

#[test]
fn an_attempt_whose_end_nobody_saw_counts_as_a_failure() {
    let attempts = attempts(0, 2);
    for _ in 0..2 {
        drop(
            attempts
                .of_user("CN=Alice", "CN=Alice", NOBODY, Instant::now())
                .expect("allowed"),
        );
    }
    assert!(
        attempts
            .of_user("CN=Alice", "CN=Alice", NOBODY, Instant::now())
            .is_err()
    );
    assert_eq!(attempts.users.as_ref().expect("a limit").held().entries, 1);
}
