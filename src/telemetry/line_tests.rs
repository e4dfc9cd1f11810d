//! Whatever an event holds, its line is one line and says what the event says.

use std::{
    io,
    sync::{Arc, Mutex},
};

use serde_json::Value;
use tracing_subscriber::{Registry, layer::SubscriberExt as _};

use super::*;

/// Texts of somebody who would like to be a line of ours, or to own the terminal.
const HOSTILE: [&str; 7] = [
    "x\n2026-12-01T00:00:00Z  INFO signed in event=\"login.accepted\" principal=\"admin\"",
    "x\r\u{1b}[1A\u{1b}[2Kgone \u{9b}31m \u{7}\u{8}\u{7f}\0",
    "x\u{2028}y\u{2029}z\u{85}w",
    "\u{202e}drowssap\u{2066}\u{200f}\u{61c}\u{200b}\u{feff}\u{e0041}",
    "x\" outcome=\"success",
    "x outcome=success user=admin",
    "back\\slash \\\" \\u001b \\",
];

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("bytes").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn lines_of(format: LogFormat, colours: bool, log: impl FnOnce()) -> String {
    let captured = Captured::default();
    let writer = captured.clone();
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(move || writer.clone())
        .with_ansi(colours)
        .event_format(Lines(format));
    tracing::subscriber::with_default(Registry::default().with(layer), log);
    let bytes = captured.0.lock().expect("bytes").clone();
    String::from_utf8(bytes).expect("UTF-8")
}

/// By every way in which a text comes into an event.
fn log_all(text: &str) {
    let error = io::Error::other(text.to_owned());
    tracing::info!(target: "audit", principal = text, service = %text, debug = ?text, error = %error, "not signed in");
    tracing::info!("{text}");
    tracing::info!(
        error = &error as &dyn std::error::Error,
        owned = String::from(text),
        "said"
    );
}

#[test]
fn a_text_of_others_is_a_part_of_one_line_and_instructs_no_terminal() {
    for text in HOSTILE {
        for format in [LogFormat::Text, LogFormat::Json] {
            let written = lines_of(format, false, || log_all(text));
            assert!(written.ends_with('\n'), "{written:?}");
            let lines: Vec<_> = written.trim_end_matches('\n').split('\n').collect();
            assert_eq!(lines.len(), 3, "{written:?}");
            for line in lines {
                assert!(!line.chars().any(crate::cause::is_unseen), "{line:?}");
            }
        }
    }
}

#[test]
fn no_text_of_others_is_a_field_of_ours() {
    for text in HOSTILE {
        let written = lines_of(LogFormat::Text, false, || log_all(text));
        for line in written.lines() {
            // What is between quotes is a value.
            let (mut outside, mut quoted, mut escaped) = (String::new(), false, false);
            for c in line.chars() {
                match c {
                    _ if escaped => escaped = false,
                    '\\' if quoted => escaped = true,
                    '"' => quoted = !quoted,
                    c if !quoted => outside.push(c),
                    _ => {}
                }
            }
            assert!(!quoted, "{line}");
            for forged in ["outcome=", "user=", "event="] {
                assert!(!outside.contains(forged), "{line}");
            }
        }
    }
}

#[test]
fn json_gives_every_text_back() {
    for text in HOSTILE {
        let written = lines_of(LogFormat::Json, false, || log_all(text));
        let lines: Vec<Value> = written
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        for name in ["principal", "service", "error"] {
            assert_eq!(lines[0][name], text);
        }
        assert_eq!(lines[0]["target"], "audit");
        assert_eq!(lines[1]["message"], text);
        assert_eq!(lines[2]["owned"], text);
    }
}

#[test]
fn colours_are_ours_alone() {
    let written = lines_of(LogFormat::Text, true, || {
        tracing::info!(name = HOSTILE[1], "said");
    });
    let escapes: Vec<_> = written.split('\u{1b}').skip(1).collect();
    assert!(!escapes.is_empty());
    for escape in escapes {
        assert!(
            escape.starts_with('[') && escape[1..].contains('m'),
            "{written:?}"
        );
        assert!(
            !escape.starts_with("[1A") && !escape.starts_with("[2K"),
            "{written:?}"
        );
    }
}

#[test]
fn numbers_stay_numbers_and_long_texts_are_cut() {
    let long = "ä".repeat(100_000);
    let written = lines_of(LogFormat::Json, false, || {
        tracing::info!(
            count = 7_u64,
            below = -7_i64,
            share = 0.5,
            none = f64::NAN,
            is = true,
            long,
            "{long}"
        );
    });
    assert!(written.len() < 3 * VALUE_BYTES, "{}", written.len());
    let line: Value = serde_json::from_str(&written).expect("JSON");
    assert_eq!(line["count"], 7);
    assert_eq!(line["below"], -7);
    assert_eq!(line["share"], 0.5);
    assert_eq!(line["none"], Value::Null);
    assert_eq!(line["is"], true);
    for name in ["long", "message"] {
        let text = line[name].as_str().expect("a text");
        assert!(
            text.ends_with("ä…") && text.len() <= VALUE_BYTES + 3,
            "{}",
            text.len()
        );
    }
    let text = lines_of(
        LogFormat::Text,
        false,
        || tracing::info!(client = %"192.0.2.1", status = 200, path = "/x", "request"),
    );
    let (_, rest) = text.split_once("  INFO ").expect("a level");
    assert_eq!(rest, "request client=192.0.2.1 status=200 path=\"/x\"\n");
}

proptest::proptest! {
    #[test]
    fn whatever_is_quoted_is_json_in_which_nothing_is_unseen(value in proptest::prelude::any::<String>()) {
        let mut line = String::new();
        quoted(&mut line, &value).expect("written");
        proptest::prop_assert!(!line.chars().any(crate::cause::is_unseen));
        proptest::prop_assert_eq!(serde_json::from_str::<String>(&line).expect("JSON"), value);
    }
}
