//! A profile mapper in JavaScript, run by a few threads, each with an engine of its own.
//!
//! The engines stay warm: what the script keeps in variables of its own survives from one user to the
//! next, as in the AD/LDAP Connector. A call is stopped at its deadline. Where the engine does not notice
//! (it looks between its instructions, and one can take long), the thread is given up and replaced;
//! it ends when it comes back.

mod engine;
mod error;
mod raw;
#[cfg(test)]
mod tests;

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU8, AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread,
    time::Duration,
};

use serde_json::{Map, Value};
use tokio::{sync::oneshot, time::timeout};

pub use self::error::{MapperError, ScriptError};
use self::{
    engine::{Engine, Failure},
    raw::{Raw, raw},
};
use crate::{directory::Entry, telemetry::event};

/// When a call is stopped, and when the login stops waiting for one that cannot be.
#[derive(Debug, Clone, Copy)]
struct Deadlines {
    call: Duration,
    wait: Duration,
}

const DEADLINES: Deadlines = Deadlines {
    call: Duration::from_secs(1),
    wait: Duration::from_secs(2),
};
/// How long the script itself may run before it has given the mapper.
const LOAD_LIMIT: Duration = Duration::from_secs(2);
const THREADS: usize = 4;
/// Calls that wait for a thread; more are refused.
const QUEUE: usize = 256;
/// Threads that are given up and not back yet; beyond that nothing replaces them.
const MAX_LATE: usize = 4;
/// More than the engine's own limit of its stack.
const THREAD_STACK: usize = 4 << 20;

/// A loaded script with its threads. They end with it.
#[derive(Debug)]
pub(super) struct Script {
    jobs: SyncSender<Job>,
    pool: Arc<Pool>,
    deadlines: Deadlines,
}

#[derive(Debug)]
struct Pool {
    source: String,
    call: Duration,
    jobs: Mutex<Receiver<Job>>,
    late: AtomicUsize,
}

struct Job {
    raw: Raw,
    state: Arc<AtomicU8>,
    answer: oneshot::Sender<Result<String, Failure>>,
}

// A job's state.
const WAITS: u8 = 0;
const RUNS: u8 = 1;
/// No login waits for it any more.
const GIVEN_UP: u8 = 2;
/// The same, and another thread took the place of the one that runs it.
const REPLACED: u8 = 3;

impl Script {
    /// Loads a script; it must give a mapper at once.
    pub fn load(source: &str) -> Result<Self, ScriptError> {
        Self::with(source, DEADLINES)
    }

    /// Its text.
    pub fn source(&self) -> &str {
        &self.pool.source
    }

    fn with(source: &str, deadlines: Deadlines) -> Result<Self, ScriptError> {
        let source = source.strip_prefix('\u{feff}').unwrap_or(source).to_owned();
        // Here first: a broken script is an error now, not of every login.
        Engine::load(&source, LOAD_LIMIT)?;
        let (jobs, queue) = sync_channel(QUEUE);
        let pool = Arc::new(Pool {
            source,
            call: deadlines.call,
            jobs: Mutex::new(queue),
            late: AtomicUsize::new(0),
        });
        for _ in 0..THREADS {
            pool.start_thread().map_err(ScriptError::Thread)?;
        }
        Ok(Self {
            jobs,
            pool,
            deadlines,
        })
    }

    /// The profile that the script makes of an entry.
    pub async fn map(
        &self,
        entry: &Entry,
        groups: Option<Vec<Value>>,
    ) -> Result<Map<String, Value>, MapperError> {
        let (answer, answered) = oneshot::channel();
        let state = Arc::new(AtomicU8::new(WAITS));
        let job = Job {
            raw: raw(entry, groups),
            state: Arc::clone(&state),
            answer,
        };
        match self.jobs.try_send(job) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                return Err(MapperError::Overload);
            }
        }
        let Ok(answered) = timeout(self.deadlines.wait, answered).await else {
            return Err(self.give_up(&state));
        };
        match answered {
            Ok(Ok(text)) => serde_json::from_str(&text)
                .map_err(|_| MapperError::Script("its profile is no JSON object".to_owned())),
            Ok(Err(Failure::Script(why))) => Err(MapperError::Script(why)),
            Ok(Err(Failure::Stopped)) => Err(MapperError::Timeout(self.deadlines.call)),
            Err(_) => Err(MapperError::Overload),
        }
    }

    /// Stops waiting. A thread that is still at it gets a replacement, unless too many are late.
    fn give_up(&self, state: &AtomicU8) -> MapperError {
        let waited = MapperError::Timeout(self.deadlines.wait);
        let given_up = state.compare_exchange(WAITS, GIVEN_UP, Ordering::AcqRel, Ordering::Acquire);
        if given_up.is_ok() {
            return MapperError::Overload;
        }
        let late = &self.pool.late;
        let room = late
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |late| {
                (late < MAX_LATE).then_some(late + 1)
            })
            .is_ok();
        if !room {
            tracing::error!(
                event = event::MAPPER_BLOCKED,
                late = MAX_LATE,
                "the profile mapper hangs in every thread that it may"
            );
            return waited;
        }
        let replaced = state.compare_exchange(RUNS, REPLACED, Ordering::AcqRel, Ordering::Acquire);
        if replaced.is_err() || self.pool.start_thread().is_err() {
            // It came back in this very moment, or there is no thread to be had.
            late.fetch_sub(1, Ordering::AcqRel);
        }
        waited
    }
}

impl Pool {
    fn start_thread(self: &Arc<Self>) -> io::Result<()> {
        let pool = Arc::clone(self);
        thread::Builder::new()
            .name("mapper".to_owned())
            .stack_size(THREAD_STACK)
            .spawn(move || pool.work())
            .map(drop)
    }

    /// Takes jobs until there are no more, or until this thread was replaced.
    fn work(&self) {
        let mut engine = None;
        loop {
            let next = {
                let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
                jobs.recv()
            };
            let Ok(Job { raw, state, answer }) = next else {
                return;
            };
            let taken = state.compare_exchange(WAITS, RUNS, Ordering::AcqRel, Ordering::Acquire);
            if taken.is_err() {
                continue;
            }
            let work = || {
                let ready = match engine.take() {
                    Some(ready) => ready,
                    None => Engine::load(&self.source, LOAD_LIMIT)
                        .map_err(|error| Failure::Script(error.to_string()))?,
                };
                let result = ready.map(&raw, self.call);
                if ready.lasts(&result) {
                    engine = Some(ready);
                }
                result
            };
            // A panic costs this login and its engine, not a thread of all later ones.
            let result = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
                let why = "a fault of the program: please report it";
                Err(Failure::Script(why.to_owned()))
            });
            // Whoever gave up has dropped the other end.
            let _ = answer.send(result);
            if state.swap(GIVEN_UP, Ordering::AcqRel) == REPLACED {
                self.late.fetch_sub(1, Ordering::AcqRel);
                return;
            }
        }
    }
}
