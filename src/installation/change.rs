//! Changes that can be taken back: each leaves a record beside the copies of what it replaced.

use std::{io, path::Path, time::SystemTime};

use serde::{Deserialize, Serialize};
use time::{PrimitiveDateTime, macros::format_description};

use super::{
    ArchiveError, Installation,
    backups::{BACKUPS, made, made_at},
    file::write_in,
    paths::is_beneath,
};
use crate::{
    config::Home,
    files::{Folder, Found},
};

const RECORD: &str = ".change.json";

/// What was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    Settings,
    Certificate,
    /// Keytab, CAs of client certificates, their revocation lists.
    Files,
    Mapper,
    Import,
    TakenBack,
}

/// What a change is called afterwards: names, and never a value.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Note {
    pub kind: ChangeKind,
    /// The keys that were set, or the files that were sent.
    pub keys: Vec<String>,
}

impl Note {
    #[must_use]
    pub fn of(kind: ChangeKind) -> Self {
        Self {
            kind,
            keys: Vec::new(),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Record {
    note: Note,
    were_there: Vec<String>,
    are_new: Vec<String>,
}

/// A change that was made, and can be taken back.
#[derive(Debug)]
pub struct Change {
    pub note: Note,
    /// The folder in `backups/`.
    pub name: String,
    pub at: SystemTime,
    were_there: Vec<String>,
    are_new: Vec<String>,
}

impl Change {
    /// Those whose backups are there, the latest first.
    #[must_use]
    pub fn all(home: &Home) -> Vec<Self> {
        let names = made(home).into_iter().rev();
        names
            .filter_map(|(_, _, name)| Self::find(home, &name))
            .collect()
    }

    /// That of a backup; `None` when there is none, or no record in it.
    #[must_use]
    pub fn find(home: &Home, name: &str) -> Option<Self> {
        let (stamp, _, name) = made_at(name)?;
        let record = Path::new(BACKUPS).join(&name).join(RECORD);
        let text = Folder::open(&home.path("")).and_then(|home| home.read(record));
        let text = text.ok()?;
        let record: Record = serde_json::from_slice(&text).ok()?;
        let format = format_description!("[year][month][day]-[hour][minute][second]");
        let at = PrimitiveDateTime::parse(&stamp, format).ok()?;
        let mut names = record.were_there.iter().chain(&record.are_new);
        if names.any(|name| !is_beneath(name)) {
            return None;
        }
        Some(Self {
            note: record.note,
            name,
            at: at.assume_utc().into(),
            were_there: record.were_there,
            are_new: record.are_new,
        })
    }

    /// The files as they were before it, and those that were not there.
    ///
    /// # Errors
    /// When a copy cannot be read.
    pub fn before(&self, home: &Home) -> Result<(Installation, Vec<String>), ArchiveError> {
        let mut before = Installation::empty();
        let shown = |path: &Path| path.display().to_string();
        let folder = Folder::open(&home.path(""))
            .map_err(|error| ArchiveError::Read(shown(&home.path("")), error))?;
        for name in &self.were_there {
            let copy = Path::new(BACKUPS).join(&self.name).join(name);
            let content = folder
                .read(&copy)
                .map_err(|error| ArchiveError::Read(shown(&home.path(&copy)), error))?;
            before.files.insert(name.clone(), content);
        }
        let there = |name: &&String| {
            let found = folder.find(name);
            found.is_ok_and(|found| found != Found::Nothing)
        };
        Ok((before, self.are_new.iter().filter(there).cloned().collect()))
    }
}

impl Installation {
    /// These files alone, by their paths in the home folder.
    #[must_use]
    pub fn of_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        Self {
            files: files.into_iter().collect(),
            ..Self::empty()
        }
    }
}

/// Says in a backup what it is of.
pub(super) fn record(
    home: &Folder,
    backup: &str,
    note: &Note,
    were_there: &[String],
    are_new: &[String],
) -> Result<(), ArchiveError> {
    let name = format!("{backup}/{RECORD}");
    let record = Record {
        note: note.clone(),
        were_there: were_there.to_vec(),
        are_new: are_new.to_vec(),
    };
    let written = serde_json::to_vec_pretty(&record)
        .map_err(io::Error::other)
        .and_then(|text| write_in(home, &name, &text, 0o600));
    written
        .map_err(|error| ArchiveError::Write(home.path().join(&name).display().to_string(), error))
}
