//! A home folder as it would be after an import, to be tried before anything changes.

use std::{
    collections::BTreeSet,
    fs::{self, DirBuilder},
    io,
    os::unix::fs::{DirBuilderExt as _, symlink},
    path::{Path, PathBuf},
};

use super::{ArchiveError, Installation, write_atomically};
use crate::config::Home;

/// How the names of such folders begin.
const PREFIX: &str = ".ad-edge-try-";

/// A folder for this user only: the archive's files, and links to what stays. Removed when dropped.
#[derive(Debug)]
pub struct Stage {
    folder: PathBuf,
    /// As the administrator wrote it.
    shown: String,
}

impl Stage {
    /// What `home` would be with `installation` in it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn of(home: &Home, installation: &Installation) -> Result<Self, ArchiveError> {
        let given = home.path("");
        let shown = given.display().to_string();
        let failed = |error| ArchiveError::Write(format!("a folder beside {shown}"), error);
        let home_folder: PathBuf = std::path::absolute(&given)
            .map_err(failed)?
            .components()
            .collect();
        let stage = Self {
            folder: new_folder(&home_folder).map_err(failed)?,
            shown: shown.trim_end_matches('/').to_owned(),
        };
        let own: BTreeSet<String> = installation
            .files
            .keys()
            .cloned()
            .chain(installation.retires(home))
            .collect();
        stage
            .link(&home_folder, Path::new(""), &own)
            .map_err(failed)?;
        for (name, content) in &installation.files {
            write_atomically(&stage.folder.join(name), content, 0o600)?;
        }
        Ok(stage)
    }

    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A message about this folder as one about the home folder.
    #[must_use]
    pub fn in_words(&self, message: &str) -> String {
        message.replace(&self.folder.display().to_string(), &self.shown)
    }

    /// Links to everything that lies in the home folder's `under` and will stay.
    fn link(&self, home: &Path, under: &Path, own: &BTreeSet<String>) -> io::Result<()> {
        let entries = match fs::read_dir(home.join(under)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        for entry in entries {
            let name = under.join(entry?.file_name());
            let text = name.to_string_lossy();
            if own.contains(&*text) || text.starts_with(PREFIX) {
                continue;
            }
            let path = home.join(&name);
            let inside = format!("{text}/");
            if path.is_dir() && own.iter().any(|file| file.starts_with(&inside)) {
                fs::create_dir(self.folder.join(&name))?;
                self.link(home, &name, own)?;
            } else {
                symlink(path, self.folder.join(&name))?;
            }
        }
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            // It holds keys.
            tracing::error!(folder = %self.folder.display(), %error, "remove this folder by hand");
        }
    }
}

/// Beside the home folder, so that relative paths out of it lead to the same files; else in it.
fn new_folder(home: &Path) -> io::Result<PathBuf> {
    let beside = home.ancestors().skip(1).find(|folder| folder.is_dir());
    let mut failed = io::Error::from(io::ErrorKind::NotFound);
    for folder in beside.into_iter().chain([home]) {
        for count in 0..100 {
            let path = folder.join(format!("{PREFIX}{}-{count}", std::process::id()));
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(path),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => {
                    failed = error;
                    break;
                }
            }
        }
    }
    Err(failed)
}
