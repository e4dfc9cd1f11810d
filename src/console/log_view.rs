//! Events of the log in words.

use tracing::Level;

use super::{
    moment::Moment,
    view::{Failure, LogLine, Mood},
};
use crate::{
    config::InstanceMark,
    telemetry::{RecentEvent, event},
};

/// Characters of a request number, the instance's two among them.
const REQUEST_NUMBER: usize = 16;

/// The mark of the instance that gave this request number, when that is another than `own`.
pub(super) fn foreign_mark<'a>(term: &'a str, own: &str) -> Option<&'a str> {
    let is_number =
        term.len() == REQUEST_NUMBER && term.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let (mark, digits) = is_number.then(|| term.split_at(2))?;
    let is_ours = mark.eq_ignore_ascii_case(&InstanceMark::of(own).to_string());
    let is_hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_hexadecimal && !is_ours).then_some(mark)
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
        time: Moment::time_of_day(event.at),
        request: event.field("request_id").to_owned(),
        who: if who.is_empty() { "somebody" } else { who }.to_owned(),
        method: method_in_words(event.field("method")).to_owned(),
        client: event.field("client").to_owned(),
        why: event.field("detail").to_owned(),
    })
}

pub(super) fn log_line(event: RecentEvent) -> LogLine {
    let (mood, level) = match event.level {
        Level::ERROR => (Mood::Bad, "error"),
        Level::WARN => (Mood::Warn, "warning"),
        Level::INFO => (Mood::Plain, "info"),
        _ => (Mood::Plain, "debug"),
    };
    LogLine {
        time: Moment::with_day(event.at),
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
    fn a_request_number_tells_whose_it_is() {
        let own = InstanceMark::of("edge1:443").to_string();
        let number = |mark: &str| format!("{mark}0123456789abcd");
        assert_eq!(foreign_mark(&number(&own), "edge1:443"), None);
        let other = InstanceMark::of("edge2:443").to_string();
        assert_eq!(
            foreign_mark(&number(&other), "edge1:443"),
            Some(other.as_str())
        );
        assert_eq!(foreign_mark("not-signed-in-by", "edge1:443"), None);
        assert_eq!(foreign_mark("bob", "edge1:443"), None);
    }

    #[test]
    fn a_refused_login_is_told_in_words() {
        let fields = [
            ("request_id", "ab0123456789abcd"),
            ("client", "192.0.2.7"),
            ("method", "password"),
            ("principal", "bob"),
            ("detail", "wrong password"),
        ];
        let shown = failure(&line(event::LOGIN_REFUSED, &fields)).expect("a failure");
        assert_eq!(
            (
                &*shown.time.text,
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
        assert_eq!(shown.request, "ab0123456789abcd");
        assert_eq!(shown.time.stamp, "2026-11-25T13:33:50Z");
        assert!(failure(&line(event::LOGIN_ABANDONED, &fields)).is_some());
        assert!(failure(&line(event::LOGIN_ACCEPTED, &fields)).is_none());
    }
}
