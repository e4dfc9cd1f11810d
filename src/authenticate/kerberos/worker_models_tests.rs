//! Jobs in every order in which they are handed over, done, given up and cut.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::FutureExt as _;
use shuttle::future::block_on;

use super::*;
use crate::sync::{check, perhaps};

#[test]
fn each_job_is_done_once_or_refused_at_once_and_the_threads_end() {
    check(|| {
        let workers = Arc::new(Workers::start("model", 2, 1).expect("threads"));
        let done = Arc::new(AtomicUsize::new(0));
        let callers: Vec<_> = (0..4)
            .map(|number| {
                let (workers, done) = (Arc::clone(&workers), Arc::clone(&done));
                thread::spawn(move || {
                    let work = move || {
                        thread::yield_now();
                        done.fetch_add(1, Ordering::SeqCst);
                        number
                    };
                    match block_on(workers.run(work)) {
                        Ok(answer) => {
                            assert_eq!(answer, number, "its own answer");
                            1
                        }
                        Err(NotDone) => 0,
                    }
                })
            })
            .collect();
        let callers = callers.into_iter().map(thread::JoinHandle::join);
        let answered: usize = callers.map(|caller| caller.expect("an answer")).sum();
        assert!(answered >= 1, "there is room for one");
        assert_eq!(done.load(Ordering::SeqCst), answered);
        assert_eq!(
            block_on(workers.run(|| 9)),
            Ok(9),
            "the next one finds a thread"
        );
        drop(workers);
        while thread::running() > 0 {
            thread::yield_now();
        }
    });
}

#[test]
fn a_caller_that_goes_away_holds_up_nobody() {
    check(|| {
        let workers = Arc::new(Workers::start("model", 1, 4).expect("threads"));
        let gone = Arc::clone(&workers);
        let leaving = thread::spawn(move || {
            let mut call = Box::pin(gone.run(thread::yield_now));
            let answered = (&mut call).now_or_never();
            if perhaps() {
                thread::yield_now();
            }
            drop(call);
            answered
        });
        assert_eq!(block_on(workers.run(|| 7)), Ok(7));
        leaving.join().expect("goes");
        drop(workers);
        while thread::running() > 0 {
            thread::yield_now();
        }
    });
}
