//! `config.json` as a file: changed in place of its keys, in their order, all or nothing.

use std::{
    io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

use crate::{
    cause,
    config::{Home, Most, read_text},
    files::{Belongs, Folder, Found},
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
    #[error("{} cannot be written ({}); the old content stays", path.display(), cause::io(source))]
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
/// When it cannot be written, or a link is in its place; the old content stays.
pub fn write_atomically(path: &Path, content: &[u8], mode: u32) -> Result<(), FileError> {
    write_to(path, content, mode, |folder| {
        let owner = folder.metadata()?;
        Ok(Belongs::AsBefore(owner.uid(), owner.gid()))
    })
}

/// The same, of a file that is for whoever writes it and for nobody else, whosever the old one was.
///
/// # Errors
/// When it cannot be written, or a link is in its place; the old content stays.
pub fn write_private(path: &Path, content: &[u8]) -> Result<(), FileError> {
    write_to(path, content, 0o600, |_| Ok(Belongs::ToWriter))
}

fn write_to(
    path: &Path,
    content: &[u8],
    mode: u32,
    belongs: impl Fn(&Folder) -> io::Result<Belongs>,
) -> Result<(), FileError> {
    let write = || {
        let folder = made_folder(folder_of(path))?;
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        folder.place(name, content, mode, belongs(&folder)?)
    };
    write().map_err(|source| FileError::Write {
        path: path.to_owned(),
        source,
    })
}

/// Puts a file into the home folder, as [`write_atomically`] does, no link on the way followed.
pub(super) fn write_in(home: &Folder, name: &str, content: &[u8], mode: u32) -> io::Result<()> {
    let above = Path::new(name).parent().unwrap_or(Path::new(""));
    let folder = home.make(above, NEW_FOLDER)?;
    let owner = folder.metadata()?;
    let last = Path::new(name).file_name().unwrap_or_default();
    folder.place(
        last,
        content,
        mode,
        Belongs::AsBefore(owner.uid(), owner.gid()),
    )
}

/// Writes a file that is not there yet, in one step too; it belongs to the owner of the home folder.
pub(super) fn write_new(home: &Folder, name: &str, content: &[u8], mode: u32) -> io::Result<()> {
    let above = Path::new(name).parent().unwrap_or(Path::new(""));
    home.make(above, NEW_FOLDER)?;
    if home.find(name)? != Found::Nothing {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let owner = home.metadata()?;
    home.place(
        name,
        content,
        mode,
        Belongs::AsBefore(owner.uid(), owner.gid()),
    )
}

/// Whatever the umask is, others do not write there.
pub(super) const NEW_FOLDER: u32 = 0o755;

fn folder_of(path: &Path) -> &Path {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// The home folder. A new one is for its user alone, since keys come into it.
pub(super) fn made_home(home: &Home) -> io::Result<Folder> {
    let path = home.path("");
    match Folder::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let path: PathBuf = path.components().collect();
            let name = path.file_name().ok_or(error)?;
            made_folder(folder_of(&path))?.make_new(name, 0o700)?;
            Folder::open(&path)
        }
        opened => opened,
    }
}

/// A folder and those above it; each new one belongs to the owner of the one that it is in.
fn made_folder(folder: &Path) -> io::Result<Folder> {
    match Folder::open(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let name = folder.file_name().ok_or(error)?;
            made_folder(folder_of(folder))?.make(name, NEW_FOLDER)
        }
        opened => opened,
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, Permissions},
        os::unix::fs::{PermissionsExt as _, chown, symlink},
    };

    use super::*;

    #[test]
    fn a_link_in_its_place_stays_and_a_private_file_is_the_writer_s() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let [file, link] = ["file", "link"].map(|name| folder.path().join(name));
        fs::write(&file, "old").expect("written");
        symlink(&file, &link).expect("a link");
        let error = write_atomically(&link, b"new", 0o600).expect_err("refused");
        assert!(error.to_string().contains("is a link"), "{error}");
        assert_eq!(fs::read(&file).expect("read"), b"old");
        // Whoever put a file there beforehand does not get what is written.
        if chown(&file, Some(4711), Some(4711)).is_ok() {
            write_private(&file, b"keys").expect("written");
            let meta = fs::metadata(&file).expect("there");
            assert_eq!((meta.uid(), meta.mode() & 0o777), (0, 0o600));
        }
    }

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
