//! Events of the log in words.

use std::time::SystemTime;

use time::{OffsetDateTime, macros::format_description};
use tracing::Level;

use super::view::{Failure, LogLine, Mood};
use crate::telemetry::{RecentEvent, event};

pub(super) fn time_of_day(at: SystemTime) -> Option<String> {
    let format = format_description!("[hour]:[minute]:[second]");
    OffsetDateTime::from(at).format(format).ok()
}

/// The way of a login as people call it.
pub(super) fn method_in_words(method: &str) -> &str {
    match method {
        "kerberos" => "Kerberos",
        "password" => "Password form",
        "certificate" => "Client certificate",
        "tunnel" => "Tunnel",
        "frontend" => "Trusted proxy",
        other => other,
    }
}

/// A refused login's audit line: when, who, how, from where, and why with what to do.
pub(super) fn failure(event: &RecentEvent) -> Option<Failure> {
    if ![event::LOGIN_REFUSED, event::LOGIN_ABANDONED].contains(&event.field("event")) {
        return None;
    }
    let who = match event.field("principal") {
        "" => event.field("user"),
        name => name,
    };
    Some(Failure {
        time: time_of_day(event.at)?,
        who: if who.is_empty() { "somebody" } else { who }.to_owned(),
        method: method_in_words(event.field("method")).to_owned(),
        client: event.field("client").to_owned(),
        why: event.field("detail").to_owned(),
    })
}

pub(super) fn log_line(event: RecentEvent) -> LogLine {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    let (mood, level) = match event.level {
        Level::ERROR => (Mood::Bad, "error"),
        Level::WARN => (Mood::Warn, "warning"),
        Level::INFO => (Mood::Plain, "info"),
        _ => (Mood::Plain, "debug"),
    };
    LogLine {
        time: OffsetDateTime::from(event.at)
            .format(format)
            .unwrap_or_default(),
        mood,
        level,
        message: event.message,
        fields: event
            .fields
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn line(event: &'static str, fields: &[(&'static str, &str)]) -> RecentEvent {
        let own = |(name, value): &(&'static str, &str)| (*name, (*value).to_owned());
        let named = [("event", event)];
        RecentEvent {
            at: UNIX_EPOCH + Duration::from_secs(1_795_613_630),
            level: Level::WARN,
            target: "audit",
            message: "not signed in".to_owned(),
            fields: named.iter().chain(fields).map(own).collect(),
        }
    }

    #[test]
    fn a_refused_login_is_told_in_words() {
        let fields = [
            ("client", "192.0.2.7"),
            ("method", "password"),
            ("principal", "bob"),
            ("detail", "wrong password"),
        ];
        let shown = failure(&line(event::LOGIN_REFUSED, &fields)).expect("a failure");
        assert_eq!(
            (
                &*shown.time,
                &*shown.who,
                &*shown.method,
                &*shown.client,
                &*shown.why
            ),
            (
                "13:33:50",
                "bob",
                "Password form",
                "192.0.2.7",
                "wrong password"
            )
        );
        assert!(failure(&line(event::LOGIN_ABANDONED, &fields)).is_some());
        assert!(failure(&line(event::LOGIN_ACCEPTED, &fields)).is_none());
    }
}
