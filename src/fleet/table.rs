//! The table for people: an instance a line.

use std::time::Duration;

use super::{
    ask::Asked,
    report::{Certificate, InstanceReport, State, Tunnel},
    words::plain,
};
use crate::clock::span;

/// Over the columns.
pub const HEADINGS: [&str; 12] = [
    "Instance",
    "State",
    "Mark",
    "Address",
    "Version",
    "Up for",
    "Tunnel",
    "Directory",
    "Logins/min",
    "Refused/min",
    "Certificate",
    "Key version",
];

/// A line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row(pub Vec<Cell>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    pub text: String,
    /// It is not as it should be.
    pub bad: bool,
}

/// A line for each that was asked.
#[must_use]
pub fn rows(asked: &[Asked]) -> Vec<Row> {
    asked.iter().map(row).collect()
}

fn row(asked: &Asked) -> Row {
    let Ok(report) = &asked.answer else {
        let mut cells = vec![
            good("?"),
            cell("no answer", true),
            good(""),
            good(&asked.address),
        ];
        cells.resize(HEADINGS.len(), good(""));
        return Row(cells);
    };
    let up = report.directory.iter().filter(|server| server.up).count();
    let servers = report.directory.len();
    let is_disconnected = matches!(report.tunnel, Tunnel::Disconnected { .. });
    Row(vec![
        good(plain(&report.name)),
        cell(state(report.state), report.state != State::Ready),
        good(plain(&report.mark)),
        good(&asked.address),
        good(plain(&report.program)),
        good(span(Duration::from_secs(report.up_seconds))),
        cell(tunnel(&report.tunnel), is_disconnected),
        cell(format!("{up} of {servers} up"), up < servers),
        good(report.last_minute.logins.to_string()),
        good(report.last_minute.refusals.to_string()),
        good(certificate(report.server_certificate.as_ref())),
        good(key_versions(report)),
    ])
}

fn good(text: impl Into<String>) -> Cell {
    cell(text, false)
}

fn cell(text: impl Into<String>, bad: bool) -> Cell {
    Cell {
        text: text.into(),
        bad,
    }
}

fn state(state: State) -> &'static str {
    match state {
        State::Ready => "ready",
        State::NotReady => "not ready",
        State::Draining => "ending",
    }
}

fn tunnel(tunnel: &Tunnel) -> &'static str {
    match tunnel {
        Tunnel::Off => "none",
        Tunnel::Connected => "connected",
        Tunnel::Disconnected { .. } => "not connected",
    }
}

/// `3fa2c1d0 to 2027-01-03`.
fn certificate(certificate: Option<&Certificate>) -> String {
    certificate.map_or_else(
        || "at the balancer".to_owned(),
        |Certificate { thumbprint, ends }| {
            let short = |text: &str, length| plain(text).chars().take(length).collect::<String>();
            format!("{} to {}", short(thumbprint, 8), short(ends, 10))
        },
    )
}

/// Of all principals in the keytab: `2+3`.
fn key_versions(report: &InstanceReport) -> String {
    let mut versions: Vec<u32> = report.keytab.values().flatten().copied().collect();
    versions.sort_unstable();
    versions.dedup();
    if versions.is_empty() {
        return "none".to_owned();
    }
    let versions: Vec<_> = versions.iter().map(u32::to_string).collect();
    versions.join("+")
}
