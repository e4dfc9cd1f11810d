//! Tests of what counts as a balancer that disagrees, on a clock that the test moves.

use std::net::Ipv4Addr;

use super::*;

const BALANCER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 10));
const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 11));
const OUTSIDER: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));

struct Case {
    mismatches: Mismatches,
    now: Instant,
}

impl Case {
    fn new() -> Self {
        Self {
            mismatches: Mismatches::new(None),
            now: Instant::now(),
        }
    }

    fn later(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }

    /// Whether a line was due.
    fn note(&self, mismatch: Mismatch, address: IpAddr, for_client: bool) -> bool {
        let sender = Sender {
            address,
            for_client,
        };
        self.mismatches
            .note_at(mismatch, sender, Place::Users, self.now)
    }

    /// As a health check does it, each half a second.
    fn checks(&mut self, mismatch: Mismatch, address: IpAddr, count: usize) -> usize {
        (0..count)
            .filter(|_| {
                self.now += Duration::from_millis(500);
                self.note(mismatch, address, false)
            })
            .count()
    }

    fn served(&self, from: IpAddr) {
        self.serve(from, true);
    }

    /// A health check of its own.
    fn checked(&self, from: IpAddr) {
        self.serve(from, false);
    }

    fn serve(&self, address: IpAddr, for_client: bool) {
        let sender = Sender {
            address,
            for_client,
        };
        self.mismatches.served_at(sender, self.now);
    }

    /// What is present, from whom, and whether it is alone.
    fn present(&self) -> Vec<(Mismatch, IpAddr, bool)> {
        let present = self.mismatches.present_at(self.now).into_iter();
        present
            .map(|one| (one.mismatch, one.from, one.alone))
            .collect()
    }
}

#[test]
fn a_new_installation_whose_balancer_is_wrong_is_told_at_once_and_logged_once_a_minute() {
    let mut case = Case::new();
    assert_eq!(case.checks(Mismatch::ProxyHeader, BALANCER, 2), 0);
    assert_eq!(case.present(), []);
    assert_eq!(case.checks(Mismatch::ProxyHeader, BALANCER, 100), 1);
    assert_eq!(case.present(), [(Mismatch::ProxyHeader, BALANCER, true)]);
    assert_eq!(case.checks(Mismatch::ProxyHeader, BALANCER, 40), 1);
    case.later(60);
    assert_eq!(case.present(), []);
}

#[test]
fn a_balancer_that_was_right_and_becomes_wrong_is_alone_after_some_seconds() {
    let mut case = Case::new();
    case.served(BALANCER);
    case.checks(Mismatch::ProxyHeader, BALANCER, 10);
    assert_eq!(case.present(), [(Mismatch::ProxyHeader, BALANCER, false)]);
    case.checks(Mismatch::ProxyHeader, BALANCER, 20);
    assert_eq!(case.present(), [(Mismatch::ProxyHeader, BALANCER, true)]);
    case.served(BALANCER);
    assert_eq!(case.present(), [(Mismatch::ProxyHeader, BALANCER, false)]);
}

#[test]
fn a_user_s_own_mistake_is_no_trouble_while_anyone_is_served() {
    let mut case = Case::new();
    for _ in 0..20 {
        case.later(1);
        case.served(BALANCER);
        case.now += Duration::from_millis(100);
        assert!(!case.note(Mismatch::PlainHttp, BALANCER, true));
        assert!(!case.note(Mismatch::ProxyHeader, BALANCER, true));
        assert_eq!(case.present(), []);
    }
    // A balancer that ends TLS by mistake: nothing else arrives.
    for _ in 0..4 {
        case.later(4);
        case.note(Mismatch::PlainHttp, BALANCER, true);
    }
    assert_eq!(case.present(), [(Mismatch::PlainHttp, BALANCER, true)]);
}

#[test]
fn health_checks_that_agree_do_not_hide_that_no_client_gets_through() {
    let mut case = Case::new();
    for _ in 0..4 {
        case.later(1);
        case.checked(BALANCER);
        case.note(Mismatch::SecondProxyHeader, BALANCER, true);
    }
    let told = [(Mismatch::SecondProxyHeader, BALANCER, false)];
    assert_eq!(case.present(), told);
    // One who gets through: what others send is their own mistake, for an hour.
    case.served(BALANCER);
    assert_eq!(case.present(), []);
    case.later(3601);
    for _ in 0..4 {
        case.checked(BALANCER);
        case.note(Mismatch::SecondProxyHeader, BALANCER, true);
    }
    assert_eq!(case.present(), told);
}

#[test]
fn an_outsider_is_named_and_takes_nobody_out() {
    let mut case = Case::new();
    case.served(BALANCER);
    // In the quiet of the night.
    case.later(3600);
    for _ in 0..100 {
        case.checks(Mismatch::NotTrusted, OUTSIDER, 1);
    }
    assert_eq!(case.present(), [(Mismatch::NotTrusted, OUTSIDER, false)]);
}

#[test]
fn two_balancers_that_are_wrong_are_both_named() {
    let mut case = Case::new();
    case.served(BALANCER);
    for _ in 0..5 {
        case.served(BALANCER);
        case.checks(Mismatch::ServerName, BALANCER, 1);
        case.checks(Mismatch::ServerName, OTHER, 1);
    }
    let expected = [
        (Mismatch::ServerName, BALANCER, false),
        (Mismatch::ServerName, OTHER, false),
    ];
    assert_eq!(case.present(), expected);
}

#[test]
fn a_check_of_the_operators_port_makes_nothing_unready() {
    let case = Case::new();
    let sender = Sender {
        address: BALANCER,
        for_client: false,
    };
    for _ in 0..5 {
        let place = Place::Operators;
        case.mismatches
            .note_at(Mismatch::Tls, sender, place, case.now);
    }
    assert_eq!(case.present(), [(Mismatch::Tls, BALANCER, false)]);
}

#[test]
fn many_senders_take_little_memory_and_each_one_is_counted() {
    let metrics = Arc::new(Metrics::new());
    let mismatches = Mismatches::new(Some(Arc::clone(&metrics)));
    for number in 0..10_000_u32 {
        let address = IpAddr::V4(Ipv4Addr::from_bits(number));
        let sender = Sender {
            address,
            for_client: false,
        };
        mismatches.note(Mismatch::NotTrusted, sender, Place::Users, None);
        mismatches.served(sender);
    }
    let state = mismatches.lock();
    assert_eq!((state.seen.len(), state.served.len()), (SENDERS, SENDERS));
    let counted = metrics
        .balancer_mismatches
        .with_label_values(&["not_trusted"]);
    assert_eq!(counted.get(), 10_000);
}
