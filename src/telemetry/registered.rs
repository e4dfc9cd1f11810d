//! Metrics by their kind, registered as they are made.

use prometheus::{
    Gauge, GaugeVec, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec,
    Opts, Registry,
};

/// Registers a metric; names are constants of `metrics.rs`, so a failure is a mistake here.
macro_rules! register {
    ($registry:expr, $metric:expr) => {{
        let metric = $metric.expect("a metric's name and labels are well formed");
        $registry
            .register(Box::new(metric.clone()))
            .expect("a metric's name is used once");
        metric
    }};
}

/// Buckets for work that takes from a hundred microseconds to some seconds.
const SECONDS: &[f64] = &[
    0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
    10.0, 20.0,
];

fn name(short: &str) -> String {
    format!("ad_edge_{short}")
}

pub(super) fn counter(r: &Registry, short: &str, help: &str) -> IntCounter {
    register!(r, IntCounter::new(name(short), help))
}

/// With a sample for each value of its one label from the start, so that an alert sees the first increase.
pub(super) fn from_zero(counters: IntCounterVec, values: &[&str]) -> IntCounterVec {
    for value in values {
        counters.with_label_values(&[*value]);
    }
    counters
}

pub(super) fn counters(r: &Registry, short: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    register!(r, IntCounterVec::new(Opts::new(name(short), help), labels))
}

pub(super) fn gauge(r: &Registry, short: &str, help: &str) -> IntGauge {
    register!(r, IntGauge::new(name(short), help))
}

pub(super) fn gauges(r: &Registry, short: &str, help: &str, labels: &[&str]) -> IntGaugeVec {
    register!(r, IntGaugeVec::new(Opts::new(name(short), help), labels))
}

pub(super) fn float_gauge(r: &Registry, short: &str, help: &str) -> Gauge {
    register!(r, Gauge::new(name(short), help))
}

pub(super) fn float_gauges(r: &Registry, short: &str, help: &str, labels: &[&str]) -> GaugeVec {
    register!(r, GaugeVec::new(Opts::new(name(short), help), labels))
}

pub(super) fn histograms(r: &Registry, short: &str, help: &str, labels: &[&str]) -> HistogramVec {
    let opts = HistogramOpts::new(name(short), help).buckets(SECONDS.to_vec());
    register!(r, HistogramVec::new(opts, labels))
}
