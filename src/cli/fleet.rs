//! `ad-edge fleet`: all instances in one table, what differs among them, and what to do.

use std::{
    fmt::Write as _,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::Path,
    process::ExitCode,
};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::exit::{refuse, runtime};
use crate::{
    clock::Clock,
    config::{Config, FleetMember, Settings, keys},
    fleet::{Cell, Finding, FleetView, HEADINGS, Level, ask, rows},
};

/// Of the JSON's shape: a monitor may hold on to it.
const VERSION: u32 = 1;

pub(super) fn run(home: &Path, clock: &Clock, json: bool) -> ExitCode {
    let config = match Settings::of_process(home).load() {
        Ok(loaded) => loaded.config,
        Err(invalid) => return refuse(home, &invalid),
    };
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("ad-edge: no threads can be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    let alone = config.fleet.is_empty();
    let members = if alone {
        vec![own(&config)]
    } else {
        config.fleet
    };
    let asked = runtime.block_on(ask(&members, config.ops_token.as_ref()));
    // A name lookup that hangs is not waited for.
    runtime.shutdown_background();
    let view = FleetView::new(asked);
    let text = if json {
        let at = OffsetDateTime::from(clock.now()).format(&Rfc3339);
        format!("{:#}\n", view.json(VERSION, &at.unwrap_or_default()))
    } else {
        for_people(&view, alone)
    };
    print!("{text}");
    if view.is_good() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Where this machine reaches its own instance.
fn own(config: &Config) -> FleetMember {
    let host = match config.ops_listen.ip() {
        IpAddr::V4(any) if any.is_unspecified() => Ipv4Addr::LOCALHOST.to_string(),
        IpAddr::V6(any) if any.is_unspecified() => Ipv6Addr::LOCALHOST.to_string(),
        address => address.to_string(),
    };
    FleetMember {
        host,
        port: config.ops_listen.port(),
    }
}

fn for_people(view: &FleetView, alone: bool) -> String {
    let mut lines = vec![HEADINGS.map(str::to_owned).to_vec()];
    for row in rows(&view.asked) {
        // Marked for readers without colours.
        let shown = |Cell { text, bad }| if bad { format!("{text} !") } else { text };
        lines.push(row.0.into_iter().map(shown).collect());
    }
    let mut said = aligned(&lines);
    for Finding {
        level, text, fix, ..
    } in &view.findings
    {
        let level = match level {
            Level::Warn => "warn",
            Level::Fail => "FAIL",
        };
        let _ = write!(said, "\n{level}  {text}\n      fix: {fix}\n");
    }
    let _ = writeln!(said, "\n{}", view.sentence());
    if alone {
        let _ = writeln!(
            said,
            "This instance alone was asked: set {} to see the others",
            keys::FLEET.name
        );
    }
    said
}

/// In columns, two spaces apart.
fn aligned(lines: &[Vec<String>]) -> String {
    let width = |at: usize| {
        let cells = lines.iter().filter_map(|line| line.get(at));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..HEADINGS.len()).map(width).collect();
    let lines = lines.iter().map(|line| {
        let cells = line.iter().zip(&widths);
        let cells: Vec<_> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        format!("{}\n", cells.join("  ").trim_end())
    });
    lines.collect()
}
