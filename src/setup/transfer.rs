//! Export and import of an installation, tried before anything changes, for the command
//! line and the console alike.

use std::{fmt::Write as _, io::Cursor};

use super::{import_error::ImportError, next_steps::Place};
use crate::{
    clock::Clock,
    config::{Effective, Given, Home, Mistake, Settings, keys},
    installation::{
        self, ArchiveError, ExportLayout, HostKeys, Imported, Installation, Leftover, Stage,
        StageNames, export_name, report,
    },
    instance::{Problem, Verdict, check, import_faults},
    telemetry::event,
};

/// An export: a file's name and bytes, and what another server needs beside it.
#[derive(Debug)]
pub struct Export {
    pub name: String,
    pub zip: Vec<u8>,
    pub outside: Vec<String>,
}

/// An import that was tried; nothing was changed yet.
#[derive(Debug)]
pub struct Import {
    home: Home,
    installation: Installation,
    report: String,
    host: HostKeys,
    retires: Vec<String>,
    leftovers: Vec<Leftover>,
    warnings: Vec<String>,
    hindrance: Option<Hindrance>,
}

/// Why this host cannot start with an import, about the home folder: it was tried in another one.
#[derive(Debug)]
struct Hindrance {
    problem: Problem,
    names: StageNames,
}

/// Goes back from an import that was interrupted, if there was one. Gives what was done, in words.
///
/// # Errors
/// When that is not possible: then nothing may start from this folder.
pub fn recover(settings: &Settings) -> Result<Option<String>, ArchiveError> {
    if settings.uses_files() {
        installation::recover(&settings.home())
    } else {
        Ok(None)
    }
}

/// This installation as a zip.
///
/// # Errors
/// When a file is missing, or cannot be read.
pub fn export(
    settings: &Settings,
    clock: &Clock,
    layout: ExportLayout,
) -> Result<Export, ArchiveError> {
    let installation = Installation::of_folder(&settings.home().path(""))?;
    Ok(Export {
        name: export_name(clock.now()),
        zip: installation.to_zip(layout)?,
        outside: installation.outside()?,
    })
}

impl Import {
    /// Tries an installation in this home folder's place, and changes nothing there.
    ///
    /// # Errors
    /// When it is broken in itself, or would stop an installation that works.
    pub fn try_out(
        settings: &Settings,
        clock: &Clock,
        mut installation: Installation,
    ) -> Result<Self, ImportError> {
        if !settings.uses_files() {
            return Err(ImportError::NoFiles);
        }
        let home = settings.home();
        let host = installation.take_host_keys(&home)?;
        let report = report(&installation)?;
        let stage = Stage::of(&home, &installation, clock.now())?;
        let faults = import_faults(&installation, &stage)?;
        if !faults.is_empty() {
            return Err(ImportError::Faulty {
                faults,
                names: stage.names().clone(),
            });
        }
        let Verdict {
            warnings,
            mut problem,
        } = check(&Settings::of_process(stage.folder()), clock);
        let retires = installation.retires(&home);
        let is_taken_away = |mistake: &Mistake| {
            let file = mistake.file();
            file.is_some_and(|file| retires.iter().any(|name| file.ends_with(name)))
        };
        let names = stage.names().clone();
        let is_worse = |problem: &Problem| {
            let missing = problem.missing_files();
            missing.is_none_or(|missing| missing.iter().any(is_taken_away))
                && home.config_json().exists()
                && check(settings, clock).problem.is_none()
        };
        if let Some(problem) = problem.take_if(|problem| is_worse(problem)) {
            return Err(ImportError::Worse { problem, names });
        }
        let warnings: Vec<_> = warnings
            .iter()
            .map(|warning| names.in_words(warning))
            .collect();
        Ok(Self {
            retires,
            leftovers: installation.leftovers(&home)?,
            home,
            installation,
            report,
            host,
            warnings,
            hindrance: problem.map(|problem| Hindrance { problem, names }),
        })
    }

    /// Takes it into the home folder.
    ///
    /// # Errors
    /// When a file cannot be written; the folder is then as it was.
    pub fn install(&self, clock: &Clock) -> Result<Imported, ArchiveError> {
        self.installation.install(&self.home, clock.now())
    }

    /// What it brings and changes, and whether this host can start with it.
    #[must_use]
    pub fn in_words(&self) -> String {
        let mut text = self.report.clone();
        let mut section = |title: &str, lines: &[String]| {
            if !lines.is_empty() {
                // Writing to a String cannot fail.
                let _ = write!(text, "\n{title}:\n");
                for line in lines {
                    let _ = writeln!(text, "- {line}");
                }
            }
        };
        if !self.host.kept.is_empty() {
            section(
                "This host's own keys stay as they are",
                &[self.host.kept.join(", ")],
            );
        }
        if !self.host.foreign.is_empty() {
            section(
                "Keys of the old host: look whether they fit this one",
                &[self.host.foreign.join(", ")],
            );
        }
        section(
            "No part of the new installation, so these files go to the backup",
            &self.retires,
        );
        let leftovers = self.leftovers.iter();
        let leftovers: Vec<_> = leftovers
            .map(|file| format!("{} {}", file.name, file.effect))
            .collect();
        section("Not in the archive, stays here", &leftovers);
        section("Worth a look", &self.warnings);
        let home = self.home.path("").display().to_string();
        let home = home.trim_end_matches('/');
        let keys = self.installation.config().unwrap_or_default();
        let values = Effective::of_file(&keys);
        let _ = match &self.hindrance {
            None => writeln!(text, "\nIt can start: ad-edge serve --home {home}"),
            Some(Hindrance { problem, names }) => {
                let shown = names.in_words(&problem.to_string());
                let _ = writeln!(text, "\nBefore it can start: {shown}");
                let place = Place::new(
                    &self.home.path(""),
                    &values.value(&keys::SERVER_URL).unwrap_or_default(),
                    &values.value(&keys::LDAP_BASE).unwrap_or_default(),
                );
                let mistakes = problem.mistakes().into_iter();
                let mistakes = mistakes.map(|mistake| at_home(mistake, names));
                for step in mistakes.filter_map(|mistake| place.step(&mistake)) {
                    let _ = writeln!(text, "- {}", step.replace('\n', "\n    "));
                }
                writeln!(text, "Then: ad-edge check --home {home}")
            }
        };
        text
    }
}

/// What became of a zip.
#[derive(Debug)]
pub struct TakenImport {
    /// `None`: it was only tried.
    pub done: Option<Imported>,
    /// What it brings and changes.
    pub report: String,
}

/// Tries a zip, and takes it when `take`. For the console.
///
/// # Errors
/// When nothing was changed.
pub fn take_import(
    settings: &Settings,
    clock: &Clock,
    zip: Vec<u8>,
    take: bool,
) -> Result<TakenImport, ImportError> {
    let _one = settings.writing();
    let installation = Installation::of_zip(Cursor::new(zip))?;
    let import = Import::try_out(settings, clock, installation)?;
    let done = if take {
        let done = import.install(clock)?;
        tracing::warn!(
            target: "audit", event = event::CONSOLE_IMPORTED,
            files = done.taken.join(", "),
            retired = done.retired.join(", "),
            backup = done.backup.as_ref().map(|folder| folder.display().to_string()),
            "the console imported an installation"
        );
        settings.forget();
        Some(done)
    } else {
        None
    };
    Ok(TakenImport {
        done,
        report: import.in_words(),
    })
}

/// About the home folder: it was found in the one where the import was tried.
fn at_home(mut mistake: Mistake, names: &StageNames) -> Mistake {
    if let Some(Given::File(path)) = mistake.given {
        mistake.given = Some(Given::File(names.at_home(path)));
    }
    mistake
}

#[cfg(test)]
#[path = "transfer_tests.rs"]
mod tests;
