//! What the program tells about itself: metrics for Prometheus, and the log.

pub(crate) mod event;
#[cfg(test)]
mod event_tests;
mod history;
mod line;
mod log;
mod metrics;
mod outsiders;
mod panics;
mod queue;
mod recent;
mod registered;
mod remembered;
mod task;
mod throttle;

pub use self::{
    history::History,
    log::{Log, LogError, init as init_log},
    metrics::{LoginOutcome, Metrics},
    outsiders::{Lines, OutsiderLines, some},
    recent::{LOG_ONLY, RecentEvent, RecentEvents},
    remembered::{Held, Memory},
    task::Task,
    throttle::Throttle,
};
