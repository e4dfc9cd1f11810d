//! What the program tells about itself: metrics for Prometheus, and the log.

mod history;
pub mod log;
pub mod metrics;
mod recent;

pub use self::{
    history::History,
    metrics::Metrics,
    recent::{LOG_ONLY, RecentEvent, RecentEvents},
};
