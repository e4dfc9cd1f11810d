//! `config.json` as a file: changed in place of its keys, in their order, all or nothing.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

use crate::config::Home;

/// The content of `config.json`, with what is to be changed.
#[derive(Clone)]
pub struct ConfigFile {
    path: PathBuf,
    keys: Map<String, Value>,
}

/// Why a file was not read or written; what was there is there still.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("{} cannot be read ({source})", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} is not a JSON object ({problem}); mend it first, nothing was changed", path.display())]
    Broken { path: PathBuf, problem: String },
    #[error("{} cannot be written ({source}); the old content stays", path.display())]
    Write { path: PathBuf, source: io::Error },
}

/// By hand: values may be secrets.
impl std::fmt::Debug for ConfigFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConfigFile")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl ConfigFile {
    /// Reads it; one that does not exist is empty.
    ///
    /// # Errors
    /// When it cannot be read, or is no JSON object.
    pub fn read(home: &Home) -> Result<Self, FileError> {
        let path = home.config_json();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self {
                    path,
                    keys: Map::new(),
                });
            }
            Err(source) => return Err(FileError::Read { path, source }),
        };
        match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
            Ok(Value::Object(keys)) => Ok(Self { path, keys }),
            Ok(_) => Err(FileError::Broken {
                path,
                problem: "it holds another value".to_owned(),
            }),
            Err(error) => Err(FileError::Broken {
                path,
                // serde_json's text names line and column, and no value.
                problem: error.to_string(),
            }),
        }
    }

    #[must_use]
    pub fn keys(&self) -> &Map<String, Value> {
        &self.keys
    }

    /// The text of a key; empty counts as absent.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.keys.get(key)?.as_str().filter(|text| !text.is_empty())
    }

    /// Sets a key where it stands, or at the end.
    pub fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.keys.insert(key.to_owned(), value.into());
    }

    /// Takes a key out; the others keep their order.
    pub fn remove(&mut self, key: &str) {
        self.keys.shift_remove(key);
    }

    /// Writes it.
    ///
    /// # Errors
    /// When it cannot be written; the old content stays.
    pub fn save(&self) -> Result<(), FileError> {
        let mut text =
            serde_json::to_string_pretty(&self.keys).map_err(|error| FileError::Write {
                path: self.path.clone(),
                source: error.into(),
            })?;
        text.push('\n');
        write_atomically(&self.path, text.as_bytes(), 0o600)
    }
}

/// Puts a file in place of what was there in one step: a reader, or a crash, finds the old or the new.
///
/// # Errors
/// When it cannot be written; the old content stays.
pub fn write_atomically(path: &Path, content: &[u8], mode: u32) -> Result<(), FileError> {
    let write = || {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let temporary = folder.join(format!(".{name}.{}.new", std::process::id()));
        let written = (|| {
            let mut file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(mode)
                .open(&temporary)?;
            file.write_all(content)?;
            file.sync_all()?;
            fs::rename(&temporary, path)?;
            // The name itself must reach the disk too.
            File::open(folder)?.sync_all()
        })();
        if written.is_err() {
            // It may not have come into being; what matters is told already.
            let _ = fs::remove_file(&temporary);
        }
        written
    };
    write().map_err(|source| FileError::Write {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn other_keys_and_their_order_are_kept() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let home = Home::new(folder.path());
        fs::write(home.config_json(), r#"{"Z": 1, "LDAP_URL": "a", "A": [2]}"#).expect("written");
        let mut file = ConfigFile::read(&home).expect("reads");
        file.set("LDAP_URL", "b");
        file.set("NEW", true);
        file.save().expect("saved");
        let text = fs::read_to_string(home.config_json()).expect("read");
        let compact: String = text.split_whitespace().collect();
        assert_eq!(compact, r#"{"Z":1,"LDAP_URL":"b","A":[2],"NEW":true}"#);
        let meta = fs::metadata(home.config_json()).expect("there");
        assert_eq!(meta.permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn a_broken_file_is_left_alone() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let home = Home::new(folder.path());
        fs::write(home.config_json(), "{\"A\": ").expect("written");
        let error = ConfigFile::read(&home).expect_err("broken");
        assert!(error.to_string().contains("nothing was changed"), "{error}");
        assert!(
            ConfigFile::read(&Home::new("/nowhere/at/all")).is_ok(),
            "absent is empty"
        );
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing_behind() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let path = folder.path().join("taken");
        fs::create_dir(&path).expect("a folder in the way");
        fs::write(path.join("x"), "").expect("written");
        assert!(write_atomically(&path, b"text", 0o600).is_err());
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }
}
