//! What the program tells about itself: metrics for Prometheus, and the log.

pub mod event;
#[cfg(test)]
mod event_tests;
mod history;
pub mod log;
pub mod metrics;
mod recent;
mod registered;

pub use self::{
    history::History,
    metrics::{LoginOutcome, Metrics},
    recent::{LOG_ONLY, RecentEvent, RecentEvents},
};
