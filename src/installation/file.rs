//! `config.json` as a file: changed in place of its keys, in their order, all or nothing.

use std::{
    fs::{self, File, Metadata, OpenOptions, Permissions},
    io::{self, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, chown, fchown},
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

use crate::{
    cause,
    config::{Home, Most, read_text},
};

/// The content of `config.json`, with what is to be changed.
#[derive(Clone)]
pub struct ConfigFile {
    path: PathBuf,
    keys: Map<String, Value>,
}

/// Why a file was not read or written; what was there is there still.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("{} cannot be read ({})", path.display(), cause::io(source))]
    Read { path: PathBuf, source: io::Error },
    #[error("{} is not a JSON object ({problem}); correct it first, nothing was changed", path.display())]
    NotObject { path: PathBuf, problem: JsonProblem },
    #[error("{} cannot be written ({source}); the old content stays", path.display())]
    Write { path: PathBuf, source: io::Error },
}

/// Why a text is not a JSON object.
#[derive(Debug, thiserror::Error)]
pub enum JsonProblem {
    #[error("it holds another value")]
    OtherValue,
    /// Names line and column, and no value.
    #[error(transparent)]
    Syntax(#[from] serde_json::Error),
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
    /// When it cannot be read, or is not a JSON object.
    pub fn read(home: &Home) -> Result<Self, FileError> {
        let path = home.config_json();
        let text = match read_text(&path, Most::ORDINARY) {
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
            Ok(_) => Err(FileError::NotObject {
                path,
                problem: JsonProblem::OtherValue,
            }),
            Err(error) => Err(FileError::NotObject {
                path,
                problem: error.into(),
            }),
        }
    }

    #[must_use]
    pub fn keys(&self) -> &Map<String, Value> {
        &self.keys
    }

    /// Sets a key in its place, or at the end.
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
        write_atomically(&self.path, self.text()?.as_bytes(), 0o600)
    }

    pub(super) fn text(&self) -> Result<String, FileError> {
        let text = serde_json::to_string_pretty(&self.keys);
        let text = text.map_err(|error| FileError::Write {
            path: self.path.clone(),
            source: error.into(),
        })?;
        Ok(text + "\n")
    }
}

/// Puts a file in place of what was there in one step: a reader, or a crash, finds the old or the new. It
/// belongs to whom the old one belonged to, a new one to the folder's owner: an administrator's root
/// must not take a service's files away from it.
///
/// # Errors
/// When it cannot be written; the old content stays.
pub fn write_atomically(path: &Path, content: &[u8], mode: u32) -> Result<(), FileError> {
    let folder = folder_of(path);
    let write = || {
        make_folder(folder)?;
        place(path, content, mode, &fs::metadata(folder)?)
    };
    write().map_err(|source| FileError::Write {
        path: path.to_owned(),
        source,
    })
}

/// Writes a file that is not there yet, in one step too; it belongs to the owner of the home folder.
pub(super) fn write_new(home: &Home, path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    make_folder(folder_of(path))?;
    let owner = fs::metadata(home.path("")).or_else(|_| fs::metadata(folder_of(path)))?;
    place(path, content, mode, &owner)
}

fn folder_of(path: &Path) -> &Path {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// `owner`: whose a new file is.
fn place(path: &Path, content: &[u8], mode: u32, owner: &Metadata) -> io::Result<()> {
    let folder = folder_of(path);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut random = [0; 8];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| io::Error::other("there is no randomness"))?;
    // Nobody can have put a link there beforehand, and two writers do not meet.
    let temporary = folder.join(format!(".{name}.{}.new", hex::encode(random)));
    let mut mode = mode;
    let mut owner = (owner.uid(), owner.gid());
    if let Ok(old) = fs::metadata(path) {
        // A file of root's in a service's folder that the service cannot read was left by mistake.
        let lost = old.uid() == 0 && old.mode() & 0o044 == 0;
        if !lost {
            owner = (old.uid(), old.gid());
        }
        // Shared with a group and with nobody else: meant so.
        if old.mode() & 0o044 == 0o040 {
            mode |= 0o040;
        }
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&temporary)?;
    let written = (|| {
        file.write_all(content)?;
        let new = file.metadata()?;
        if (new.uid(), new.gid()) != owner {
            may_fail(fchown(&file, Some(owner.0), Some(owner.1)))?;
        }
        file.set_permissions(Permissions::from_mode(mode))?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        // The name itself must reach the disk too.
        File::open(folder)?.sync_all()
    })();
    if written.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// A folder and those above it; each new one belongs to the owner of the one that it is in.
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder_of(folder);
    make_folder(above)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) => Err(error),
        Ok(()) => {
            let (owner, new) = (fs::metadata(above)?, fs::metadata(folder)?);
            if owner.uid() == new.uid() {
                return Ok(());
            }
            may_fail(chown(folder, Some(owner.uid()), Some(owner.gid())))
        }
    }
}

/// Only root may give files away; what others write is theirs, as ever.
pub(super) fn may_fail(given: io::Result<()>) -> io::Result<()> {
    match given {
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::PermissionDenied | io::ErrorKind::InvalidInput
            ) =>
        {
            Ok(())
        }
        given => given,
    }
}

#[cfg(test)]
mod tests {
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

    /// Needs root, as the lab does; without it there is nobody to give files to.
    #[test]
    fn what_root_writes_stays_the_service_s() {
        const SERVICE: u32 = 4711;
        let folder = tempfile::TempDir::new().expect("a folder");
        if chown(folder.path(), Some(SERVICE), Some(SERVICE)).is_err() {
            return;
        }
        let owner = |path: &Path| {
            let meta = fs::metadata(path).expect("there");
            (meta.uid(), meta.gid(), meta.mode() & 0o777)
        };
        let path = folder.path().join("certs/deep/new");
        write_atomically(&path, b"text", 0o600).expect("written");
        assert_eq!(owner(&path), (SERVICE, SERVICE, 0o600));
        assert_eq!(owner(&folder.path().join("certs")).0, SERVICE);
        // One that is there keeps its owner, and the group that may read it.
        chown(&path, Some(SERVICE + 1), Some(SERVICE + 2)).expect("given");
        fs::set_permissions(&path, Permissions::from_mode(0o640)).expect("set");
        write_atomically(&path, b"other", 0o600).expect("written");
        assert_eq!(owner(&path), (SERVICE + 1, SERVICE + 2, 0o640));
        // What an earlier set-up as root left is given back.
        let lost = folder.path().join("config.json");
        fs::write(&lost, "{}").expect("written");
        fs::set_permissions(&lost, Permissions::from_mode(0o600)).expect("set");
        write_atomically(&lost, b"{}", 0o600).expect("written");
        assert_eq!(owner(&lost), (SERVICE, SERVICE, 0o600));
    }
}
