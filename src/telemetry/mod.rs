//! What the program tells about itself: metrics for Prometheus, and the log.

pub(crate) mod event;
#[cfg(test)]
mod event_tests;
mod history;
mod log;
mod metrics;
mod recent;
mod registered;

pub use self::{
    history::History,
    log::{Log, LogError, Throttle, init as init_log},
    metrics::{LoginOutcome, Metrics},
    recent::{LOG_ONLY, RecentEvent, RecentEvents},
};
