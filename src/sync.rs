//! What threads share, for the parts of which the order of events is tried out: the standard library's and
//! tokio's, and in the models (feature `models`, in tests alone) those of shuttle, which runs all threads in turn
//! and decides at each of these calls who goes on.
//!
//! What is not here is one step for a model, and must not be held while one of these is called: tokio's semaphore,
//! an `OnceLock`.

pub(crate) use std::sync::{Arc, PoisonError};

#[cfg(not(all(test, feature = "models")))]
pub(crate) use std::{
    sync::{Condvar, Mutex, MutexGuard, atomic, mpsc},
    thread,
};

#[cfg(not(all(test, feature = "models")))]
pub(crate) use tokio::{task::AbortHandle, time::timeout};

#[cfg(all(test, feature = "models"))]
pub(crate) use self::models::{
    AbortHandle, Condvar, Mutex, MutexGuard, atomic, check, mpsc, perhaps, thread, timeout,
};

#[cfg(test)]
#[cfg(feature = "models")]
mod models;
