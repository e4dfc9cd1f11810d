//! `ad-edge import`: takes an installation from a zip or a folder, and says what that changes.

use std::{fs::File, path::Path, process::ExitCode};

use super::exit::refuse;
use crate::{
    clock::Clock,
    config::{Settings, openable},
    files::Folder,
    installation::{ArchiveError, Installation, report},
    privileges::{Source, Standing},
    setup::{Import, ImportError, recover},
};

/// What is to be imported, opened while root can.
pub(super) struct Given<'a> {
    path: &'a Path,
    /// Of a folder what is in it: no other user may read it later.
    opened: Option<Result<Opened, ArchiveError>>,
}

enum Opened {
    Zip(File),
    Folder(Box<Installation>),
}

pub(super) fn open<'a>(standing: &Standing, path: &'a Path) -> Given<'a> {
    let opened = standing.open(path).map(|source| match source {
        Source::File(file) => Ok(Opened::Zip(file)),
        Source::Folder(folder) => files_of(&folder),
    });
    Given { path, opened }
}

fn files_of(folder: &Folder) -> Result<Opened, ArchiveError> {
    Ok(Opened::Folder(Box::new(Installation::read_folder(folder)?)))
}

impl Given<'_> {
    fn installation(self) -> Result<Installation, ArchiveError> {
        let read = |error| ArchiveError::Read(self.path.display().to_string(), error);
        let opened = match self.opened {
            Some(opened) => opened?,
            None if self.path.is_dir() => files_of(&Folder::open(self.path).map_err(read)?)?,
            None => {
                openable(self.path).map_err(read)?;
                Opened::Zip(File::open(self.path).map_err(read)?)
            }
        };
        match opened {
            Opened::Zip(file) => Installation::of_zip(file),
            Opened::Folder(installation) => installation.whole(),
        }
    }
}

pub(super) fn run(home: &Path, clock: &Clock, from: Given<'_>, dry_run: bool) -> ExitCode {
    match take(home, clock, from, dry_run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let code = refuse(home, &error);
            eprintln!("nothing was changed");
            code
        }
    }
}

fn take(home: &Path, clock: &Clock, from: Given<'_>, dry_run: bool) -> Result<(), ImportError> {
    let settings = Settings::of_process(home);
    let installation = from.installation()?;
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
