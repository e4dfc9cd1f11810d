//! Back from an import that did not end: a journal in the home folder says what was there before.
//!
//! It comes into being before the first file changes and goes after the last one. Whoever finds it, a
//! start or an import, puts everything back first: no half of an installation is ever used.

use std::{
    fs::TryLockError,
    io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{
    ArchiveError,
    backups::{BACKUPS, made_at},
    file::write_in,
    paths::{is_beneath, shown},
};
use crate::{
    config::Home,
    files::{Folder, Found},
    telemetry::event,
};

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
pub struct Locked {
    folder: Folder,
    is_locked: bool,
}

impl Locked {
    /// Waits until nobody else changes it, in this process or another.
    ///
    /// # Errors
    /// When that takes too long, or there is no such folder.
    pub fn take(home: &Home) -> Result<Self, ArchiveError> {
        let folder = home.path("");
        let shown = folder.display().to_string();
        let folder =
            Folder::open(&folder).map_err(|error| ArchiveError::Read(shown.clone(), error))?;
        let end = Instant::now() + LOCK_LIMIT;
        let is_locked = loop {
            match folder.handle().try_lock() {
                Ok(()) => break true,
                Err(TryLockError::WouldBlock) if Instant::now() < end => {
                    thread::sleep(Duration::from_millis(20));
                }
                Err(TryLockError::WouldBlock) => return Err(ArchiveError::Busy(shown)),
                // Some network file systems lock no folders.
                Err(TryLockError::Error(error)) => {
                    tracing::debug!(folder = shown, error = %crate::cause::io(&error), "this file system locks no folders");
                    break false;
                }
            }
        };
        Ok(Self { folder, is_locked })
    }

    /// What is beneath it, wherever its path leads meanwhile.
    pub(super) fn folder(&self) -> &Folder {
        &self.folder
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        // Closing it does the same; it only says what this is for.
        if self.is_locked {
            let _ = self.folder.handle().unlock();
        }
    }
}

impl Journal {
    pub fn begin(&self, home: &Folder) -> Result<(), ArchiveError> {
        let path = home.path().join(JOURNAL);
        let written = serde_json::to_vec_pretty(self)
            .map_err(io::Error::other)
            .and_then(|text| write_in(home, JOURNAL, &text, 0o600));
        written.map_err(|error| ArchiveError::Write(path.display().to_string(), error))
    }

    pub fn end(home: &Folder) -> Result<(), ArchiveError> {
        let done = home.remove_file(JOURNAL).and_then(|()| home.sync());
        done.map_err(|error| {
            ArchiveError::Write(home.path().join(JOURNAL).display().to_string(), error)
        })
    }

    /// The first name that no import or change writes.
    fn strange_name(&self) -> Option<&str> {
        let names = [&self.were_there, &self.are_new, &self.new_folders];
        let mut names = names.into_iter().flatten();
        let is_ours = |backup: &&String| {
            let name = backup
                .strip_prefix(BACKUPS)
                .and_then(|rest| rest.strip_prefix('/'));
            name.is_some_and(|name| made_at(name).is_some())
        };
        let backup = self.backup.as_ref().filter(|backup| !is_ours(backup));
        backup
            .or_else(|| names.find(|name| !is_beneath(name)))
            .map(String::as_str)
    }

    /// Puts everything back and ends; what cannot be put back is said, and the journal stays.
    pub fn undo(&self, home: &Folder) -> Result<(), ArchiveError> {
        let mut failed = None;
        if let Some(backup) = &self.backup {
            for name in &self.were_there {
                failed = put_back(home, backup, name).err().or(failed);
            }
        }
        for name in &self.are_new {
            let above = Path::new(name).parent().unwrap_or(Path::new(""));
            let removed = home
                .remove_file(name)
                .and_then(|()| home.folder(above)?.sync());
            // What is not there, or cannot be, need not go.
            if let Err(error) = removed
                && home.find(name).is_ok_and(|found| found != Found::Nothing)
            {
                let path = home.path().join(name).display().to_string();
                failed = Some(ArchiveError::Write(path, error));
            }
        }
        for name in self.new_folders.iter().rev() {
            // What somebody else put there stays, with its folder.
            let _ = home.remove_folder(name);
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

fn put_back(home: &Folder, backup: &str, name: &str) -> Result<(), ArchiveError> {
    let copy = Path::new(backup).join(name);
    let read = || {
        let file = home.open_file(&copy)?;
        let mode = file.metadata()?.permissions().mode() & 0o777;
        Ok((home.read(&copy)?, mode))
    };
    let at = |name: &Path| home.path().join(name).display().to_string();
    let (content, mode) = read().map_err(|error| ArchiveError::Read(at(&copy), error))?;
    write_in(home, name, &content, mode)
        .map_err(|error| ArchiveError::Write(at(Path::new(name)), error))
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
    let folder = home.path("");
    // A folder that is not there has none; what cannot be opened says so when it is read.
    let Ok(opened) = Folder::open(&folder) else {
        return Ok(None);
    };
    if opened
        .find(JOURNAL)
        .is_ok_and(|found| found == Found::Nothing)
    {
        return Ok(None);
    }
    recover_locked(&Locked::take(home)?)
}

/// The same while nobody else may change the folder. What is there then is not an import under way.
///
/// # Errors
/// When it cannot be gone back.
pub fn recover_locked(locked: &Locked) -> Result<Option<String>, ArchiveError> {
    let home = locked.folder();
    let path: PathBuf = home.path().join(JOURNAL);
    let text = match home.read(JOURNAL) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(&path, error)),
    };
    let journal: Journal =
        serde_json::from_slice(&text).map_err(|error| unreadable(&path, error.into()))?;
    if let Some(name) = journal.strange_name() {
        return Err(ArchiveError::JournalName {
            journal: path,
            name: shown(name),
        });
    }
    journal.undo(home)?;
    let message = format!(
        "an import or another change was interrupted here: what it had changed was put back{}. Do it again",
        journal
            .backup
            .map(|backup| format!(" from {}", home.path().join(backup).display()))
            .unwrap_or_default()
    );
    tracing::error!(event = event::IMPORT_RECOVERED, "{message}");
    Ok(Some(message))
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use serde_json::json;

    use super::*;

    /// A home folder beside a folder that is nobody's business.
    fn scene() -> (tempfile::TempDir, Home) {
        let above = tempfile::TempDir::new().expect("a folder");
        for name in ["home/certs", "home/backups/20260101-000000", "out/empty"] {
            fs::create_dir_all(above.path().join(name)).expect("a folder");
        }
        fs::write(above.path().join("out/file"), "outside").expect("written");
        let home = Home::new(above.path().join("home"));
        (above, home)
    }

    fn is_untouched(above: &tempfile::TempDir) -> bool {
        let out = above.path().join("out");
        let file = fs::read_to_string(out.join("file")).unwrap_or_default();
        file == "outside" && out.join("empty").is_dir()
    }

    #[test]
    fn a_name_that_leads_out_is_said_and_nothing_is_put_back() {
        let (above, home) = scene();
        let out = above.path().join("out");
        fs::write(home.path("kept"), "kept").expect("written");
        let absolute = out.join("file").display().to_string();
        for name in ["../out/file", &absolute, "certs/../../out/file", "", "."] {
            for list in ["were_there", "are_new", "new_folders"] {
                let mut journal = json!({
                    "backup": null, "were_there": [], "are_new": ["kept"], "new_folders": [],
                });
                journal[list] = json!([name]);
                fs::write(home.path(JOURNAL), journal.to_string()).expect("written");
                let error = recover(&home).expect_err("refused").to_string();
                assert!(error.contains("somebody else wrote it"), "{name}: {error}");
            }
        }
        for backup in [
            "../out",
            "certs",
            "backups/../certs",
            "backups/x",
            absolute.as_str(),
        ] {
            let journal = json!({
                "backup": backup, "were_there": ["file"], "are_new": [], "new_folders": [],
            });
            fs::write(home.path(JOURNAL), journal.to_string()).expect("written");
            assert!(recover(&home).is_err(), "{backup}");
        }
        assert!(is_untouched(&above) && home.path("kept").exists());
    }

    #[test]
    fn a_link_on_the_way_is_not_followed() {
        let (above, home) = scene();
        let out = above.path().join("out");
        fs::remove_dir(home.path("certs")).expect("removed");
        symlink(&out, home.path("certs")).expect("a link");
        let copy = home.path("backups/20260101-000000/certs");
        fs::create_dir(&copy).expect("a folder");
        fs::write(copy.join("file"), "planted").expect("written");
        for (were_there, are_new, folders) in [
            (vec!["certs/file"], vec![], vec![]),
            (vec![], vec!["certs/file"], vec![]),
            (vec![], vec![], vec!["certs/empty"]),
        ] {
            let journal = json!({
                "backup": "backups/20260101-000000", "were_there": were_there, "are_new": are_new,
                "new_folders": folders,
            });
            fs::write(home.path(JOURNAL), journal.to_string()).expect("written");
            // Nothing was done, or nothing could be.
            let _ = recover(&home);
            assert!(is_untouched(&above), "{journal}");
        }
        // The journal itself.
        let _ = fs::remove_file(home.path(JOURNAL));
        symlink(out.join("file"), home.path(JOURNAL)).expect("a link");
        assert!(recover(&home).is_err());
    }
}
