//! Puts an installation into the home folder: all of it or nothing, over a crash too.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::{
    ArchiveError, Installation,
    backups::{BACKUPS, new_backup, prune},
    change::{ChangeKind, Note, record},
    file::{made_home, write_in},
    journal::{Journal, Locked, recover_locked},
    paths::{MAPPER, allowed, mode},
};
use crate::{
    config::Home,
    files::{Folder, Found},
};

/// What an import did.
#[derive(Debug)]
pub struct Imported {
    pub taken: Vec<String>,
    /// What is no part of the new installation and is in the backup now.
    pub retired: Vec<String>,
    /// Where what was replaced is; `None` when there was nothing.
    pub backup: Option<PathBuf>,
}

impl Installation {
    /// Files of the home folder that are no part of this installation, though they are where its own
    /// would: an export of ours is whole, and a mapper that is built in has no file.
    #[must_use]
    pub fn retires(&self, home: &Home) -> Vec<String> {
        let mut names = Vec::new();
        if self.ours {
            // What was read could be read before: it came out of a configuration.
            let keys = self.config().unwrap_or_default();
            names = super::host::files_of(home);
            names.retain(|name| name != MAPPER && !self.needs(name, &keys));
        }
        if self.built_in_mapper && home.path(MAPPER).exists() {
            names.push(MAPPER.to_owned());
        }
        names.retain(|name| allowed(name) && !self.has(name));
        names
    }

    /// Puts the files into the home folder, after a copy of those that they replace. When one cannot be
    /// written, or the process ends in between, all are put back.
    ///
    /// # Errors
    /// When a file cannot be written; the folder is then as it was.
    pub fn install(&self, home: &Home, now: SystemTime) -> Result<Imported, ArchiveError> {
        let folder = home.path("");
        let is_new = !folder.exists();
        made_home(home)
            .map_err(|error| ArchiveError::Write(folder.display().to_string(), error))?;
        let done = self.install_into(home, now);
        if is_new && done.is_err() {
            // Files of somebody else stay.
            let _ = fs::remove_dir(&folder);
        }
        done
    }

    fn install_into(&self, home: &Home, now: SystemTime) -> Result<Imported, ArchiveError> {
        let locked = Locked::take(home)?;
        recover_locked(&locked)?;
        let retired = self.retires(home);
        let note = Note::of(ChangeKind::Import);
        let backup = self.install_locked(&locked, &retired, &note, now)?;
        Ok(Imported {
            taken: self.files.keys().cloned().collect(),
            retired,
            backup,
        })
    }

    /// The same while the folder is locked, with these files taken away. Gives the backup.
    pub(super) fn install_locked(
        &self,
        locked: &Locked,
        retired: &[String],
        note: &Note,
        now: SystemTime,
    ) -> Result<Option<PathBuf>, ArchiveError> {
        let home = locked.folder();
        let journal = self.prepare(home, retired, note, now)?;
        if let Err(error) = self.change_over(home, retired) {
            journal.undo(home)?;
            return Err(error);
        }
        Journal::end(home)?;
        prune(home);
        Ok(journal.backup.map(|backup| home.path().join(backup)))
    }

    /// Copies what will change, and says in the journal how to get back.
    pub(super) fn prepare(
        &self,
        home: &Folder,
        retired: &[String],
        note: &Note,
        now: SystemTime,
    ) -> Result<Journal, ArchiveError> {
        let mut journal = Journal::default();
        let mut there = Vec::new();
        for name in self.files.keys().chain(retired) {
            let path = home.path().join(name);
            let read = |error| ArchiveError::Read(path.display().to_string(), error);
            match home.find(name).map_err(read)? {
                Found::Link => {
                    return Err(ArchiveError::Link {
                        name: name.clone(),
                        path,
                    });
                }
                Found::Nothing => journal.are_new.push(name.clone()),
                Found::File | Found::Folder | Found::Other => {
                    let file = home.open_file(name).map_err(read)?;
                    let mode = file.metadata().map_err(read)?.permissions().mode() & 0o777;
                    there.push((name, home.read(name).map_err(read)?, mode));
                }
            }
        }
        let folders: BTreeSet<&str> = journal.are_new.iter().flat_map(|n| parents(n)).collect();
        for folder in folders {
            let found = home.find(folder).map_err(|error| {
                ArchiveError::Write(home.path().join(folder).display().to_string(), error)
            })?;
            if found == Found::Nothing {
                journal.new_folders.push(folder.to_owned());
            }
        }
        // A first mapper or revocation list replaces no file, and can be taken back too.
        let always = matches!(
            note.kind,
            ChangeKind::Mapper | ChangeKind::Files | ChangeKind::TakenBack
        );
        if always || !there.is_empty() {
            let backup = new_backup(home, now)?;
            let failed = |name: &str, error| {
                ArchiveError::Write(home.path().join(name).display().to_string(), error)
            };
            for (name, content, mode) in there {
                let copy = format!("{backup}/{name}");
                write_in(home, &copy, &content, mode).map_err(|error| failed(&copy, error))?;
                journal.were_there.push(name.clone());
            }
            record(home, &backup, note, &journal.were_there, &journal.are_new)?;
            for folder in [backup.as_str(), BACKUPS] {
                let synced = home.folder(folder).and_then(|folder| folder.sync());
                synced.map_err(|error| failed(folder, error))?;
            }
            journal.backup = Some(backup);
        }
        journal.begin(home)?;
        Ok(journal)
    }

    fn change_over(&self, home: &Folder, retired: &[String]) -> Result<(), ArchiveError> {
        let failed = |name: &str, error| {
            ArchiveError::Write(home.path().join(name).display().to_string(), error)
        };
        for (name, content) in &self.files {
            write_in(home, name, content, mode(name, content))
                .map_err(|error| failed(name, error))?;
        }
        for name in retired {
            let above = Path::new(name).parent().unwrap_or(Path::new(""));
            let removed = home.remove_file(name);
            removed
                .and_then(|()| home.folder(above)?.sync())
                .map_err(|error| failed(name, error))?;
        }
        Ok(())
    }
}

/// `certs` and `certs/crl` of `certs/crl/ca.pem`.
fn parents(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('/').map(|(at, _)| &name[..at])
}

#[cfg(test)]
#[path = "install_tests.rs"]
mod tests;
