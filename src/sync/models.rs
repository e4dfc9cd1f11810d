//! The checker's side: locks, threads and time as shuttle has them, and how a model runs.

use std::{cell::Cell, env, time::Duration};

use shuttle::{
    Config, Runner,
    rand::{Rng as _, thread_rng},
    scheduler::{PctScheduler, RandomScheduler},
};

pub use shuttle::sync::{Condvar, Mutex, MutexGuard, atomic, mpsc};

/// How many orders of events each model is tried in, by each way of choosing them.
const ORDERS: usize = 500;
/// The same, for a longer search.
const ORDERS_KEY: &str = "AD_EDGE_MODEL_ORDERS";
/// The order that a failure has printed, to be run again.
const REPLAY_KEY: &str = "AD_EDGE_MODEL_REPLAY";
/// Changes of turn against the threads' ranks: most faults need two or three (Burckhardt and others, ASPLOS 2010).
const CHANGES: usize = 3;

/// Runs the model in many orders, the same ones each time: by chance, and by ranks of the threads.
///
/// # Panics
/// As the model does, or when none of its threads can go on; what is printed then is the order.
pub fn check(model: impl Fn() + Send + Sync + 'static) {
    let model = move || {
        thread::forget();
        model();
    };
    if let Ok(order) = env::var(REPLAY_KEY) {
        return shuttle::replay(model, &order);
    }
    let orders = env::var(ORDERS_KEY).ok();
    let orders = orders.map_or(ORDERS, |orders| orders.parse().expect("a number"));
    let model = std::sync::Arc::new(model);
    let by_chance = RandomScheduler::new_from_seed(1, orders);
    let same = std::sync::Arc::clone(&model);
    Runner::new(by_chance, config()).run(move || same());
    let by_rank = PctScheduler::new_from_seed(1, CHANGES, orders);
    Runner::new(by_rank, config()).run(move || model());
}

fn config() -> Config {
    let mut config = Config::new();
    config.stack_size = 256 << 10;
    config.silence_warnings = true;
    config
}

/// Whether something happens that may.
pub fn perhaps() -> bool {
    thread_rng().gen_range(0..2) == 0
}

/// Ends a task of a model.
#[derive(Debug)]
pub struct AbortHandle(Option<shuttle::future::AbortHandle>);

impl AbortHandle {
    pub fn abort(&self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

impl From<shuttle::future::AbortHandle> for AbortHandle {
    fn from(task: shuttle::future::AbortHandle) -> Self {
        Self(Some(task))
    }
}

/// In no model, but in what is built beside them.
impl From<tokio::task::AbortHandle> for AbortHandle {
    fn from(_task: tokio::task::AbortHandle) -> Self {
        Self(None)
    }
}

/// The time is over.
#[derive(Debug)]
pub struct Elapsed;

/// Waits, or not as long as it takes: any wait may be the longer one.
pub async fn timeout<F: Future>(_limit: Duration, future: F) -> Result<F::Output, Elapsed> {
    let mut future = std::pin::pin!(future);
    loop {
        if let std::task::Poll::Ready(output) = futures_util::poll!(future.as_mut()) {
            return Ok(output);
        }
        if perhaps() {
            return Err(Elapsed);
        }
        shuttle::future::yield_now().await;
    }
}

/// Threads that nobody joins: a model may end before they do.
pub mod thread {
    use super::{Cell, Duration};

    thread_local! {
        static RUNNING: Cell<usize> = const { Cell::new(0) };
        static REFUSED: Cell<bool> = const { Cell::new(false) };
    }

    pub use shuttle::thread::{JoinHandle, spawn, yield_now};

    pub fn sleep(_time: Duration) {
        yield_now();
    }

    /// How many have not ended, of those that a [`Builder`] began.
    pub fn running() -> usize {
        RUNNING.get()
    }

    /// From now on no thread is to be had, or they are again.
    pub fn refuse(refused: bool) {
        REFUSED.set(refused);
    }

    pub(super) fn forget() {
        RUNNING.set(0);
        REFUSED.set(false);
    }

    /// As the standard library's.
    pub struct Builder;

    impl Builder {
        pub fn new() -> Self {
            Self
        }

        pub fn name(self, _name: String) -> Self {
            self
        }

        pub fn stack_size(self, _bytes: usize) -> Self {
            self
        }

        #[expect(clippy::unused_self, reason = "as the standard library's")]
        pub fn spawn(self, work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
            if REFUSED.get() {
                return Err(std::io::ErrorKind::WouldBlock.into());
            }
            RUNNING.set(RUNNING.get() + 1);
            drop(shuttle::future::spawn(async move {
                work();
                RUNNING.set(RUNNING.get() - 1);
            }));
            Ok(())
        }
    }
}
