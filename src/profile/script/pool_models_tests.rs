//! Jobs in every order in which they are taken, given up, come back late and are replaced.

use shuttle::future::block_on;

use super::*;
use crate::sync::{Condvar, check, perhaps};

/// What a job that hangs waits for.
#[derive(Default)]
struct Door {
    open: Mutex<bool>,
    opened: Condvar,
}

impl Door {
    fn pass(&self) {
        let mut open = self.open.lock().expect("a door");
        while !*open {
            open = self.opened.wait(open).expect("a door");
        }
    }

    fn open(&self) {
        *self.open.lock().expect("a door") = true;
        self.opened.notify_all();
    }
}

/// Two threads, in which `hang` waits for the door.
fn jobs(door: &Arc<Door>) -> Jobs {
    let door = Arc::clone(door);
    let begin = move || {
        let door = Arc::clone(&door);
        let work: Work = Box::new(move |raw: &Raw| {
            if raw.text == "hang" {
                door.pass();
            }
            Ok(raw.text.clone())
        });
        work
    };
    Jobs::start(2, 8, begin).expect("threads")
}

fn raw(text: &str) -> Raw {
    Raw {
        text: text.to_owned(),
        pictures: Vec::new(),
    }
}

impl Jobs {
    fn ends_with(self, threads: usize) {
        // Those that have nothing more to do for a job that is over.
        while thread::running() > threads {
            thread::yield_now();
        }
        assert_eq!(thread::running(), threads);
        assert_eq!(self.pool.late(), 0);
        drop(self.queue);
        while thread::running() > 0 {
            thread::yield_now();
        }
    }
}

#[test]
fn threads_that_come_back_late_are_replaced_once_and_leave_as_many_as_there_were() {
    check(|| {
        let door = Arc::new(Door::default());
        let jobs = Arc::new(jobs(&door));
        let callers: Vec<_> = (0..3)
            .map(|_| {
                let jobs = Arc::clone(&jobs);
                thread::spawn(move || {
                    let (turn, answered) = jobs.give(raw("hang")).expect("room");
                    thread::yield_now();
                    if perhaps() {
                        assert_eq!(
                            block_on(answered).expect("an answer").ok(),
                            Some("hang".to_owned())
                        );
                    } else if !turn.is_spared() {
                        jobs.pool.replace(&turn);
                        jobs.pool.replace(&turn);
                    }
                })
            })
            .collect();
        door.open();
        for caller in callers {
            caller.join().expect("answered or given up");
        }
        let jobs = Arc::into_inner(jobs).expect("nobody else");
        jobs.ends_with(2);
    });
}

#[test]
fn who_comes_after_threads_that_hang_is_served() {
    check(|| {
        let door = Arc::new(Door::default());
        let jobs = jobs(&door);
        for _ in 0..3 {
            let (turn, answered) = jobs.give(raw("hang")).expect("room");
            thread::yield_now();
            drop(answered);
            if !turn.is_spared() {
                assert!(jobs.pool.replace(&turn));
            }
        }
        let (_, answered) = jobs.give(raw("next")).expect("room");
        assert_eq!(
            block_on(answered).expect("an answer").ok(),
            Some("next".to_owned())
        );
        door.open();
        jobs.ends_with(2);
    });
}

#[test]
fn where_no_thread_can_be_begun_none_is_lost() {
    check(|| {
        let door = Arc::new(Door::default());
        let jobs = jobs(&door);
        let (turn, answered) = jobs.give(raw("hang")).expect("room");
        while turn.0.load(Ordering::Acquire) == WAITS {
            thread::yield_now();
        }
        thread::refuse(true);
        let opening = {
            let door = Arc::clone(&door);
            thread::spawn(move || door.open())
        };
        assert!(jobs.pool.replace(&turn));
        thread::refuse(false);
        opening.join().expect("opens");
        assert!(block_on(answered).expect("an answer").is_ok());
        jobs.ends_with(2);
    });
}
