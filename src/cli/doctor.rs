//! `ad-edge doctor`: one line for each thing that was looked at, with how to correct it.

use std::{path::Path, process::ExitCode};

use serde_json::json;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::exit::{EXIT_CONFIG, runtime};
use crate::{
    clock::Clock,
    config::Settings,
    doctor::{Finding, Level, PortHolders, Report, examine_reporting},
    privileges::Standing,
};

/// Of the JSON's shape: a monitor may hold on to it.
const VERSION: u32 = 1;

/// Whose the open ports are, as long as root can see that of all.
pub(super) fn holders(standing: &Standing) -> PortHolders {
    match standing.owner() {
        Some(_) => PortHolders::look(),
        None => PortHolders::default(),
    }
}

pub(super) fn run(home: &Path, clock: &Clock, json: bool, holders: PortHolders) -> ExitCode {
    let settings = Settings::of_process(home);
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("ad-edge: no threads can be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    let print_unless_json = |finding: &Finding| {
        if !json {
            print(finding);
        }
    };
    let report = runtime.block_on(examine_reporting(
        &settings,
        clock,
        holders,
        print_unless_json,
    ));
    // A name lookup that hangs is not waited for.
    runtime.shutdown_background();
    let Report {
        findings,
        configured,
    } = &report;
    let count = |level| findings.iter().filter(|f| f.level == level).count();
    if json {
        let home = std::path::absolute(home).unwrap_or_else(|_| home.to_owned());
        let at = OffsetDateTime::from(clock.now()).format(&Rfc3339);
        let all = json!({
            "version": VERSION,
            "home": home.to_string_lossy(),
            "at": at.unwrap_or_default(),
            "findings": findings,
        });
        println!("{all:#}");
    } else {
        println!(
            "\n{} ok, {} to look at, {} to correct",
            count(Level::Ok),
            count(Level::Warn),
            count(Level::Fail)
        );
    }
    if !configured {
        ExitCode::from(EXIT_CONFIG)
    } else if count(Level::Fail) > 0 {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

fn print(finding: &Finding) {
    let Finding {
        level, area, text, ..
    } = finding;
    // No text of the directory, a server or a file begins a line of its own.
    let indented = |text: &str| text.replace('\n', "\n                ");
    let text = indented(text);
    println!("{:<4}  {:<8}  {text}", level.label(), area.label());
    if let Some(fix) = &finding.fix {
        println!("                fix: {}", indented(fix));
    }
    if let Some(note) = &finding.note {
        println!("                {}", indented(note));
    }
}
