//! `ad-edge export`: the installation as a zip.

use std::{
    io::{self, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use super::{
    exit::{EXIT_CONFIG, refuse},
    own_child,
};
use crate::{
    clock::Clock,
    config::Settings,
    installation::{ArchiveError, ExportLayout, export_name, write_private},
    setup::export,
};

/// As an argument: standard output.
const OUTPUT: &str = "-";

/// Where the zip goes.
#[derive(Debug)]
pub(super) enum Target {
    Output,
    File(PathBuf),
}

impl Target {
    pub fn of(given: Option<PathBuf>, clock: &Clock) -> Self {
        match given {
            Some(file) if file == Path::new(OUTPUT) => Self::Output,
            Some(file) => Self::File(file),
            None => Self::File(export_name(clock.now()).into()),
        }
    }

    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Output => None,
            Self::File(file) => match file.parent() {
                Some(folder) if folder.as_os_str().is_empty() => Some(Path::new(".")),
                folder => folder,
            },
        }
    }
}

pub(super) fn run(home: &Path, clock: &Clock, target: &Target, layout: ExportLayout) -> ExitCode {
    if matches!(target, Target::Output) && io::stdout().is_terminal() {
        eprintln!(
            "ad-edge: a zip is nothing for a terminal: redirect standard output, or name a file"
        );
        return ExitCode::from(EXIT_CONFIG);
    }
    let export = match export(&Settings::of_process(home), clock, layout) {
        Ok(export) => export,
        Err(error) => return refuse(home, &error),
    };
    for missing in &export.outside {
        eprintln!("warning: not in the zip, and the other server needs it too: {missing}");
    }
    if layout == ExportLayout::Data {
        eprintln!(
            "warning: version 7 of the connector keeps the password of LDAP_BIND_USER in its host's keychain: type it into \
             its console"
        );
    }
    put(home, target, &export.zip)
}

/// Root writes it where its owner may not; the home folder is read by another process.
pub(super) fn run_as_root(home: &Path, target: &Target, layout: ExportLayout) -> ExitCode {
    let arguments: &[&str] = match layout {
        ExportLayout::Usual => &["export", OUTPUT],
        ExportLayout::Data => &["export", OUTPUT, "--data-layout"],
    };
    match own_child::printed(home, arguments, []) {
        Ok(zip) => put(home, target, &zip),
        Err(code) => code,
    }
}

fn put(home: &Path, target: &Target, zip: &[u8]) -> ExitCode {
    let written = match target {
        Target::File(file) => write_private(file, zip).map_err(ArchiveError::from),
        Target::Output => {
            let mut output = io::stdout();
            let written = output.write_all(zip).and_then(|()| output.flush());
            written.map_err(|error| ArchiveError::Write("standard output".to_owned(), error))
        }
    };
    match (written, target) {
        (Err(error), _) => refuse(home, &error),
        (Ok(()), Target::Output) => ExitCode::SUCCESS,
        (Ok(()), Target::File(file)) => {
            println!(
                "{} holds this installation, its keys too: move it over a safe way and delete it after \
                 the import",
                file.display()
            );
            ExitCode::SUCCESS
        }
    }
}
