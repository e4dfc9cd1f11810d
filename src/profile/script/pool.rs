//! The threads that run scripts, and what becomes of one that does not come back: another takes its place, and it
//! ends when it comes back.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
};

use tokio::sync::oneshot;

use super::{engine::Failure, raw::Raw};
use crate::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU8, AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
        thread,
    },
    telemetry::event,
};

/// Threads that are given up and not back yet; beyond that nothing replaces them.
const MAX_LATE: usize = 4;
/// More than the engine's own limit of its stack.
const THREAD_STACK: usize = 4 << 20;

/// What a thread does with each job.
pub(super) type Work = Box<dyn FnMut(&Raw) -> Answer>;
pub(super) type Answer = Result<String, Failure>;
/// Makes what one thread works with, on that thread.
type Begin = Box<dyn Fn() -> Work + Send + Sync>;

/// The threads take jobs from it until nobody can give any more.
pub(super) struct Pool {
    begin: Begin,
    jobs: Mutex<Receiver<Job>>,
    late: AtomicUsize,
}

/// Gives the threads jobs.
pub(super) struct Jobs {
    queue: SyncSender<Job>,
    pub pool: Arc<Pool>,
}

struct Job {
    raw: Raw,
    turn: Arc<Turn>,
    answer: oneshot::Sender<Answer>,
}

/// A job's state.
pub(super) struct Turn(AtomicU8);

const WAITS: u8 = 0;
const RUNS: u8 = 1;
/// Nobody waits for it any more, or it is done.
const OVER: u8 = 2;
/// It runs, and another thread has taken the place of the one that runs it.
const REPLACED: u8 = 3;

impl Jobs {
    /// So many threads behind a queue of so many jobs.
    pub fn start(
        threads: usize,
        queue: usize,
        begin: impl Fn() -> Work + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(queue);
        let pool = Arc::new(Pool {
            begin: Box::new(begin),
            jobs: Mutex::new(receiver),
            late: AtomicUsize::new(0),
        });
        for _ in 0..threads {
            pool.start_thread(Pool::work)?;
        }
        Ok(Self {
            queue: sender,
            pool,
        })
    }

    /// `None` when the queue is full.
    pub fn give(&self, raw: Raw) -> Option<(Arc<Turn>, oneshot::Receiver<Answer>)> {
        let (answer, answered) = oneshot::channel();
        let turn = Arc::new(Turn(AtomicU8::new(WAITS)));
        let job = Job {
            raw,
            turn: Arc::clone(&turn),
            answer,
        };
        self.queue.try_send(job).ok()?;
        Some((turn, answered))
    }
}

impl Turn {
    /// Nobody waits for it any more; whether that spares its work.
    pub fn is_spared(&self) -> bool {
        self.turns(WAITS, OVER)
    }

    fn turns(&self, from: u8, to: u8) -> bool {
        let turned = self
            .0
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire);
        turned.is_ok()
    }
}

impl Pool {
    /// Replaces the thread that runs this job, unless it has come back or too many are late; whether there was room.
    pub fn replace(self: &Arc<Self>, turn: &Arc<Turn>) -> bool {
        if turn.0.load(Ordering::Acquire) != RUNS {
            return true;
        }
        let more = |late: usize| (late < MAX_LATE).then_some(late + 1);
        let counted = self
            .late
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, more);
        if counted.is_err() {
            tracing::error!(
                event = event::MAPPER_BLOCKED,
                late = MAX_LATE,
                "the profile mapper hangs in every thread that it may"
            );
            return false;
        }
        let turn = Arc::clone(turn);
        let started = self.start_thread(move |pool| {
            if turn.turns(RUNS, REPLACED) {
                pool.work();
            } else {
                // It came back in this very moment.
                pool.late.fetch_sub(1, Ordering::AcqRel);
            }
        });
        if started.is_err() {
            // No thread to be had: the late one goes on when it comes back.
            self.late.fetch_sub(1, Ordering::AcqRel);
        }
        true
    }

    /// How many threads are given up and not back yet.
    #[cfg(test)]
    pub fn late(&self) -> usize {
        self.late.load(Ordering::Acquire)
    }

    fn start_thread(self: &Arc<Self>, work: impl FnOnce(&Self) + Send + 'static) -> io::Result<()> {
        let pool = Arc::clone(self);
        thread::Builder::new()
            .name("mapper".to_owned())
            .stack_size(THREAD_STACK)
            .spawn(move || work(&pool))
            .map(drop)
    }

    /// Takes jobs until there are no more, or until this thread was replaced.
    fn work(&self) {
        let mut work = (self.begin)();
        loop {
            let next = {
                let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
                jobs.recv()
            };
            let Ok(Job { raw, turn, answer }) = next else {
                return;
            };
            if !turn.turns(WAITS, RUNS) {
                continue;
            }
            // A panic costs this login, not a thread of all later ones.
            let result = catch_unwind(AssertUnwindSafe(|| work(&raw))).unwrap_or_else(|_| {
                work = (self.begin)();
                let why = "a fault of the program: please report it";
                Err(Failure::Script(why.to_owned()))
            });
            // Whoever gave up has dropped the other end.
            let _ = answer.send(result);
            if turn.0.swap(OVER, Ordering::AcqRel) == REPLACED {
                self.late.fetch_sub(1, Ordering::AcqRel);
                return;
            }
        }
    }
}

#[cfg(test)]
#[cfg(feature = "models")]
#[path = "pool_models_tests.rs"]
mod models;
