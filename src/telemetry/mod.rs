//! What the program tells about itself: metrics for Prometheus, and the log.

pub mod log;
pub mod metrics;

pub use metrics::Metrics;
