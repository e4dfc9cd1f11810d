//! Puts an installation into the home folder: all of it or nothing, over a crash too.

use std::{
    collections::BTreeSet, fs, io, os::unix::fs::PermissionsExt as _, path::PathBuf,
    time::SystemTime,
};

use super::{
    ArchiveError, Installation,
    backups::{BACKUPS, new_backup, prune},
    change::{ChangeKind, Note, record},
    journal::{Journal, Locked, recover_locked, sync},
    paths::{MAPPER, allowed, mode},
    write_atomically,
};
use crate::config::Home;

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
            names = super::host::files(home);
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
        fs::create_dir_all(&folder)
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
        recover_locked(home, &locked)?;
        let retired = self.retires(home);
        let note = Note::of(ChangeKind::Import);
        let backup = self.install_locked(home, &retired, &note, now)?;
        Ok(Imported {
            taken: self.files.keys().cloned().collect(),
            retired,
            backup,
        })
    }

    /// The same while the folder is locked, with these files taken away. Gives the backup.
    pub(super) fn install_locked(
        &self,
        home: &Home,
        retired: &[String],
        note: &Note,
        now: SystemTime,
    ) -> Result<Option<PathBuf>, ArchiveError> {
        let journal = self.prepare(home, retired, note, now)?;
        if let Err(error) = self.change_over(home, retired) {
            journal.undo(home)?;
            return Err(error);
        }
        Journal::end(home)?;
        prune(home);
        Ok(journal.backup.map(|backup| home.path(backup)))
    }

    /// Copies what will change, and says in the journal how to get back.
    pub(super) fn prepare(
        &self,
        home: &Home,
        retired: &[String],
        note: &Note,
        now: SystemTime,
    ) -> Result<Journal, ArchiveError> {
        let mut journal = Journal::default();
        let mut there = Vec::new();
        for name in self.files.keys().chain(retired) {
            let path = home.path(name);
            let read = |error| ArchiveError::Read(path.display().to_string(), error);
            match fs::symlink_metadata(&path) {
                Ok(meta) if meta.is_symlink() && self.has(name) => {
                    return Err(ArchiveError::Link {
                        name: name.clone(),
                        path,
                    });
                }
                Ok(_) => {
                    let mode = fs::metadata(&path).map_err(read)?.permissions().mode() & 0o777;
                    there.push((name, fs::read(&path).map_err(read)?, mode));
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    journal.are_new.push(name.clone());
                }
                Err(error) => return Err(read(error)),
            }
        }
        let folders: BTreeSet<&str> = journal.are_new.iter().flat_map(|n| parents(n)).collect();
        let new = folders.iter().filter(|f| !home.path(f).exists());
        journal.new_folders = new.map(|folder| (*folder).to_owned()).collect();
        // A first mapper or revocation list replaces no file, and can be taken back too.
        let always = matches!(
            note.kind,
            ChangeKind::Mapper | ChangeKind::Files | ChangeKind::TakenBack
        );
        if always || !there.is_empty() {
            let backup = new_backup(home, now)?;
            for (name, content, mode) in there {
                write_atomically(&home.path(&backup).join(name), &content, mode)?;
                journal.were_there.push(name.clone());
            }
            let folder = home.path(&backup);
            record(&folder, note, &journal.were_there, &journal.are_new)?;
            sync(&folder)?;
            sync(&home.path(BACKUPS))?;
            journal.backup = Some(backup);
        }
        journal.begin(home)?;
        Ok(journal)
    }

    fn change_over(&self, home: &Home, retired: &[String]) -> Result<(), ArchiveError> {
        for (name, content) in &self.files {
            write_atomically(&home.path(name), content, mode(name))?;
        }
        for name in retired {
            let path = home.path(name);
            fs::remove_file(&path)
                .map_err(|error| ArchiveError::Write(path.display().to_string(), error))?;
            sync(path.parent().unwrap_or(&path))?;
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
