//! With systemd's sockets a single instance restarts without refusing a connection.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use crate::lab::{Lab, instance::Instance};

struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_restart_refuses_no_connection() {
    let instance = Instance::builder().managed(true).start();
    let alice = Lab::get().kinit("alice");
    let done = AtomicBool::new(false);
    let answers = thread::scope(|scope| {
        let load = scope.spawn(|| {
            let mut answers = Vec::new();
            while !done.load(Ordering::Relaxed) {
                let answer = instance.curl("/wsfed").negotiate(&alice).try_run();
                answers.push(answer.map(|response| response.status));
            }
            answers
        });
        // Whatever goes wrong here, the load ends.
        let end = Ends(&done);
        let before = instance.managed_pid();
        for _ in 0..3 {
            instance.restart();
        }
        assert_ne!(instance.managed_pid(), before);
        drop(end);
        load.join().expect("the load")
    });
    assert!(answers.len() > 3, "{answers:?}");
    assert!(
        answers.iter().all(|answer| *answer == Ok(200)),
        "{answers:?}"
    );
    assert_eq!(instance.ends(), ["asked 0"; 3]);
    assert!(
        instance.ops("/metrics").is_some(),
        "OPS_LISTEN was passed on, too"
    );
}
