//! `ad-edge check`: reads the configuration and everything it names, and changes nothing.

use std::{path::Path, process::ExitCode};

use super::refuse;
use crate::{
    app::{Kept, Materials, Settings},
    clock::Clock,
};

pub(super) fn run(home: &Path) -> ExitCode {
    let loaded = match Settings::of_process(home).load() {
        Ok(loaded) => loaded,
        Err(invalid) => {
            for warning in &invalid.warnings {
                eprintln!("warning: {warning}");
            }
            return refuse(home, &invalid);
        }
    };
    for warning in &loaded.warnings {
        eprintln!("warning: {warning}");
    }
    match Materials::load(&loaded.config, &Clock::system(), false, &Kept::default()) {
        Ok(materials) => {
            for warning in &materials.warnings {
                eprintln!("warning: {warning}");
            }
            println!("the configuration of {} can be used", home.display());
            ExitCode::SUCCESS
        }
        Err(unusable) => refuse(home, &unusable),
    }
}
