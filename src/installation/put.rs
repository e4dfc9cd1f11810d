//! Puts files that a set-up or the console was given into the home folder, as an import does: after a copy of what they
//! replace, all of them or none, over a crash too.

use std::{
    io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::{
    ArchiveError, Installation,
    change::Note,
    file::ConfigFile,
    journal::Locked,
    paths::{CONFIG, allowed, mode},
};
use crate::{config::Home, files::Folder};

/// Whether a file is there with this content already, as a file of the service's that is open to nobody else who may
/// not read it.
#[must_use]
pub fn is_there(home: &Home, name: &str, content: &[u8]) -> bool {
    let is_same = || {
        let home = Folder::open(&home.path(""))?;
        let file = home.open_file(name)?.metadata()?;
        let same_owner = file.uid() == home.metadata()?.uid();
        let is_open = file.mode() & 0o007 & !mode(name, content) != 0;
        Ok::<_, io::Error>(same_owner && !is_open && home.read(name)? == content)
    };
    is_same().unwrap_or(false)
}

/// The name in the home folder of a path as a key gives it; `None` when it is no place of an installation's.
#[must_use]
pub fn place_of(home: &Home, path: &str) -> Option<String> {
    let path = home.path(path);
    let name = path
        .strip_prefix(home.path(""))
        .ok()
        .and_then(Path::to_str)?;
    (name.starts_with("certs/") && allowed(name)).then(|| name.to_owned())
}

/// Writes these files, and `config.json` with them when it changes. Gives the backup.
///
/// # Errors
/// When one cannot be written; the folder is then as it was.
pub fn put<N: AsRef<str>>(
    files: &[(N, Vec<u8>)],
    config: Option<&ConfigFile>,
    note: &Note,
    locked: &Locked,
    now: SystemTime,
) -> Result<Option<PathBuf>, ArchiveError> {
    let config = config.map(ConfigFile::text).transpose()?;
    let config = config.map(|text| (CONFIG.to_owned(), text.into_bytes()));
    let files = files
        .iter()
        .map(|(name, content)| (name.as_ref().to_owned(), content.clone()));
    let installation = Installation::of_files(files.chain(config));
    replace(&installation, &[], note, locked, now)
}

/// Puts these files in their places and takes `retired` away. Gives the backup of what was there.
///
/// # Errors
/// When one cannot be written; the folder is then as it was.
pub fn replace(
    new: &Installation,
    retired: &[String],
    note: &Note,
    locked: &Locked,
    now: SystemTime,
) -> Result<Option<PathBuf>, ArchiveError> {
    new.install_locked(locked, retired, note, now)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::{super::ChangeKind, *};

    #[test]
    fn a_link_is_not_written_through() {
        let (folder, other) = (
            tempfile::TempDir::new().expect("a folder"),
            tempfile::TempDir::new().expect("a folder"),
        );
        let home = Home::new(folder.path());
        let config = ConfigFile::read(&home).expect("none yet");
        let locked = Locked::take(&home).expect("locked");
        let files = [("certs/ca.pem", b"new".to_vec())];
        let note = Note::of(ChangeKind::Settings);
        let put = || {
            put(
                &files,
                Some(&config),
                &note,
                &locked,
                SystemTime::UNIX_EPOCH,
            )
        };
        symlink(other.path(), home.path("certs")).expect("a link");
        assert!(put().is_err());
        fs::remove_file(home.path("certs")).expect("removed");
        fs::create_dir(home.path("certs")).expect("a folder");
        symlink(other.path().join("x"), home.path("certs/ca.pem")).expect("a link");
        assert!(put().is_err());
        assert_eq!(fs::read_dir(other.path()).expect("a folder").count(), 0);
        fs::remove_file(home.path("certs/ca.pem")).expect("removed");
        put().expect("written");
        assert!(is_there(&home, "certs/ca.pem", b"new"));
        assert!(!is_there(&home, "certs/ca.pem", b"old"));
        assert!(home.config_json().exists());
    }
}
