//! Tasks that must run: a panic costs what the task was doing, and the task begins again.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use tokio::time::{Instant, sleep};

use super::Backoff;
use crate::telemetry::{Metrics, Task, event};

/// Pauses before it begins again: what panics at once, again and again, leaves the machine to others.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// A task that ran this long has recovered.
const STABLE: Duration = Duration::from_secs(60);

/// Watches one task.
#[derive(Debug)]
pub struct Supervisor {
    task: Task,
    metrics: Arc<Metrics>,
    backoff: Backoff,
}

impl Supervisor {
    #[must_use]
    pub fn of(task: Task, metrics: Arc<Metrics>) -> Self {
        Self {
            task,
            metrics,
            backoff: Backoff::new(FIRST_PAUSE, LONGEST_PAUSE),
        }
    }

    /// Runs the task; whether it panicked, and is to begin again now.
    pub async fn panics(&mut self, work: impl Future<Output = ()>) -> bool {
        let begin = Instant::now();
        if AssertUnwindSafe(work).catch_unwind().await.is_ok() {
            return false;
        }
        if begin.elapsed() >= STABLE {
            self.backoff.reset();
        }
        let (task, pause) = (self.task.label(), self.backoff.pause());
        self.metrics.task_restarts.with_label_values(&[task]).inc();
        // Where it was is a line of its own (`program.panicked`).
        tracing::error!(
            event = event::TASK_PANICKED,
            task,
            ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
            "a task that must run has panicked, and begins again after a pause: please report it"
        );
        sleep(pause).await;
        true
    }
}

/// Runs `work` until it ends by itself, again after each panic.
pub async fn supervised<F: Future<Output = ()>>(
    task: Task,
    metrics: Arc<Metrics>,
    work: impl FnMut() -> F,
) {
    repeat(Supervisor::of(task, metrics), work).await;
}

async fn repeat<F: Future<Output = ()>>(mut supervisor: Supervisor, mut work: impl FnMut() -> F) {
    while supervisor.panics(async { work().await }).await {}
}

#[cfg(test)]
#[path = "supervisor_tests.rs"]
mod tests;
