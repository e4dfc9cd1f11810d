//! The log: one line an event on standard error, text for people or JSON for collectors.
//!
//! Times are UTC. `RUST_LOG` overrules the levels. A line that the network can cause at any rate goes
//! through a [`Throttle`], so that an attacker cannot fill the disk.

use std::{
    io::{self, IsTerminal as _},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use super::RecentEvents;
use crate::{clock::Clock, config::LogFormat};
use tokio::time::Instant;
use tracing_subscriber::{
    EnvFilter, Layer, Registry, filter::ParseError, fmt, layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// What is logged without `RUST_LOG`: libraries that repeat what this program says are quieter.
const DEFAULT_FILTER: &str = "info,ldap3=error,lber=warn,rustls=warn,hyper=warn,tungstenite=warn";

/// Why the log could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// `RUST_LOG` is wrong.
    #[error(
        "RUST_LOG {value:?} does not parse: {cause}; use for instance `info` or `info,ad_edge=debug`"
    )]
    Filter {
        value: String,
        #[source]
        cause: ParseError,
    },
    /// Something else in this process has set a subscriber.
    #[error("the log was started twice")]
    Twice,
}

/// Lets one line through an interval and counts the rest.
#[derive(Debug)]
pub struct Throttle {
    interval: Duration,
    state: Mutex<ThrottleState>,
}

#[derive(Debug, Default)]
struct ThrottleState {
    last: Option<Instant>,
    suppressed: u64,
}

/// Starts the log of this process, and keeps its last events with the time by `clock`. `filter` is the
/// value of `RUST_LOG`, when there is one.
///
/// # Errors
/// When `filter` does not parse, or the log was started before.
pub fn init(
    format: LogFormat,
    filter: Option<&str>,
    clock: Clock,
) -> Result<RecentEvents, LogError> {
    let filter = parse_filter(filter)?;
    let recent = RecentEvents::new(clock);
    Registry::default()
        .with(filter)
        .with(layer(format, io::stderr, io::stderr().is_terminal()))
        .with(recent.clone())
        .try_init()
        .map_err(|_| LogError::Twice)?;
    Ok(recent)
}

impl Throttle {
    #[must_use]
    pub const fn new(interval: Duration) -> Self {
        Self {
            interval,
            state: Mutex::new(ThrottleState {
                last: None,
                suppressed: 0,
            }),
        }
    }

    /// `Some(n)` when a line may be written now, `n` lines having been left out since the last one.
    pub fn pass(&self) -> Option<u64> {
        self.pass_at(Instant::now())
    }

    fn pass_at(&self, now: Instant) -> Option<u64> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state
            .last
            .is_some_and(|last| now.duration_since(last) < self.interval)
        {
            state.suppressed += 1;
            return None;
        }
        state.last = Some(now);
        Some(std::mem::take(&mut state.suppressed))
    }
}

fn parse_filter(filter: Option<&str>) -> Result<EnvFilter, LogError> {
    let text = filter
        .filter(|text| !text.trim().is_empty())
        .unwrap_or(DEFAULT_FILTER);
    EnvFilter::try_new(text).map_err(|cause| LogError::Filter {
        value: text.to_owned(),
        cause,
    })
}

fn layer<S, W>(format: LogFormat, writer: W, colour: bool) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
    W: for<'w> fmt::MakeWriter<'w> + Send + Sync + 'static,
{
    // A line that cannot be written, to a full disk say, is lost: the words about it would go the same
    // way, by a macro that panics.
    let layer = fmt::layer().with_writer(writer).log_internal_errors(false);
    match format {
        LogFormat::Text => layer.with_ansi(colour).with_target(false).boxed(),
        LogFormat::Json => layer
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .boxed(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// A writer that a test can read back.
    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0
                .lock()
                .expect("not poisoned")
                .extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn lines_of(format: LogFormat) -> Vec<String> {
        let captured = Captured::default();
        let writer = captured.clone();
        let subscriber = Registry::default()
            .with(parse_filter(None).expect("the default filter parses"))
            .with(layer(format, move || writer.clone(), false));
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(request_id = "ab12", status = 200, "served");
            tracing::info!(target: "ldap3::conn", "chatter");
            tracing::debug!("details");
        });
        let bytes = captured.0.lock().expect("not poisoned").clone();
        let text = String::from_utf8(bytes).expect("UTF-8");
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn json_lines_are_flat_and_in_utc_and_leave_library_chatter_out() {
        let lines = lines_of(LogFormat::Json);
        assert_eq!(lines.len(), 1, "{lines:?}");
        let line: serde_json::Value = serde_json::from_str(&lines[0]).expect("JSON");
        assert_eq!(line["request_id"], "ab12");
        assert_eq!(line["status"], 200);
        assert_eq!(line["message"], "served");
        assert_eq!(line["level"], "INFO");
        let time = line["timestamp"].as_str().expect("a timestamp");
        assert!(time.ends_with('Z'), "{time}");
    }

    #[test]
    fn text_lines_have_no_colour_codes_when_not_on_a_terminal() {
        let lines = lines_of(LogFormat::Text);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(!lines[0].contains('\u{1b}'), "{lines:?}");
        assert!(lines[0].contains("request_id=\"ab12\""), "{lines:?}");
    }

    #[test]
    fn a_wrong_filter_is_reported_with_its_value() {
        let error = parse_filter(Some("info,=[")).expect_err("malformed");
        assert!(error.to_string().contains("info,=["), "{error}");
        assert!(parse_filter(Some("  ")).is_ok(), "empty means the default");
    }

    #[test]
    fn a_throttle_passes_one_and_tells_how_many_it_left_out() {
        let throttle = Throttle::new(Duration::from_secs(10));
        let begin = Instant::now();
        let pass = |seconds| throttle.pass_at(begin + Duration::from_secs(seconds));
        assert_eq!(pass(0), Some(0));
        assert_eq!(pass(1), None);
        assert_eq!(pass(9), None);
        assert_eq!(pass(10), Some(2));
        assert_eq!(pass(19), None);
        assert_eq!(pass(20), Some(1));
    }
}
