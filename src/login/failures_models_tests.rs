//! The counts in every order in which attempts begin, reach a server and end.

use super::*;
use crate::{
    name_key::NameKeys,
    sync::{Arc, check, thread},
};

const LIMIT: u32 = 3;

/// An account of a server, which counts wrong passwords until a right one comes.
#[derive(Default)]
struct Account(Mutex<u32>);

impl Account {
    fn bind(&self, judged: Judged) {
        let mut wrong = self.0.lock().expect("a count");
        match judged {
            Judged::Right => *wrong = 0,
            Judged::Wrong => *wrong += 1,
            Judged::Not => {}
        }
        assert!(*wrong <= LIMIT, "the server has seen {wrong}");
    }
}

struct Model {
    failures: Failures,
    account: Account,
    name: NameKey,
}

/// Threads that make these attempts on one account, each its own in turn; what is counted after that.
fn tried(name: NameKey, threads: &[&'static [Judged]]) -> Arc<Model> {
    let model = Arc::new(Model {
        failures: Failures::new(LIMIT, Duration::from_secs(900)),
        account: Account::default(),
        name,
    });
    let now = Instant::now();
    let threads: Vec<_> = threads
        .iter()
        .map(|attempts| {
            let (model, attempts) = (Arc::clone(&model), *attempts);
            thread::spawn(move || {
                for judged in attempts {
                    let Ok(begun) = model.failures.begin(model.name, now) else {
                        continue;
                    };
                    model.account.bind(*judged);
                    model.failures.end(begun, *judged, now);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("within the limit");
    }
    model
}

impl Model {
    fn counted(&self) -> (u32, u32) {
        let counts = self.failures.counts();
        let count = counts.get(&self.name);
        count.map_or((0, 0), |count| (count.failed(), count.under_way))
    }
}

#[test]
fn no_server_ever_counts_more_than_the_limit() {
    use Judged::{Not, Right, Wrong};
    let name = NameKeys::new().of("alice");
    check(move || {
        let model = tried(
            name,
            &[&[Wrong, Wrong], &[Right, Wrong], &[Wrong, Not, Wrong]],
        );
        let (failed, under_way) = model.counted();
        assert_eq!(under_way, 0);
        let seen = *model.account.0.lock().expect("a count");
        assert!(seen <= failed && failed <= LIMIT, "{seen} {failed}");
    });
}

#[test]
fn a_right_password_beside_others_leaves_no_count_behind() {
    use Judged::{Not, Right};
    let name = NameKeys::new().of("alice");
    check(move || {
        let model = tried(name, &[&[Right, Not], &[Right], &[Not, Right]]);
        assert!(model.failures.counts().is_empty());
    });
}

#[test]
fn so_many_wrong_ones_get_through_and_no_more() {
    use Judged::Wrong;
    let name = NameKeys::new().of("alice");
    check(move || {
        let model = tried(name, &[&[Wrong, Wrong], &[Wrong, Wrong], &[Wrong]]);
        assert_eq!(model.counted(), (LIMIT, 0));
        assert_eq!(*model.account.0.lock().expect("a count"), LIMIT);
    });
}
