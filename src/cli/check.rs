//! `ad-edge check`: reads the configuration and everything it names, and changes nothing, but for going
//! back from an import that was interrupted.

use std::{path::Path, process::ExitCode};

use super::exit::refuse;
use crate::{clock::Clock, config::Settings, instance::check, setup::recover};

pub(super) fn run(home: &Path, clock: &Clock) -> ExitCode {
    let settings = Settings::of_process(home);
    match recover(&settings) {
        Ok(None) => {}
        Ok(Some(warning)) => eprintln!("warning: {warning}"),
        Err(error) => return refuse(home, &error),
    }
    let verdict = check(&settings, clock);
    for warning in &verdict.warnings {
        eprintln!("warning: {warning}");
    }
    match verdict.problem {
        Some(problem) => refuse(home, &problem),
        None => {
            println!("the configuration of {} can be used", home.display());
            ExitCode::SUCCESS
        }
    }
}
