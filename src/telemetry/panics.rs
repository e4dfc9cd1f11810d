//! A panic is a line of the log: written past it, it would wait for whoever reads standard error.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    panic::{self, PanicHookInfo},
    thread,
};

use prometheus::IntCounter;

use super::event;

/// From now on each panic is counted and logged.
pub(super) fn log_panics(count: IntCounter) {
    panic::set_hook(Box::new(move |panic| {
        count.inc();
        log(panic);
    }));
}

fn log(panic: &PanicHookInfo<'_>) {
    // With RUST_BACKTRACE only.
    let backtrace = Backtrace::capture();
    let backtrace =
        (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string());
    tracing::error!(
        event = event::PROGRAM_PANICKED,
        thread = thread::current().name(),
        at = panic.location().map(tracing::field::display),
        // A text that was put together may hold what a client sent.
        said = panic.payload().downcast_ref::<&'static str>().copied(),
        backtrace,
        "a fault of the program: please report it"
    );
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;
    use crate::{clock::Clock, telemetry::RecentEvents};

    #[test]
    fn a_panic_is_counted_and_logged_without_what_a_client_sent() {
        let count = IntCounter::new("panics", "Panics.").expect("a metric");
        log_panics(count.clone());
        let recent = RecentEvents::new(Clock::fixed(0));
        let subscriber = tracing_subscriber::registry().with(recent.clone());
        tracing::subscriber::with_default(subscriber, || {
            let sent = String::from("hunter2");
            let plain = panic::catch_unwind(|| panic!("no such state"));
            let composed = panic::catch_unwind(|| panic!("not in {sent:?}"));
            assert!(plain.is_err() && composed.is_err());
        });
        drop(panic::take_hook());
        // Other tests of this process may panic meanwhile.
        assert!(count.get() >= 2);
        let [composed, plain] = recent.all().try_into().expect("two lines");
        assert_eq!(plain.field("event"), "program.panicked");
        assert_eq!(plain.field("said"), "no such state");
        assert!(plain.field("at").contains("panics.rs:"), "{plain:?}");
        assert!(composed.field("at").contains("panics.rs:"), "{composed:?}");
        assert!(!format!("{composed:?}").contains("hunter2"), "{composed:?}");
    }
}
