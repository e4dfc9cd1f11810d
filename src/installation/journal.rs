//! Back from an import that did not end: a journal in the home folder says what was there before.
//!
//! It comes into being before the first file changes and goes after the last one. Whoever finds it, a
//! start or an import, puts everything back first: no half of an installation is ever used.

use std::{
    fs::{self, File, TryLockError},
    io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{ArchiveError, write_atomically};
use crate::{config::Home, telemetry::event};

const JOURNAL: &str = ".import.json";
/// An import takes a moment.
const LOCK_LIMIT: Duration = Duration::from_secs(10);

/// How to get back.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Journal {
    /// Where copies of the files that were there are, under the home folder.
    pub backup: Option<String>,
    pub were_there: Vec<String>,
    pub are_new: Vec<String>,
    /// Folders that are new, the outer ones first.
    pub new_folders: Vec<String>,
}

/// The home folder, while nobody else may change it.
#[derive(Debug)]
pub struct Locked(Option<File>);

impl Locked {
    /// Waits until nobody else changes it, in this process or another.
    ///
    /// # Errors
    /// When that takes too long, or there is no such folder.
    pub fn take(home: &Home) -> Result<Self, ArchiveError> {
        let folder = home.path("");
        let shown = folder.display().to_string();
        let file = File::open(&folder).map_err(|error| ArchiveError::Read(shown.clone(), error))?;
        let end = Instant::now() + LOCK_LIMIT;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self(Some(file))),
                Err(TryLockError::WouldBlock) if Instant::now() < end => {
                    thread::sleep(Duration::from_millis(20));
                }
                Err(TryLockError::WouldBlock) => return Err(ArchiveError::Busy(shown)),
                // Some network file systems lock no folders.
                Err(TryLockError::Error(error)) => {
                    tracing::debug!(folder = shown, error = %crate::cause::io(&error), "this file system locks no folders");
                    return Ok(Self(None));
                }
            }
        }
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        // Closing it does the same; it only says what this is for.
        if let Some(file) = &self.0 {
            let _ = file.unlock();
        }
    }
}

impl Journal {
    pub fn begin(&self, home: &Home) -> Result<(), ArchiveError> {
        let path = home.path(JOURNAL);
        let text = serde_json::to_vec_pretty(self).map_err(|error| {
            ArchiveError::Write(path.display().to_string(), io::Error::other(error))
        })?;
        Ok(write_atomically(&path, &text, 0o600)?)
    }

    pub fn end(home: &Home) -> Result<(), ArchiveError> {
        let path = home.path(JOURNAL);
        fs::remove_file(&path)
            .map_err(|error| ArchiveError::Write(path.display().to_string(), error))?;
        sync(&home.path(""))
    }

    /// Puts everything back and ends; what cannot be put back is said, and the journal stays.
    pub fn undo(&self, home: &Home) -> Result<(), ArchiveError> {
        let mut failed = None;
        if let Some(backup) = &self.backup {
            for name in &self.were_there {
                let copy = home.path(backup).join(name);
                failed = put_back(&copy, &home.path(name)).err().or(failed);
            }
        }
        for name in &self.are_new {
            let path = home.path(name);
            if let Err(error) = fs::remove_file(&path)
                && fs::symlink_metadata(&path).is_ok()
            {
                failed = Some(ArchiveError::Write(path.display().to_string(), error));
            }
            // A folder that is not there has no names.
            let _ = path.parent().map(sync);
        }
        for name in self.new_folders.iter().rev() {
            // What somebody else put there stays, with its folder.
            let _ = fs::remove_dir(home.path(name));
        }
        match failed {
            None => Self::end(home),
            Some(error) => {
                tracing::error!(
                    event = event::IMPORT_RECOVERY_FAILED,
                    %error,
                    backup = self.backup,
                    "not everything could be put back"
                );
                Err(error)
            }
        }
    }
}

/// Names that came and went reach the disk.
pub(super) fn sync(folder: &Path) -> Result<(), ArchiveError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| ArchiveError::Write(folder.display().to_string(), error))
}

fn put_back(copy: &Path, path: &Path) -> Result<(), ArchiveError> {
    let read = |error| ArchiveError::Read(copy.display().to_string(), error);
    let content = fs::read(copy).map_err(read)?;
    let mode = fs::metadata(copy).map_err(read)?.permissions().mode() & 0o777;
    Ok(write_atomically(path, &content, mode)?)
}

fn unreadable(path: &Path, source: io::Error) -> ArchiveError {
    ArchiveError::Journal {
        journal: path.to_owned(),
        source,
    }
}

/// Puts back what an interrupted import left, if there is any. Gives what was done, in words.
///
/// # Errors
/// When it cannot be put back: then nothing may be read from this folder.
pub fn recover(home: &Home) -> Result<Option<String>, ArchiveError> {
    if !home.path(JOURNAL).exists() {
        return Ok(None);
    }
    recover_locked(home, &Locked::take(home)?)
}

/// The same while nobody else may change the folder. What is there then is not an import under way.
///
/// # Errors
/// When it cannot be gone back.
pub fn recover_locked(home: &Home, _locked: &Locked) -> Result<Option<String>, ArchiveError> {
    let path: PathBuf = home.path(JOURNAL);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(&path, error)),
    };
    let journal: Journal =
        serde_json::from_slice(&text).map_err(|error| unreadable(&path, error.into()))?;
    journal.undo(home)?;
    let message = format!(
        "an import or another change was interrupted here: what it had changed was put back{}. Do it again",
        journal
            .backup
            .map(|backup| format!(" from {}", home.path(backup).display()))
            .unwrap_or_default()
    );
    tracing::error!(event = event::IMPORT_RECOVERED, "{message}");
    Ok(Some(message))
}
