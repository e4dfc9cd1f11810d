//! The last events of the log, in memory, for the console.

use std::{
    borrow::Cow,
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context};

use super::remembered::Held;
use crate::{cause, clock::Clock};

/// Of all events, and once more of warnings and errors, so that a busy hour does not push them out.
const EVENTS: usize = 300;
/// The longest message or value, in bytes.
const TEXT_BYTES: usize = 1000;
/// An event, in bytes: its texts have half of it, what is beyond is left out; the other half is for the parts.
const EVENT_BYTES: usize = 8 << 10;
/// The target of events that hold a secret for whoever reads the log: the console does not show them.
pub const LOG_ONLY: &str = "ad_edge::log_only";

/// The last events; a clone is a handle on the same ones.
#[derive(Debug, Clone)]
pub struct RecentEvents {
    all: Arc<Mutex<VecDeque<RecentEvent>>>,
    warnings: Arc<Mutex<VecDeque<RecentEvent>>>,
    clock: Clock,
}

/// A line of the log in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentEvent {
    pub at: SystemTime,
    pub level: Level,
    /// The module that speaks, or `audit`.
    pub target: &'static str,
    pub message: String,
    /// In their order.
    pub fields: Vec<(&'static str, String)>,
}

impl RecentEvents {
    /// None yet.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            all: Arc::default(),
            warnings: Arc::default(),
            clock,
        }
    }

    /// The events, the latest first; behind them the warnings and errors that are older.
    #[must_use]
    pub fn all(&self) -> Vec<RecentEvent> {
        let mut all = latest_first(&self.all);
        if let Some(oldest) = all.last().map(|event| event.at) {
            let older = self.warnings().into_iter();
            all.extend(older.filter(|event| event.at < oldest));
        }
        all
    }

    /// How much is kept; at most so many fields of so many events have the longest text.
    #[must_use]
    pub fn held(&self) -> Held {
        let mut held = Held {
            budget: 2 * EVENTS as u64 * EVENT_BYTES as u64,
            ..Held::default()
        };
        for events in [&self.all, &self.warnings] {
            let events = events.lock().unwrap_or_else(PoisonError::into_inner);
            held.entries += events.len() as u64;
            held.bytes += events.iter().map(RecentEvent::bytes).sum::<usize>() as u64;
        }
        held
    }

    /// Warnings and errors, the latest first.
    #[must_use]
    pub fn warnings(&self) -> Vec<RecentEvent> {
        latest_first(&self.warnings)
    }
}

fn latest_first(events: &Mutex<VecDeque<RecentEvent>>) -> Vec<RecentEvent> {
    let events = events.lock().unwrap_or_else(PoisonError::into_inner);
    events.iter().rev().cloned().collect()
}

fn push(events: &Mutex<VecDeque<RecentEvent>>, event: RecentEvent) {
    let mut events = events.lock().unwrap_or_else(PoisonError::into_inner);
    if events.len() >= EVENTS {
        events.pop_front();
    }
    events.push_back(event);
}

impl RecentEvent {
    fn bytes(&self) -> usize {
        let values = self.fields.iter().map(|(_, value)| value.len());
        let parts = size_of::<Self>() + self.fields.len() * size_of::<(&str, String)>();
        parts + self.message.len() + values.sum::<usize>()
    }

    /// The value of a field; empty when there is none.
    #[must_use]
    pub fn field(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|(known, _)| *known == name);
        found.map_or("", |(_, value)| value)
    }
}

impl<S: Subscriber> Layer<S> for RecentEvents {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        if metadata.target() == LOG_ONLY {
            return;
        }
        let mut parts = Parts {
            left: EVENT_BYTES / 2,
            message: String::new(),
            fields: Vec::new(),
        };
        event.record(&mut parts);
        let event = RecentEvent {
            at: self.clock.now(),
            level: *metadata.level(),
            target: metadata.target(),
            message: parts.message,
            fields: parts.fields,
        };
        if event.level <= Level::WARN {
            push(&self.warnings, event.clone());
        }
        push(&self.all, event);
    }
}

struct Parts {
    /// Bytes that its texts may still take.
    left: usize,
    message: String,
    fields: Vec<(&'static str, String)>,
}

impl Parts {
    fn take(&mut self, field: &Field, mut value: String) {
        if let Cow::Owned(seen) = cause::seen_lines(&value) {
            value = seen;
        }
        let most = TEXT_BYTES.min(self.left);
        value.truncate(value.floor_char_boundary(most));
        value.shrink_to_fit();
        self.left -= value.len();
        if field.name() == "message" {
            self.message = value;
        } else {
            self.fields.push((field.name(), value));
        }
    }
}

impl Visit for Parts {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.take(field, value.to_owned());
    }

    /// Also of what is given with `%`: tracing wraps it so that its `Debug` is its `Display`.
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.take(field, format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[test]
    fn events_are_kept_in_their_parts_and_bounded() {
        let recent = RecentEvents::new(Clock::fixed(0));
        let subscriber = tracing_subscriber::registry().with(recent.clone());
        tracing::subscriber::with_default(subscriber, || {
            for number in 0..EVENTS + 5 {
                tracing::info!(number, "served");
            }
            let name = "x detail=\"made up\" outcome=success";
            tracing::warn!(target: "audit", principal = name, detail = %"wrong", "not signed in");
            let long = "ä".repeat(TEXT_BYTES);
            tracing::info!(text = long, b = long, c = long, d = long, e = long, "long");
            tracing::warn!(target: LOG_ONLY, token = "for the log alone", "secret");
        });
        let all = recent.all();
        assert_eq!(all.len(), EVENTS);
        assert!(all[0].field("text").len() <= TEXT_BYTES);
        assert!(all[0].bytes() <= EVENT_BYTES, "{}", all[0].bytes());
        let held = recent.held();
        assert!(held.bytes <= held.budget, "{held:?}");
        let audit = &all[1];
        assert_eq!(
            (audit.level, audit.target, audit.message.as_str()),
            (Level::WARN, "audit", "not signed in")
        );
        // What somebody calls themselves stays one value.
        assert_eq!(audit.field("detail"), "wrong");
        assert_eq!(audit.field("outcome"), "");
        assert_eq!(all[2].field("number"), (EVENTS + 4).to_string());
        assert_eq!(recent.warnings(), std::slice::from_ref(audit));
    }
}
