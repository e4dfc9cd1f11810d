//! The log: one line an event on standard error, text for people or JSON for collectors.
//!
//! Times are UTC. `LOG_LEVEL` says how much of it there is, `RUST_LOG` overrules it. A line that the network
//! can cause at any rate goes through a [`Throttle`](super::Throttle), so that an attacker cannot fill the
//! disk. Nobody waits for a line to be written: see [`queue`](super::queue).

use std::{
    fs::File,
    io::{self, IsTerminal as _, Write},
    os::fd::AsFd as _,
    time::Duration,
};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tracing::Metadata;
use tracing_subscriber::{
    EnvFilter, Layer, Registry, filter::ParseError, fmt, layer::SubscriberExt, reload,
    util::SubscriberInitExt,
};

use super::{
    LOG_ONLY, Metrics, RecentEvents, event,
    line::Lines,
    panics::log_panics,
    queue::{Kind, Lost, Queue},
};
use crate::{
    cause,
    clock::Clock,
    config::{LogFormat, LogLevels},
};

/// What `LOG_LEVEL` changes by name only: libraries repeat what this program says, and every login leaves an
/// audit line.
const PARTS: &str = "audit=info,ldap3=error,lber=warn,rustls=warn,hyper=warn,tungstenite=warn";
/// The target of what the log says of itself, whatever the levels are.
const OF_ITSELF: &str = "ad_edge::log";
/// How long the end waits for whoever reads the log.
const END_LIMIT: Duration = Duration::from_secs(2);

/// Why the log could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// `RUST_LOG` is wrong.
    #[error(
        "RUST_LOG {} does not parse: {cause}. Write for instance info or info,ad_edge=debug; or take it out and \
         set LOG_LEVEL",
        cause::quoted(.value)
    )]
    Filter {
        value: String,
        #[source]
        cause: ParseError,
    },
    #[error("there is no thread for the log: {}", cause::io(.0))]
    Thread(#[from] io::Error),
    /// Something else in this process has set a subscriber.
    #[error("the log was started twice")]
    Twice,
}

/// The log of this process; a clone is a handle on the same one.
#[derive(Debug, Clone)]
pub struct Log {
    /// Its last events.
    pub recent: RecentEvents,
    queue: Queue,
    filter: reload::Handle<EnvFilter, Registry>,
    /// `RUST_LOG` is set.
    is_overruled: bool,
}

/// Starts the log of this process, and keeps its last events with the time by `clock`. `overruling` is the
/// value of `RUST_LOG`, when there is one. Panics are lines of it from now on.
///
/// # Errors
/// When `overruling` does not parse, or the log was started before.
pub fn init(
    format: LogFormat,
    levels: &LogLevels,
    overruling: Option<&str>,
    metrics: &Metrics,
    clock: Clock,
) -> Result<Log, LogError> {
    let overruling = overruling.filter(|text| !text.trim().is_empty());
    let filter = overruling.map_or_else(|| Ok(filter_of(levels)), overruled)?;
    let (filter, handle) = reload::Layer::new(filter);
    let recent = RecentEvents::new(clock.clone());
    // Not by the library's handle: its lock would be held for as long as nobody reads.
    let stderr = File::from(io::stderr().as_fd().try_clone_to_owned()?);
    let queue = Queue::start(stderr, &metrics.log_lines_dropped, clock, say)?;
    Registry::default()
        .with(filter)
        .with(layer(format, queue.clone(), io::stderr().is_terminal()))
        .with(recent.clone())
        .try_init()
        .map_err(|_| LogError::Twice)?;
    log_panics(metrics.panics.clone());
    Ok(Log {
        recent,
        queue,
        filter: handle,
        is_overruled: overruling.is_some(),
    })
}

impl Log {
    /// From now on; without effect where `RUST_LOG` is set.
    pub fn use_levels(&self, levels: &LogLevels) {
        if !self.is_overruled {
            // It fails where the log has ended, and with it the program.
            let _ = self.filter.reload(filter_of(levels));
        }
    }

    /// Writes a text behind what was logged, as it is, for who started the program by hand.
    pub fn print(&self, text: &str) {
        self.queue.push(Kind::Audit, format!("{text}\n").as_bytes());
    }

    /// Waits until the log is written, for as long as an end may take.
    pub fn end(&self) {
        self.queue.flush(END_LIMIT);
    }
}

/// Each event is written whole, by one call.
pub(super) struct Line<'a> {
    queue: &'a Queue,
    kind: Kind,
}

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.queue.push(self.kind, line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> fmt::MakeWriter<'a> for Queue {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line {
            queue: self,
            kind: Kind::Other,
        }
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> Line<'a> {
        let kind = match metadata.target() {
            "audit" | OF_ITSELF => Kind::Audit,
            _ => Kind::Other,
        };
        Line { queue: self, kind }
    }
}

/// What was dropped while nobody read.
fn say(lost: Lost) {
    let Lost {
        audit,
        other,
        since,
    } = lost;
    let lines = audit + other;
    let since = OffsetDateTime::from(since).format(&Rfc3339);
    let since = since.unwrap_or_default();
    tracing::warn!(
        target: OF_ITSELF,
        event = event::LOG_DROPPED,
        lines,
        audit_lines = audit,
        since,
        "{lines} lines were dropped since {since}: nobody read the log fast enough, or it could not be written"
    );
}

fn filter_of(levels: &LogLevels) -> EnvFilter {
    // What they are made of was checked when they were read. The last word on a part counts.
    let own = format!("{PARTS},{LOG_ONLY}=info,{OF_ITSELF}=warn");
    EnvFilter::new(format!("{own},{}", levels.as_str()))
}

fn overruled(text: &str) -> Result<EnvFilter, LogError> {
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
    // The library would say what it cannot write by a macro that waits, and panics.
    fmt::layer()
        .with_writer(writer)
        .log_internal_errors(false)
        .with_ansi(colour)
        .event_format(Lines(format))
        .boxed()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::config::{Kind as _, keys};

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

    fn levels(text: &str) -> LogLevels {
        keys::LOG_LEVEL
            .kind
            .understand(&text.into())
            .expect("levels")
            .expect("given")
    }

    fn lines_of(format: LogFormat) -> Vec<String> {
        lines_with(format, filter_of(&keys::LOG_LEVEL.kind.default()))
    }

    fn lines_with(format: LogFormat, filter: EnvFilter) -> Vec<String> {
        let captured = Captured::default();
        let writer = captured.clone();
        let subscriber =
            Registry::default()
                .with(filter)
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
        let error = overruled("info,=[").expect_err("malformed");
        let text = error.to_string();
        assert!(text.contains(r#"RUST_LOG "info,=["#), "{text}");
        assert!(text.contains("LOG_LEVEL"), "{text}");
    }

    #[test]
    fn levels_are_those_of_the_key_and_audit_lines_stay() {
        let seen = |text: &str| {
            let subscriber = Registry::default().with(filter_of(&levels(text)));
            tracing::subscriber::with_default(subscriber, || {
                [
                    tracing::enabled!(target: "audit", tracing::Level::INFO),
                    tracing::enabled!(tracing::Level::INFO),
                    tracing::enabled!(tracing::Level::DEBUG),
                    tracing::enabled!(target: "ad_edge::tunnel", tracing::Level::DEBUG),
                    tracing::enabled!(target: "ldap3", tracing::Level::DEBUG),
                ]
            })
        };
        assert_eq!(seen("info"), [true, true, false, false, false]);
        assert_eq!(seen("error"), [true, false, false, false, false]);
        assert_eq!(seen("error, audit = off"), [false; 5]);
        assert_eq!(seen("debug"), [true, true, true, true, false]);
        assert_eq!(
            seen("info,ad_edge::tunnel=debug"),
            [true, true, false, true, false]
        );
        assert_eq!(seen("debug,ldap3=trace"), [true; 5]);
    }

    #[test]
    fn levels_change_while_the_program_runs() {
        let (filter, handle) = reload::Layer::new(filter_of(&levels("info")));
        let dropped = &Metrics::new().log_lines_dropped;
        let mut log = Log {
            recent: RecentEvents::new(Clock::system()),
            queue: Queue::start(io::sink(), dropped, Clock::system(), say).expect("a thread"),
            filter: handle,
            is_overruled: true,
        };
        let subscriber = Registry::default().with(filter);
        tracing::subscriber::with_default(subscriber, || {
            let is_seen = || tracing::enabled!(tracing::Level::DEBUG);
            assert!(!is_seen());
            log.use_levels(&levels("debug"));
            assert!(!is_seen(), "RUST_LOG wins");
            log.is_overruled = false;
            log.use_levels(&levels("debug"));
            assert!(is_seen());
            log.use_levels(&levels("info"));
            assert!(!is_seen());
        });
    }
}
