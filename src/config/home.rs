//! The home folder: where an installation's files are. Copying it clones an instance.

use std::path::{Path, PathBuf};

/// The folder given by `--home`.
#[derive(Debug, Clone)]
pub struct Home(PathBuf);

impl Home {
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// A path as keys give it: absolute, or relative to the home folder.
    #[must_use]
    pub fn path(&self, given: impl AsRef<Path>) -> PathBuf {
        self.0.join(given)
    }

    #[must_use]
    pub fn config_json(&self) -> PathBuf {
        self.path("config.json")
    }

    #[must_use]
    pub fn signing_certificate(&self) -> PathBuf {
        self.path("certs/cert.pem")
    }

    #[must_use]
    pub fn signing_key(&self) -> PathBuf {
        self.path("certs/cert.key")
    }
}
