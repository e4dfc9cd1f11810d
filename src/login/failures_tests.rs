//! Orders in which attempts begin and end, and how many names are remembered.

use super::*;
use crate::name_key::NameKeys;

const WINDOW: Duration = Duration::from_secs(900);

struct Tried {
    failures: Failures,
    name: NameKey,
    now: Instant,
}

impl Tried {
    fn with_limit(limit: u32) -> Self {
        Self {
            failures: Failures::new(limit, WINDOW),
            name: NameKeys::new().of("alice"),
            now: Instant::now(),
        }
    }

    fn begin(&self) -> Begun {
        self.failures.begin(self.name, self.now).expect("allowed")
    }

    fn end(&self, begun: Begun, judged: Judged) {
        self.failures.end(begun, judged, self.now);
    }

    /// How many more may begin.
    fn left(&self) -> usize {
        let begun = std::iter::from_fn(|| self.failures.begin(self.name, self.now).ok());
        let begun: Vec<_> = begun.collect();
        let left = begun.len();
        for begun in begun {
            self.end(begun, Judged::Not);
        }
        left
    }
}

#[test]
fn attempts_under_way_go_on_to_count_after_a_right_password() {
    let tried = Tried::with_limit(3);
    let (one, two, right) = (tried.begin(), tried.begin(), tried.begin());
    tried.end(right, Judged::Right);
    assert_eq!(tried.left(), 1, "two may still reach the server");
    tried.end(one, Judged::Wrong);
    tried.end(two, Judged::Wrong);
    assert_eq!(tried.left(), 1);
}

#[test]
fn a_right_password_takes_back_only_what_failed_before_it_was_sent() {
    let tried = Tried::with_limit(3);
    let before = tried.begin();
    tried.end(before, Judged::Wrong);
    let right = tried.begin();
    let beside = tried.begin();
    // It may have reached the server after the right one, which takes back what the server has counted.
    tried.end(beside, Judged::Wrong);
    tried.end(right, Judged::Right);
    assert_eq!(
        tried.left(),
        2,
        "the one before is forgiven, the other is not"
    );
}

#[test]
fn two_right_passwords_at_once_leave_nothing() {
    let tried = Tried::with_limit(3);
    let wrong = tried.begin();
    tried.end(wrong, Judged::Wrong);
    let (one, two) = (tried.begin(), tried.begin());
    tried.end(one, Judged::Right);
    tried.end(two, Judged::Right);
    assert_eq!(tried.left(), 3);
    assert!(tried.failures.counts().is_empty(), "nothing is remembered");
}

#[test]
fn a_flood_of_names_hides_nobody_and_forgets_nothing_under_way() {
    let tried = Tried::with_limit(5);
    let names = NameKeys::new();
    for _ in 0..4 {
        let begun = tried.begin();
        tried.end(begun, Judged::Wrong);
    }
    let slow = names.of("slow");
    let slow = tried.failures.begin(slow, tried.now).expect("allowed");
    for number in 0..3 * MAX_NAMES {
        let later = tried.now + Duration::from_micros(number as u64);
        let name = names.of(&number.to_string());
        let begun = tried.failures.begin(name, later).expect("allowed");
        tried.failures.end(begun, Judged::Wrong, later);
    }
    assert_eq!(tried.left(), 1, "it is still known");
    assert!(tried.failures.counts().contains_key(&slow.name));
    let held = tried.failures.held();
    assert!(held.entries <= MAX_NAMES as u64 + 1, "{held:?}");
    assert!(held.bytes <= held.budget, "{held:?}");
    tried.end(slow, Judged::Not);
}
