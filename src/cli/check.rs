//! `ad-edge check`: reads the configuration and everything it names, and changes nothing, but for going
//! back from an import that was interrupted. Root looks as the service's user.

use std::{path::Path, process::ExitCode};

use super::exit::{EXIT_CONFIG, refuse};
use crate::{
    clock::Clock,
    config::Settings,
    instance::{Problem, check, closed_to_unit, out_of_reach},
    privileges::Owner,
    setup::recover,
};

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
    let reach = closed_to_its_unit(home).or(out_of_service_s_reach(home, &settings));
    // What follows from that is not said once more.
    let follows = |problem: &Problem| reach.is_some() && problem.is_denied();
    let problem = verdict.problem.filter(|problem| !follows(problem));
    let problem = problem.map(|problem| refuse(home, &problem));
    let code = reach.or(problem);
    code.unwrap_or_else(|| {
        println!("the configuration of {} can be used", home.display());
        ExitCode::SUCCESS
    })
}

/// Says as whom the service is going to run, where that user may not look here.
fn closed_to_its_unit(home: &Path) -> Option<ExitCode> {
    let closed = closed_to_unit(home)?;
    let (words, fix) = (closed.words(), closed.fix());
    if closed.is_installed {
        eprintln!("ad-edge: {words}\n    fix: {fix}");
        return Some(ExitCode::from(EXIT_CONFIG));
    }
    eprintln!("warning: {words}\n    fix: {fix}");
    None
}

/// Says how the service gets what it cannot read.
fn out_of_service_s_reach(home: &Path, settings: &Settings) -> Option<ExitCode> {
    let owner = Owner::of(home)?;
    let all = out_of_reach(settings);
    for one in &all {
        let (command, then) = one.fix(home, owner);
        eprintln!("ad-edge: {}\n    fix: {command}", one.words(owner));
        if let Some(then) = then {
            eprintln!("         {then}");
        }
    }
    (!all.is_empty()).then(|| ExitCode::from(EXIT_CONFIG))
}
