//! A profile mapper in JavaScript, run by a few threads, each with an engine of its own.
//!
//! The engines stay warm: what the script keeps in variables of its own survives from one user to the
//! next, as in the AD/LDAP Connector. A call is stopped at its deadline. Where the engine does not notice
//! (it looks between its instructions, and one can take long), the thread is given up and replaced;
//! it ends when it comes back.
//!
//! A script finds around it what mappers use of Node.js: `Buffer`, timers, some modules (`prelude.js`, `node/`). Timers
//! wait for nothing: when nothing else is left to do, the next one's time has come.

mod compile;
mod conditions;
mod engine;
mod error;
mod modules;
mod native;
#[cfg(test)]
mod node_tests;
mod pool;
mod raw;
#[cfg(test)]
mod tests;
mod trial;

use std::{path::PathBuf, sync::Arc};

use serde_json::{Map, Value};
use tokio::{
    runtime::Handle,
    time::{Instant, sleep_until, timeout_at},
};

pub use self::error::{MapperError, ScriptError};
use self::{
    conditions::Conditions,
    engine::{Engine, Failure},
    pool::{Jobs, Pool, Turn, Work},
    raw::{Raw, raw},
    trial::trial,
};
use crate::{config::MapperRoom, directory::Entry};

const THREADS: usize = 4;
/// Calls that wait for a thread; more are refused.
const QUEUE: usize = 256;

/// A loaded script with its threads. They end with it.
pub(super) struct Script {
    source: Arc<str>,
    jobs: Jobs,
    conditions: Conditions,
    warnings: Vec<String>,
}

/// A call that is waited for. Whoever stops waiting spares its work; a thread that is at it gets its time, and is
/// replaced after that, whether or not somebody still waits.
struct Waited {
    pool: Arc<Pool>,
    turn: Arc<Turn>,
    until: Instant,
    is_answered: bool,
}

impl Script {
    /// Loads a script; it must give a mapper at once, and need nothing that is not here.
    pub fn load(source: &str, room: &MapperRoom) -> Result<Self, ScriptError> {
        Self::with(source, Conditions::of(room))
    }

    /// Its text.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The files that it has loaded.
    pub fn files(&self) -> Vec<PathBuf> {
        self.conditions.modules.files()
    }

    /// What is worth a word, though it can be used.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    fn with(source: &str, conditions: Conditions) -> Result<Self, ScriptError> {
        let source = source.strip_prefix('\u{feff}').unwrap_or(source);
        // Here first: a broken script is an error now, not of every login.
        let limit = conditions.load_limit();
        let engine = Engine::load(source, &conditions, limit)?;
        let warnings = trial(&engine, conditions.deadlines.call)?;
        drop(engine);
        let source = Arc::<str>::from(source);
        let (of_threads, there) = (Arc::clone(&source), conditions.clone());
        let begin = move || work(Arc::clone(&of_threads), there.clone());
        let jobs = Jobs::start(THREADS, QUEUE, begin).map_err(ScriptError::Thread)?;
        Ok(Self {
            source,
            jobs,
            conditions,
            warnings,
        })
    }

    /// The profile that the script makes of an entry.
    pub async fn map(
        &self,
        entry: &Entry,
        groups: Option<Vec<Value>>,
    ) -> Result<Map<String, Value>, MapperError> {
        let given = self.jobs.give(raw(entry, groups));
        let (turn, answered) = given.ok_or(MapperError::Overload)?;
        let mut waited = Waited {
            pool: Arc::clone(&self.jobs.pool),
            turn,
            until: Instant::now() + self.conditions.deadlines.wait,
            is_answered: false,
        };
        let Ok(answered) = timeout_at(waited.until, answered).await else {
            return Err(if waited.turn.is_spared() {
                MapperError::Overload
            } else {
                MapperError::Timeout(self.conditions.deadlines.wait)
            });
        };
        waited.is_answered = true;
        match answered {
            Ok(Ok(text)) => serde_json::from_str(&text)
                .map_err(|_| MapperError::Script("its profile is no JSON object".to_owned())),
            Ok(Err(Failure::Script(why) | Failure::Lacking(why))) => Err(MapperError::Script(why)),
            Ok(Err(Failure::Stopped)) => Err(MapperError::Timeout(self.conditions.deadlines.call)),
            Err(_) => Err(MapperError::Overload),
        }
    }
}

impl Drop for Waited {
    fn drop(&mut self) {
        if self.is_answered || self.turn.is_spared() {
            return;
        }
        let (pool, turn, until) = (Arc::clone(&self.pool), Arc::clone(&self.turn), self.until);
        if until <= Instant::now() {
            pool.replace(&turn);
        } else if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                sleep_until(until).await;
                pool.replace(&turn);
            });
        }
    }
}

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Script").finish_non_exhaustive()
    }
}

/// What one thread does: its engine stays warm as long as it lasts.
fn work(source: Arc<str>, conditions: Conditions) -> Work {
    let mut engine = None;
    Box::new(move |raw: &Raw| {
        let ready = match engine.take() {
            Some(ready) => ready,
            None => Engine::load(&source, &conditions, conditions.load_limit())
                .map_err(|error| Failure::Script(error.to_string()))?,
        };
        let result = ready.map(raw, conditions.deadlines.call);
        if ready.lasts(&result) {
            engine = Some(ready);
        }
        result
    })
}
