//! `ad-edge export`: the installation as a zip.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use super::exit::refuse;
use crate::{
    clock::Clock,
    config::Settings,
    installation::{ArchiveError, write_atomically},
    setup::export,
};

pub(super) fn run(home: &Path, clock: &Clock, file: Option<PathBuf>) -> ExitCode {
    match write(home, clock, file) {
        Ok(file) => {
            println!(
                "{} holds this installation, its keys too: move it over a safe way and delete it after \
                 the import",
                file.display()
            );
            ExitCode::SUCCESS
        }
        Err(error) => refuse(home, &error),
    }
}

fn write(home: &Path, clock: &Clock, file: Option<PathBuf>) -> Result<PathBuf, ArchiveError> {
    let export = export(&Settings::of_process(home), clock)?;
    let file = file.unwrap_or_else(|| PathBuf::from(&export.name));
    write_atomically(&file, &export.zip, 0o600)?;
    for missing in &export.outside {
        eprintln!("warning: not in the zip, and the other server needs it too: {missing}");
    }
    Ok(file)
}
