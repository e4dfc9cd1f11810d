//! The home folder: where an installation's files are. Copying it clones an instance.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

/// Files of it, by the names that every installation has.
pub const CONFIG_JSON: &str = "config.json";
pub const SIGNING_CERTIFICATE: &str = "certs/cert.pem";
pub const SIGNING_KEY: &str = "certs/cert.key";
pub const TLS_CERTIFICATE: &str = "certs/tls.pem";
pub const TLS_KEY: &str = "certs/tls.key";
pub const KEYTAB: &str = "certs/krb5.keytab";
pub const CLIENT_CA: &str = "certs/client-ca.pem";
/// Where a set-up puts the file that `SSL_CA_FILE` names.
pub const ROOTS: &str = "certs/ca.pem";
pub const REVOCATION_LISTS: &str = "certs/crl/*";
/// Where an export takes the logo of SITE_LOGO from, beside `certs`.
pub const LOGOS: [&str; 2] = ["logo.svg", "logo.png"];
pub const MAPPER: &str = "lib/profileMapper.js";
/// What is an installation's in a home folder.
pub const OWN: [&str; 7] = [
    CONFIG_JSON,
    "certs",
    "lib",
    "backups",
    ".import.json",
    LOGOS[0],
    LOGOS[1],
];

/// Of a path such as `certs/crl/*` or `certs/crl/*.pem`, which stands for all such files: the folder, and how
/// their names end.
#[must_use]
pub fn folder_of(path: &Path) -> Option<(&Path, &str)> {
    let ending = path.file_name()?.to_str()?.strip_prefix('*')?;
    let is_ending = ending.is_empty() || ending.starts_with('.') && !ending.contains('*');
    is_ending.then_some((path.parent()?, ending))
}

/// Whether a path of a key names a file, alone or among others.
#[must_use]
pub fn stands_for(path: &Path, file: &Path) -> bool {
    match folder_of(path) {
        Some((folder, ending)) => file.parent() == Some(folder) && ends_with(file, ending),
        None => path == file,
    }
}

/// Whether a file's name ends so.
#[must_use]
pub(super) fn ends_with(file: &Path, ending: &str) -> bool {
    let name = file.file_name().map(OsStr::as_encoded_bytes);
    name.is_some_and(|name| name.ends_with(ending.as_bytes()))
}

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
        self.path(CONFIG_JSON)
    }

    #[must_use]
    pub fn signing_certificate(&self) -> PathBuf {
        self.path(SIGNING_CERTIFICATE)
    }

    #[must_use]
    pub fn signing_key(&self) -> PathBuf {
        self.path(SIGNING_KEY)
    }
}
