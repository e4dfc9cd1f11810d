//! How the program ends: running → draining → stopping → cut.
//!
//! | phase | readiness | listener | connections |
//! | --- | --- | --- | --- |
//! | running | 200 or 503 | accepts | kept alive |
//! | draining | 404, so that the balancer looks elsewhere | accepts | each answer says `Connection: close` |
//! | stopping | 404 | closed | finish what is in flight; idle ones close |
//! | cut | – | closed | dropped |
//!
//! A [`Lifecycle`] is a cheap handle: everything that runs for clients is spawned on it, waits for its
//! phases and ends when it is cut.

mod backoff;
mod service_manager;
mod signals;
mod supervisor;

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{task::JoinHandle, time::timeout};
use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};

pub use self::{
    backoff::{Backoff, pause_between},
    service_manager::{notify, notify_reloading},
    signals::{Asked, Signals},
    supervisor::{Supervisor, supervised},
};

/// How long tasks get to notice that they are cut: a dropped future ends at its next wait.
const CUT_LIMIT: Duration = Duration::from_secs(2);

/// A handle on the phases of one front and on the tasks that it runs.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    draining: CancellationToken,
    stopping: CancellationToken,
    cut: CancellationToken,
    tasks: TaskTracker,
    tasks_cut: AtomicUsize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    Running,
    Draining,
    Stopping,
    Cut,
}

/// See [`Lifecycle::hold`].
#[derive(Debug)]
pub struct Hold(#[expect(dead_code, reason = "its drop is what counts")] TaskTrackerToken);

/// How a drain ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Tasks that had to be cut; 0 when everything in flight was finished.
    pub cut: usize,
}

impl Lifecycle {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn phase(&self) -> Phase {
        if self.0.cut.is_cancelled() {
            Phase::Cut
        } else if self.0.stopping.is_cancelled() {
            Phase::Stopping
        } else if self.0.draining.is_cancelled() {
            Phase::Draining
        } else {
            Phase::Running
        }
    }

    /// Whether the end has begun: from draining on.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.phase() >= Phase::Draining
    }

    /// Returns once the phase is draining or later.
    pub async fn draining(&self) {
        self.0.draining.cancelled().await;
    }

    /// Returns once nothing new may be accepted.
    pub async fn stopping(&self) {
        self.0.stopping.cancelled().await;
    }

    /// Runs `work` as a task that [`drain`](Self::drain) waits for, and drops it when it is cut.
    pub fn spawn<F>(&self, work: F) -> JoinHandle<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let inner = Arc::clone(&self.0);
        self.0.tasks.spawn(async move {
            tokio::select! {
                biased;
                () = inner.cut.cancelled() => {
                    inner.tasks_cut.fetch_add(1, Ordering::Relaxed);
                }
                () = work => {}
            }
        })
    }

    /// Makes [`drain`](Self::drain) wait until the guard is dropped: for what spawns tasks and must not
    /// be overtaken by the end. It has to be dropped soon after [`stopping`](Self::stopping).
    #[must_use]
    pub fn hold(&self) -> Hold {
        Hold(self.0.tasks.token())
    }

    /// Ends everything in order: drains for `announce` (`DRAIN_SECONDS`), stops accepting, gives what
    /// is in flight `finish` (`SHUTDOWN_SECONDS`), and cuts the rest.
    pub async fn drain(&self, announce: Duration, finish: Duration) -> Drained {
        self.0.draining.cancel();
        // Ends early when a second signal calls `advance`.
        let _ = timeout(announce, self.stopping()).await;
        self.0.stopping.cancel();
        self.0.tasks.close();
        let finished = async {
            tokio::select! {
                () = self.0.tasks.wait() => {}
                () = self.0.cut.cancelled() => {}
            }
        };
        let _ = timeout(finish, finished).await;
        self.0.cut.cancel();
        let left = match timeout(CUT_LIMIT, self.0.tasks.wait()).await {
            Ok(()) => 0,
            // Tasks stuck in a computation: counted, not waited for.
            Err(_) => self.0.tasks.len(),
        };
        Drained {
            cut: self.0.tasks_cut.load(Ordering::Relaxed) + left,
        }
    }

    /// Moves a running [`drain`](Self::drain) to its next phase at once: what a second SIGTERM asks
    /// for. Without a drain under way it only marks the phase.
    pub fn advance(&self) {
        match self.phase() {
            Phase::Running => self.0.draining.cancel(),
            Phase::Draining => self.0.stopping.cancel(),
            Phase::Stopping | Phase::Cut => self.0.cut.cancel(),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, sleep};

    use super::*;

    const SHORT: Duration = Duration::from_millis(30);
    const LONG: Duration = Duration::from_mins(1);

    #[tokio::test]
    async fn work_in_flight_is_finished_and_nothing_is_cut() {
        let lifecycle = Lifecycle::new();
        let (tell, told) = tokio::sync::oneshot::channel();
        let own = lifecycle.clone();
        lifecycle.spawn(async move {
            own.stopping().await;
            sleep(SHORT).await;
            let _ = tell.send(own.phase());
        });
        assert_eq!(lifecycle.phase(), Phase::Running);
        let drained = lifecycle.drain(SHORT, LONG).await;
        assert_eq!(drained, Drained { cut: 0 });
        assert_eq!(told.await, Ok(Phase::Stopping));
    }

    #[tokio::test]
    async fn work_that_never_ends_is_cut_and_counted() {
        let lifecycle = Lifecycle::new();
        lifecycle.spawn(std::future::pending());
        lifecycle.spawn(std::future::pending());
        lifecycle.spawn(async {});
        let started = Instant::now();
        let drained = lifecycle.drain(Duration::ZERO, SHORT).await;
        assert_eq!(drained, Drained { cut: 2 });
        assert!(started.elapsed() >= SHORT);
        assert_eq!(lifecycle.phase(), Phase::Cut);
    }

    #[tokio::test]
    async fn the_announcement_lasts_before_anything_stops() {
        let lifecycle = Lifecycle::new();
        let drain = {
            let lifecycle = lifecycle.clone();
            tokio::spawn(async move { lifecycle.drain(SHORT * 10, SHORT).await })
        };
        lifecycle.draining().await;
        assert_eq!(lifecycle.phase(), Phase::Draining);
        assert!(lifecycle.is_draining());
        lifecycle.stopping().await;
        assert!(lifecycle.phase() >= Phase::Stopping);
        assert_eq!(drain.await.expect("no panic").cut, 0);
    }

    #[tokio::test]
    async fn what_is_spawned_while_held_is_not_overtaken_by_the_end() {
        let lifecycle = Lifecycle::new();
        let held = lifecycle.hold();
        let own = lifecycle.clone();
        let late = tokio::spawn(async move {
            own.stopping().await;
            sleep(SHORT).await;
            let work = own.spawn(sleep(SHORT));
            drop(held);
            work.await
        });
        let started = Instant::now();
        assert_eq!(lifecycle.drain(Duration::ZERO, LONG).await.cut, 0);
        assert!(started.elapsed() >= SHORT * 2, "waited for the late work");
        late.await.expect("no panic").expect("ran to its end");
    }

    #[tokio::test]
    async fn a_second_signal_skips_the_wait() {
        let lifecycle = Lifecycle::new();
        lifecycle.spawn(std::future::pending());
        let drain = {
            let lifecycle = lifecycle.clone();
            tokio::spawn(async move { lifecycle.drain(LONG, LONG).await })
        };
        lifecycle.draining().await;
        lifecycle.advance();
        lifecycle.stopping().await;
        sleep(SHORT).await;
        lifecycle.advance();
        let drained = timeout(LONG / 10, drain).await.expect("in time");
        assert_eq!(drained.expect("no panic").cut, 1);
    }
}
