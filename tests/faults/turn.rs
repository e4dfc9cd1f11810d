//! One load at a time: scenarios are processes of their own, and while one is under load, the next one's
//! fleet comes up and the last one's goes. So what is measured has the machine nearly for itself.

use std::fs::File;

use crate::lab::Lab;

/// The right to put load on the machine, until dropped: a lock that ends with its process, whatever ends
/// that.
#[derive(Debug)]
pub struct Turn {
    _lock: File,
}

impl Turn {
    /// Waits for it.
    pub fn take() -> Self {
        let lock = File::create(Lab::get().state.join("turn")).expect("a lock file");
        lock.lock().expect("the turn");
        Self { _lock: lock }
    }
}
