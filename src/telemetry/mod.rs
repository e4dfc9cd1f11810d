//! What the program tells about itself: metrics for Prometheus, and the log.

pub mod log;
pub mod metrics;
mod recent;

pub use self::{
    metrics::Metrics,
    recent::{Counts, History, RecentLines},
};
