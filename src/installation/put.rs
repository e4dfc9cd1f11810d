//! Puts files that a set-up was given into the home folder, as an import does: after a copy of what they
//! replace, all of them or none, over a crash too.

use std::{fs, os::unix::fs::MetadataExt as _, path::PathBuf, time::SystemTime};

use super::{
    ArchiveError, Installation, change::Note, file::ConfigFile, journal::Locked, paths::CONFIG,
};
use crate::config::Home;

/// Whether a file is there with this content already, as a file of the service's.
#[must_use]
pub fn is_there(home: &Home, name: &str, content: &[u8]) -> bool {
    let path = home.path(name);
    let same_owner = || {
        let (file, folder) = (
            fs::symlink_metadata(&path).ok()?,
            fs::metadata(home.path("")).ok()?,
        );
        Some(file.is_file() && file.uid() == folder.uid())
    };
    same_owner() == Some(true) && fs::read(&path).is_ok_and(|old| old == content)
}

/// Writes these files, and `config.json` with them.
///
/// # Errors
/// When one cannot be written; the folder is then as it was.
pub fn put(
    files: &[(&'static str, Vec<u8>)],
    config: &ConfigFile,
    note: &Note,
    home: &Home,
    locked: &Locked,
    now: SystemTime,
) -> Result<(), ArchiveError> {
    for (name, _) in files {
        refuse_linked_folder(home, name)?;
    }
    let config = (CONFIG.to_owned(), config.text()?.into_bytes());
    let files = files
        .iter()
        .map(|(name, content)| ((*name).to_owned(), content.clone()));
    let installation = Installation::of_files(files.chain([config]));
    replace(&installation, &[], note, home, locked, now)?;
    Ok(())
}

/// Puts these files in their places and takes `retired` away. Gives the backup of what was there.
///
/// # Errors
/// When one cannot be written; the folder is then as it was.
pub fn replace(
    new: &Installation,
    retired: &[String],
    note: &Note,
    home: &Home,
    _locked: &Locked,
    now: SystemTime,
) -> Result<Option<PathBuf>, ArchiveError> {
    new.install_locked(home, retired, note, now)
}

/// Root writes into a folder of the service's: a link in it leads nowhere.
fn refuse_linked_folder(home: &Home, name: &str) -> Result<(), ArchiveError> {
    let Some((folder, _)) = name.rsplit_once('/') else {
        return Ok(());
    };
    let path = home.path(folder);
    match fs::symlink_metadata(&path) {
        Ok(meta) if meta.is_symlink() => Err(ArchiveError::Link {
            name: folder.to_owned(),
            path,
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

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
                &config,
                &note,
                &home,
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
