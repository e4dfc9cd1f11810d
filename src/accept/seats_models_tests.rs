//! Places in every order in which connections begin, ask, are closed for others, and end.

use std::{
    future::pending,
    net::Ipv4Addr,
    sync::atomic::{AtomicBool, Ordering as PlainOrdering},
};

use shuttle::future::{JoinHandle, block_on, spawn};

use super::*;
use crate::sync::{check, thread};

fn address(last: u8) -> IpAddr {
    Ipv4Addr::new(192, 0, 2, last).into()
}

fn seats(limit: usize) -> Seats {
    Seats::with_patience(limit, NetworkWidths::default(), None, Duration::ZERO)
}

/// A connection: a task that holds its place until it is closed.
struct Held {
    activity: Activity,
    task: JoinHandle<()>,
}

fn hold(seats: &Seats, last: u8) -> Held {
    let seat = block_on(seats.take(address(last)));
    let activity = seat.activity().clone();
    let task = spawn(async move {
        let _seat = seat;
        pending::<()>().await;
    });
    activity.is_served_by(task.abort_handle());
    Held { activity, task }
}

impl Held {
    fn ends(self) {
        self.task.abort();
        let _cancelled = block_on(self.task);
    }
}

impl Seats {
    fn count(&self) -> usize {
        self.0.taken().values().map(HashMap::len).sum()
    }

    fn bytes(&self) -> usize {
        self.0.unanswered.load(Ordering::SeqCst)
    }

    fn are_all_free(&self) -> bool {
        let free = self.0.permits.available_permits();
        self.0.taken().is_empty() && free == self.0.limit && self.bytes() == 0
    }
}

#[test]
fn a_place_is_found_for_each_and_never_more_than_there_are() {
    check(|| {
        let seats = seats(2);
        let accepting: Vec<_> = (1..=2)
            .map(|last| {
                let seats = seats.clone();
                thread::spawn(move || [hold(&seats, last), hold(&seats, last)])
            })
            .collect();
        let watched = seats.clone();
        let watching = thread::spawn(move || {
            for _ in 0..4 {
                assert!(watched.count() <= 2);
                thread::yield_now();
            }
        });
        let held: Vec<_> = accepting
            .into_iter()
            .flat_map(|thread| thread.join().expect("a place for each"))
            .collect();
        watching.join().expect("never more");
        for held in held {
            held.ends();
        }
        assert!(seats.are_all_free());
    });
}

#[test]
fn what_waits_for_this_instance_is_never_closed_and_nothing_twice() {
    let metrics = Arc::new(Metrics::new());
    check(move || {
        let closed = || {
            let counter = &metrics.connections_closed_early;
            let of = |why: Why| counter.with_label_values(&[why.label()]).get();
            of(Why::Full) + of(Why::Pressed)
        };
        let before = closed();
        let seats = Seats::with_patience(
            4,
            NetworkWidths::default(),
            Some(Arc::clone(&metrics)),
            Duration::ZERO,
        );
        let held = hold(&seats, 1);
        let activity = held.activity.clone();
        let client = thread::spawn(move || {
            for _ in 0..2 {
                activity.works();
                if activity.0.turn.is_closed() {
                    return;
                }
                thread::yield_now();
                assert!(!activity.0.turn.is_closed(), "a login was under way");
                activity.waits();
            }
        });
        let others: Vec<_> = (0..2)
            .map(|number| {
                let seats = seats.clone();
                thread::spawn(move || {
                    if number == 0 {
                        seats.0.close_silent();
                    } else {
                        seats.0.close_longest_waiting();
                    }
                })
            })
            .collect();
        client.join().expect("served or closed");
        for other in others {
            other.join().expect("closes");
        }
        let is_closed = held.activity.0.turn.is_closed();
        assert_eq!(closed() - before, u64::from(is_closed));
        held.ends();
        assert!(seats.are_all_free());
    });
}

#[test]
fn bytes_are_never_less_than_none_and_come_back() {
    check(|| {
        let seats = seats(4);
        let held = [hold(&seats, 1), hold(&seats, 2)];
        let reading: Vec<_> = held
            .iter()
            .map(|held| {
                let activity = held.activity.clone();
                thread::spawn(move || {
                    activity.holds(10);
                    activity.holds(20);
                    activity.answered();
                    activity.holds(5);
                })
            })
            .collect();
        let closing = {
            let seats = seats.clone();
            thread::spawn(move || {
                seats.0.close_longest_waiting();
                assert!(seats.bytes() <= 60, "{}", seats.bytes());
                seats.0.close_longest_waiting();
                assert!(seats.bytes() <= 60, "{}", seats.bytes());
            })
        };
        for thread in reading {
            thread.join().expect("reads");
        }
        closing.join().expect("never less than none");
        for held in held {
            held.ends();
        }
        assert!(seats.are_all_free());
    });
}

#[test]
fn two_that_read_too_much_together_are_not_both_left() {
    check(|| {
        let seats = seats(4);
        let held = [hold(&seats, 1), hold(&seats, 2)];
        let reading: Vec<_> = held
            .iter()
            .map(|held| {
                let activity = held.activity.clone();
                thread::spawn(move || activity.holds(UNANSWERED / 2 + 1))
            })
            .collect();
        for thread in reading {
            thread.join().expect("reads");
        }
        assert!(seats.bytes() <= UNANSWERED);
        let closed = held.iter().filter(|one| one.activity.0.turn.is_closed());
        assert_eq!(closed.count(), 1);
        for held in held {
            held.ends();
        }
        assert!(seats.are_all_free());
    });
}

#[test]
fn who_is_named_by_a_balancer_is_counted_at_every_moment() {
    check(|| {
        let seats = seats(4);
        let mut seat = block_on(seats.take(address(9)));
        let left = Arc::new(AtomicBool::new(false));
        let watching = {
            let (seats, left) = (seats.clone(), Arc::clone(&left));
            thread::spawn(move || {
                for _ in 0..3 {
                    let taken = seats.0.taken();
                    let count: usize = taken.values().map(HashMap::len).sum();
                    assert!(count == 1 || left.load(PlainOrdering::SeqCst), "{count}");
                }
            })
        };
        seat.belongs_to(address(1));
        seat.belongs_to(address(2));
        left.store(true, PlainOrdering::SeqCst);
        drop(seat);
        watching.join().expect("counted");
        assert!(seats.are_all_free());
    });
}
