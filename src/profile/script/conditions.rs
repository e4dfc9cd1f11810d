//! What a script has to run in: time, memory, files.

use std::{sync::Arc, time::Duration};

use super::modules::Modules;
use crate::config::MapperRoom;

/// How long a thread may take to notice that its time is over.
const GRACE: Duration = Duration::from_secs(1);
/// How long the script itself may run before it has given the mapper.
const LOAD_LIMIT: Duration = Duration::from_secs(2);

/// When a call is stopped, and when the login stops waiting for one that cannot be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadlines {
    pub call: Duration,
    pub wait: Duration,
}

/// What a script has to run in.
#[derive(Debug, Clone)]
pub(super) struct Conditions {
    pub deadlines: Deadlines,
    /// Of each engine, in bytes.
    pub memory: usize,
    pub modules: Arc<Modules>,
}

impl Conditions {
    pub fn of(room: &MapperRoom) -> Self {
        Self {
            deadlines: Deadlines {
                call: room.time,
                wait: room.time + GRACE,
            },
            memory: room.memory,
            modules: Arc::new(Modules::of(&room.folder)),
        }
    }

    /// How long the script itself may run before it has given the mapper.
    pub fn load_limit(&self) -> Duration {
        self.deadlines.call.max(LOAD_LIMIT)
    }
}
