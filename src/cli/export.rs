//! `ad-edge export`: the installation as a zip.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use super::refuse;
use crate::{
    clock::Clock,
    setup::{Installation, export_name, write_atomically},
};

pub(super) fn run(home: &Path, file: Option<PathBuf>) -> ExitCode {
    let file = file.unwrap_or_else(|| PathBuf::from(export_name(Clock::system().now())));
    let written = Installation::of_folder(home)
        .and_then(|installation| installation.to_zip())
        .and_then(|zip| Ok(write_atomically(&file, &zip, 0o600)?));
    match written {
        Ok(()) => {
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
