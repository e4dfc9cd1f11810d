//! A home folder as it would be after an import, to be tried before anything changes.

use std::{
    collections::BTreeSet,
    fs::{self, DirBuilder},
    io,
    os::unix::fs::{DirBuilderExt as _, symlink},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use super::{ArchiveError, Installation, write_atomically};
use crate::{config::Home, telemetry::event};

/// How the names of such folders begin.
const PREFIX: &str = ".ad-edge-try-";
/// A trial takes seconds; whoever made an older one was killed.
const OLD: Duration = Duration::from_secs(3600);

/// A folder for this user only: the archive's files, and links to what stays. Removed when dropped.
#[derive(Debug)]
pub struct Stage {
    names: StageNames,
}

/// How the home folder is called in messages about such a folder; outlives it.
#[derive(Debug, Clone)]
pub struct StageNames {
    folder: PathBuf,
    /// As the administrator wrote it.
    shown: String,
}

impl Stage {
    /// What `home` would be with `installation` in it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn of(
        home: &Home,
        installation: &Installation,
        now: SystemTime,
    ) -> Result<Self, ArchiveError> {
        Self::without(home, installation, &installation.retires(home), now)
    }

    /// The same with these files taken away.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn without(
        home: &Home,
        installation: &Installation,
        retired: &[String],
        now: SystemTime,
    ) -> Result<Self, ArchiveError> {
        let given = home.path("");
        let shown = given.display().to_string();
        let failed = |error| ArchiveError::Write(format!("a folder beside {shown}"), error);
        let home_folder: PathBuf = std::path::absolute(&given)
            .map_err(failed)?
            .components()
            .collect();
        let names = StageNames {
            folder: new_folder(&home_folder, now).map_err(failed)?,
            shown: shown.trim_end_matches('/').to_owned(),
        };
        let stage = Self { names };
        let own: BTreeSet<String> = installation
            .files
            .keys()
            .cloned()
            .chain(retired.iter().cloned())
            .collect();
        stage
            .link(&home_folder, Path::new(""), &own)
            .map_err(failed)?;
        for (name, content) in &installation.files {
            write_atomically(&stage.folder().join(name), content, 0o600)?;
        }
        Ok(stage)
    }

    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.names.folder
    }

    #[must_use]
    pub fn names(&self) -> &StageNames {
        &self.names
    }

    /// Links to everything that is in the home folder's `under` and will stay.
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
                fs::create_dir(self.folder().join(&name))?;
                self.link(home, &name, own)?;
            } else {
                symlink(path, self.folder().join(&name))?;
            }
        }
        Ok(())
    }
}

impl StageNames {
    /// A message about this folder as one about the home folder.
    #[must_use]
    pub fn in_words(&self, message: &str) -> String {
        message.replace(&self.folder.display().to_string(), &self.shown)
    }

    /// A path of this folder as one of the home folder.
    #[must_use]
    pub fn at_home(&self, path: PathBuf) -> PathBuf {
        match path.strip_prefix(&self.folder) {
            Ok(name) => Path::new(&self.shown).join(name),
            Err(_) => path,
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(self.folder()) {
            // It holds keys.
            tracing::error!(
                event = event::IMPORT_FOLDER_LEFT,
                folder = %self.folder().display(),
                error = %crate::cause::io(&error),
                "remove this folder by hand"
            );
        }
    }
}

/// Beside the home folder, so that relative paths out of it lead to the same files; else in it.
fn new_folder(home: &Path, now: SystemTime) -> io::Result<PathBuf> {
    let beside = home.ancestors().skip(1).find(|folder| folder.is_dir());
    let mut failed = io::Error::from(io::ErrorKind::NotFound);
    for folder in beside.into_iter().chain([home]) {
        remove_old(folder, now);
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

/// They hold keys.
fn remove_old(folder: &Path, now: SystemTime) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX)) {
        let modified = entry.metadata().and_then(|meta| meta.modified());
        let age = modified.ok().and_then(|at| now.duration_since(at).ok());
        if age.is_some_and(|age| age > OLD)
            && let Err(error) = fs::remove_dir_all(entry.path())
        {
            tracing::warn!(
                event = event::IMPORT_FOLDER_LEFT,
                folder = %entry.path().display(),
                error = %crate::cause::io(&error),
                "remove this folder by hand"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::installation::archive::tests::{archive_with, now};

    #[test]
    fn it_is_the_archive_over_what_stays_and_leaves_nothing_behind() {
        let parent = tempfile::TempDir::new().expect("a folder");
        let home = Home::new(parent.path().join("home"));
        for (name, text) in [
            ("config.json", "old"),
            ("certs/tls.pem", "stays"),
            ("certs/deep/er/x", "stays"),
            ("other/x", "stays"),
            ("../shared/x", "stays"),
        ] {
            write_atomically(&home.path(name), text.as_bytes(), 0o600).expect("written");
        }
        let old = parent.path().join(".ad-edge-try-1-0");
        fs::create_dir(&old).expect("a folder");
        // As if an hour had passed, and more.
        let later = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 33);
        let stage = Stage::of(&home, &archive_with(&[]), later).expect("made");
        assert!(!old.exists());
        let read = |name: &str| fs::read_to_string(stage.folder().join(name)).expect("there");
        assert_ne!(read("config.json"), "old");
        for name in ["certs/tls.pem", "certs/deep/er/x", "other/x", "../shared/x"] {
            assert_eq!(read(name), "stays", "{name}");
        }
        let path = stage.folder().join("certs/tls.pem").display().to_string();
        let shown = home.path("certs/tls.pem").display().to_string();
        assert_eq!(
            stage.names().in_words(&format!("{path} is")),
            format!("{shown} is")
        );
        let second = Stage::of(&home, &archive_with(&[]), now()).expect("another beside it");
        assert_ne!(second.folder(), stage.folder());
        drop((stage, second));
        let left: Vec<_> = fs::read_dir(parent.path())
            .expect("a folder")
            .flatten()
            .collect();
        assert_eq!(left.len(), 2, "{left:?}");
        assert_eq!(
            fs::read_to_string(home.config_json()).expect("there"),
            "old"
        );
        assert_eq!(
            fs::read_to_string(home.path("certs/tls.pem")).expect("a link's target stays"),
            "stays"
        );
    }
}
