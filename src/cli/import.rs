//! `ad-edge import`: takes an installation from a zip or a folder, and says what that changes.

use std::{fs::File, path::Path, process::ExitCode};

use super::exit::refuse;
use crate::{
    clock::Clock,
    config::{Settings, openable},
    installation::{ArchiveError, Installation, report},
    setup::{Import, ImportError, recover},
};

pub(super) fn run(home: &Path, clock: &Clock, from: &Path, dry_run: bool) -> ExitCode {
    match take(home, clock, from, dry_run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let code = refuse(home, &error);
            eprintln!("nothing was changed");
            code
        }
    }
}

fn take(home: &Path, clock: &Clock, from: &Path, dry_run: bool) -> Result<(), ImportError> {
    let settings = Settings::of_process(home);
    let installation = if from.is_dir() {
        Installation::of_folder(from)?
    } else {
        let read = |error| ArchiveError::Read(from.display().to_string(), error);
        openable(from).map_err(read)?;
        Installation::of_zip(File::open(from).map_err(read)?)?
    };
    if !dry_run && let Some(warning) = recover(&settings)? {
        eprintln!("warning: {warning}");
    }
    let report = report(&installation)?;
    let import = match Import::try_out(&settings, clock, installation) {
        Ok(import) => import,
        Err(error) => {
            println!("{report}");
            return Err(error);
        }
    };
    if dry_run {
        println!(
            "{}\nNothing was changed (--dry-run).",
            import.in_words().trim_end()
        );
        return Ok(());
    }
    let done = import.install(clock)?;
    println!(
        "{} files were taken into {}",
        done.taken.len(),
        home.display()
    );
    if let Some(backup) = done.backup {
        println!("What they replaced is in {}", backup.display());
    }
    print!("\n{}", import.in_words());
    Ok(())
}
