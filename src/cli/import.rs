//! `ad-edge import`: takes an installation from a zip or a folder, and says what that changes.

use std::{fs::File, path::Path, process::ExitCode};

use super::refuse;
use crate::{
    app::Settings,
    clock::Clock,
    config::Home,
    setup::{ArchiveError, Installation, report},
};

pub(super) fn run(home: &Path, from: &Path, dry_run: bool) -> ExitCode {
    match take(home, from, dry_run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let code = refuse(home, &error);
            eprintln!("nothing was changed");
            code
        }
    }
}

fn take(home: &Path, from: &Path, dry_run: bool) -> Result<(), ArchiveError> {
    let installation = if from.is_dir() {
        Installation::of_folder(from)?
    } else {
        let read = |error| ArchiveError::Read(from.display().to_string(), error);
        Installation::of_zip(File::open(from).map_err(read)?)?
    };
    let report = report(&installation)?;
    if dry_run {
        println!("{report}\nNothing was changed (--dry-run).");
        return Ok(());
    }
    let done = installation.install(&Home::new(home), Clock::system().now())?;
    println!(
        "{} files were taken into {}",
        done.taken.len(),
        home.display()
    );
    if let Some(backup) = done.backup {
        println!("What they replaced lies in {}", backup.display());
    }
    println!("\n{report}");
    match Settings::of_process(home).load() {
        Ok(_) => println!("It can start: ad-edge serve --home {}", home.display()),
        Err(invalid) => println!("Before it can start:\n{invalid}"),
    }
    Ok(())
}
