//! `ad-edge setup --browser-policies FOLDER`: writes the policies of browsers as files.

use std::{
    io,
    path::{Component, Path, PathBuf},
    process::ExitCode,
};

use serde::{Deserialize, Serialize};

use super::super::{exit::EXIT_CONFIG, own_child};
use crate::{
    config::Settings,
    files::{Belongs, Folder},
    setup::{PolicyFile, browser_policies},
};

/// As the folder's name: print them, for the process of root's that writes them.
const OUTPUT: &str = "-";
/// Before the umask: they are for everybody to read.
const MODES: (u32, u32) = (0o777, 0o644);

/// A policy on its way from one process to another.
#[derive(Serialize, Deserialize)]
struct Policy {
    path: PathBuf,
    content: String,
    place: String,
}

impl From<PolicyFile> for Policy {
    fn from(file: PolicyFile) -> Self {
        Self {
            path: file.path.into(),
            content: file.content,
            place: file.place.to_owned(),
        }
    }
}

/// The folder in which the new one is to be.
pub(in crate::cli) fn above(folder: &Path) -> PathBuf {
    let above = folder.parent().unwrap_or(Path::new("/"));
    if above.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        above.to_owned()
    }
}

pub(super) fn write(settings: &Settings, folder: &Path) -> ExitCode {
    let files: Vec<Policy> = match browser_policies(settings) {
        Ok(files) => files.into_iter().map(Policy::from).collect(),
        Err(error) => {
            eprintln!("ad-edge: {error}");
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    if folder == Path::new(OUTPUT) {
        let written = serde_json::to_writer(io::stdout(), &files);
        return match written {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
    }
    put(folder, &files)
}

/// Root writes them where the owner of the home folder may not; that is read by another process.
pub(in crate::cli) fn write_as_root(home: &Path, folder: &Path) -> ExitCode {
    let settings = Settings::of_process(home);
    let command = ["setup", "--browser-policies", OUTPUT];
    let printed = match own_child::printed(home, &command, settings.variables()) {
        Ok(printed) => printed,
        Err(code) => return code,
    };
    match serde_json::from_slice::<Vec<Policy>>(&printed) {
        Ok(files) => put(folder, &files),
        Err(error) => {
            eprintln!("ad-edge: what was made of the home folder cannot be read: {error}");
            ExitCode::FAILURE
        }
    }
}

fn put(folder: &Path, files: &[Policy]) -> ExitCode {
    match write_all(folder, files) {
        Ok(()) => {
            for Policy { path, place, .. } in files {
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
fn write_all(folder: &Path, files: &[Policy]) -> io::Result<()> {
    let Some(Component::Normal(name)) = folder.components().next_back() else {
        return Err(io::ErrorKind::AlreadyExists.into());
    };
    let new = Folder::open(&above(folder))?.make_new(name, MODES.0)?;
    for file in files {
        new.make(file.path.parent().unwrap_or(Path::new("")), MODES.0)?;
        new.place(
            &file.path,
            file.content.as_bytes(),
            MODES.1,
            Belongs::ToWriter,
        )?;
    }
    Ok(())
}
