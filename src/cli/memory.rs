//! Gives memory that nobody uses back to the system, after a flood of connections for instance.
//!
//! The kernel may put two megabytes in place where a few bytes are used (`always` or `madvise` in
//! `/sys/kernel/mm/transparent_hugepage/enabled`), again and again and at times of its own: this process wants none of
//! those.
//!
//! What one thread frees of another's memory is found by that other one alone, when it allocates again: a
//! worker that has nothing to do keeps it. So each looks for it before it sleeps, and is woken now and then.
#![expect(
    unsafe_code,
    reason = "the allocator's function for it has no safe form"
)]

use std::{cell::Cell, time::Duration};

use rustix::thread::disable_transparent_huge_pages;
use tokio::{runtime::Handle, task::yield_now, time::Instant};

/// How often all workers are woken.
const WAKE: Duration = Duration::from_secs(10);
/// How often each looks at most: each time that it is woken.
const LOOK: Duration = Duration::from_secs(5);

thread_local! {
    static LOOKED: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// For the whole process, before it has threads. A kernel without such pages has nothing to forbid.
pub(super) fn forbid_huge_pages() {
    let _as_before = disable_transparent_huge_pages(true);
}

/// For a worker that is about to sleep.
pub(super) fn give_back() {
    let now = Instant::now();
    let looked = LOOKED.get();
    if looked.is_some_and(|looked| now - looked < LOOK) {
        return;
    }
    LOOKED.set(Some(now));
    // SAFETY: it takes no pointer and frees what is free already. Where mimalloc is not this process'
    // allocator, there is nothing for it to do.
    unsafe { libmimalloc_sys::mi_collect(true) }
}

/// Wakes the workers of the runtime for [`give_back`], as long as it is there.
pub(super) async fn wake_workers() {
    let workers = Handle::current().metrics().num_workers();
    loop {
        tokio::time::sleep(WAKE).await;
        // A worker that finds nothing to do sleeps again; twice as many tasks, since one may take two.
        for _ in 0..2 * workers {
            tokio::spawn(yield_now());
        }
    }
}
