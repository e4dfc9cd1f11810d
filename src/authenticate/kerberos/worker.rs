//! Threads for blocking work: GSSAPI must not run on the threads that serve connections.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
};

use tokio::sync::oneshot;

use crate::{
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
        thread,
    },
    telemetry::event,
};

type Job = Box<dyn FnOnce() + Send>;

/// A fixed number of threads behind a queue of fixed length. The threads end with it.
pub(super) struct Workers {
    queue: SyncSender<Job>,
}

/// The queue is full, or the work panicked: it was not done.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotDone;

impl Workers {
    pub fn start(name: &str, threads: usize, queue: usize) -> io::Result<Self> {
        let (sender, receiver) = sync_channel::<Job>(queue);
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..threads.max(1) {
            let receiver = Arc::clone(&receiver);
            thread::Builder::new()
                .name(name.to_owned())
                .spawn(move || work(&receiver))?;
        }
        Ok(Self { queue: sender })
    }

    /// Runs `work` on a thread and waits for its result without blocking the caller's thread.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NotDone> {
        let (done, result) = oneshot::channel();
        let job = Box::new(move || {
            // The caller may have gone; then nobody wants the result.
            let _ = done.send(work());
        });
        self.queue.try_send(job).map_err(|_| NotDone)?;
        result.await.map_err(|_| NotDone)
    }
}

fn work(receiver: &Mutex<Receiver<Job>>) {
    loop {
        let job = receiver
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        let Ok(job) = job else { return };
        // A panic must cost one login, not a thread of all later ones.
        if catch_unwind(AssertUnwindSafe(job)).is_err() {
            tracing::error!(
                event = event::KERBEROS_PANICKED,
                "a Kerberos worker panicked; its login was refused"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    #[tokio::test]
    async fn a_panic_costs_one_job() {
        let workers = Workers::start("test", 1, 4).expect("threads start");
        let panicked: Result<(), _> = workers.run(|| panic!("on purpose")).await;
        assert_eq!(panicked, Err(NotDone));
        assert_eq!(workers.run(|| 7).await, Ok(7));
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once() {
        let workers = Workers::start("test", 1, 1).expect("threads start");
        let (release, held) = std::sync::mpsc::channel::<()>();
        let (started, running) = oneshot::channel();
        let mut first = pin!(workers.run(move || {
            let _ = started.send(());
            held.recv().is_err()
        }));
        assert!(futures_util::poll!(&mut first).is_pending());
        running.await.expect("the thread took the first job");
        let mut second = pin!(workers.run(|| 7));
        assert!(futures_util::poll!(&mut second).is_pending());
        assert_eq!(workers.run(|| 7).await, Err(NotDone));
        drop(release);
        assert_eq!((first.await, second.await), (Ok(true), Ok(7)));
    }
}

#[cfg(test)]
#[cfg(feature = "models")]
#[path = "worker_models_tests.rs"]
mod models;
