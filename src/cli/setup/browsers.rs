//! `ad-edge setup --browser-policies FOLDER`: writes the policies of browsers as files.

use std::{fs, io, path::Path, process::ExitCode};

use super::super::exit::EXIT_CONFIG;
use crate::{
    config::Settings,
    setup::{PolicyFile, browser_policies},
};

pub(super) fn write(settings: &Settings, folder: &Path) -> ExitCode {
    let files = match browser_policies(settings) {
        Ok(files) => files,
        Err(error) => {
            eprintln!("ad-edge: {error}");
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    match write_all(folder, &files) {
        Ok(()) => {
            for PolicyFile { path, place, .. } in files {
                println!("{}\n    {place}", folder.join(path).display());
            }
            println!("Safari needs no file: it answers Kerberos when the Mac has a ticket.");
            ExitCode::SUCCESS
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            eprintln!(
                "ad-edge: {} is there already, and nothing was written: name a folder that does not exist yet",
                folder.display()
            );
            ExitCode::from(EXIT_CONFIG)
        }
        Err(error) => {
            eprintln!(
                "ad-edge: the policies cannot be written to {}: {error}. Name a new folder in one that you may \
                 write to",
                folder.display()
            );
            ExitCode::from(EXIT_CONFIG)
        }
    }
}

/// The folder must be new, so nothing of anybody's is overwritten.
fn write_all(folder: &Path, files: &[PolicyFile]) -> io::Result<()> {
    fs::create_dir(folder)?;
    for file in files {
        let path = folder.join(file.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, &file.content)?;
    }
    Ok(())
}
