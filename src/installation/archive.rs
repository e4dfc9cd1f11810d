//! An installation as a zip or a folder, both ways with the legacy connector's.
//!
//! Only the paths of an installation are read, whatever the archive says; everything is bounded, and
//! found to fit together, before anybody may do something with it.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Cursor, Read, Seek, Write as _},
    path::Path,
    time::SystemTime,
};

use rustls::SignatureAlgorithm;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use serde_json::{Map, Value};
use time::{OffsetDateTime, macros::format_description};
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::{
    ArchiveError,
    bounds::{bounded, limited},
    error::ContentFault,
    limits::MAX_ENTRIES,
    paths::{CERTIFICATE, CONFIG, KEY, LOGOS, MAPPER, NEEDED, allowed, leads_out, shown},
};
use crate::{
    config::{Effective, credentials_open, keys, openable},
    files::{Folder, Found, LinkInTheWay},
    secret::ExposeSecret as _,
};

/// The built-in mapper in JavaScript: the legacy connector's import wants a file.
pub const DEFAULT_MAPPER: &str = include_str!("profileMapper.js");
/// The comment of our zips, by which an import knows them. The legacy connector's import does not look at it.
const OURS: &str = "ad-edge export";

/// The files of an installation, by their paths in the home folder.
#[derive(Clone)]
pub struct Installation {
    pub(super) files: BTreeMap<String, Vec<u8>>,
    /// What was beside them and is not taken, fit for a message.
    pub ignored: Vec<String>,
    /// An export of ad-edge: everything that it does not hold is not part of the installation.
    pub ours: bool,
    /// It says that profiles are made by the built-in mapper.
    pub(super) built_in_mapper: bool,
}

/// By hand: it holds keys.
impl std::fmt::Debug for Installation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.files.keys()).finish()
    }
}

impl Installation {
    /// The home folder's files, for an export.
    ///
    /// # Errors
    /// When a file cannot be read, or one that is needed is not there.
    pub fn of_folder(folder: &Path) -> Result<Self, ArchiveError> {
        let mut names = vec![CONFIG.to_owned(), MAPPER.to_owned()];
        names.extend(LOGOS.map(str::to_owned));
        list(folder, "certs", &mut names).map_err(|error| {
            ArchiveError::Read(folder.join("certs").display().to_string(), error)
        })?;
        let mut found = Self::empty();
        let mut total = 0;
        for name in names {
            let path = folder.join(&name);
            // A link is followed here: a certificate's renewal often leaves one, and this is our own.
            if fs::symlink_metadata(&path).is_err() {
                continue;
            }
            if !allowed(&name) || fs::metadata(&path).is_ok_and(|meta| !meta.is_file()) {
                found.ignored.push(shown(&name));
                continue;
            }
            let content = openable(&path)
                .and_then(|()| fs::File::open(&path))
                .and_then(|file| limited(file, &mut total))
                .map_err(|error| ArchiveError::Read(path.display().to_string(), error))?;
            let content = content.ok_or_else(|| ArchiveError::TooLarge { name: name.clone() })?;
            found.files.insert(name, content);
        }
        found.whole()
    }

    /// A copied folder, of ours or of the legacy connector's, read through its handle alone: no link in it is
    /// followed. What was read is not looked at yet; that is for [`Self::whole`].
    ///
    /// # Errors
    /// When a file cannot be read, or is a link.
    pub fn read_folder(folder: &Folder) -> Result<Self, ArchiveError> {
        let mut names = vec![CONFIG.to_owned(), MAPPER.to_owned()];
        names.extend(LOGOS.map(str::to_owned));
        list_in(folder, "certs", &mut names)?;
        let mut found = Self::empty();
        let mut total = 0;
        for name in names {
            let failed = |error| in_folder(folder, &name, error);
            match folder.find(&name).map_err(failed)? {
                Found::Nothing => continue,
                Found::Link if allowed(&name) => {
                    return Err(ArchiveError::Linked(shown_in(folder, &name)));
                }
                Found::File | Found::Other if allowed(&name) => {}
                _ => {
                    found.ignored.push(shown(&name));
                    continue;
                }
            }
            let content = folder
                .open_file(&name)
                .and_then(|file| limited(file, &mut total))
                .map_err(failed)?;
            let content = content.ok_or_else(|| ArchiveError::TooLarge { name: name.clone() })?;
            found.files.insert(name, content);
        }
        Ok(found)
    }

    /// Reads an archive; nothing that it says of itself is trusted.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn of_zip(mut archive: impl Read + Seek) -> Result<Self, ArchiveError> {
        bounded(&mut archive)?;
        let mut archive = ZipArchive::new(archive).map_err(ArchiveError::NoZip)?;
        if archive.len() > MAX_ENTRIES {
            return Err(ArchiveError::TooMany);
        }
        if archive.has_duplicate_names() {
            return Err(ArchiveError::Twice {
                name: "a file".to_owned(),
            });
        }
        if archive
            .has_overlapping_entries()
            .map_err(ArchiveError::NoZip)?
        {
            return Err(ArchiveError::Overlap);
        }
        let mut found = Self::empty();
        found.ours = archive.comment() == OURS.as_bytes();
        let mut total = 0;
        for index in 0..archive.len() {
            let entry = archive.by_index(index).map_err(ArchiveError::NoZip)?;
            let name = entry.name().map_err(ArchiveError::NoZip)?;
            let name = name.into_owned();
            if entry.is_symlink() || leads_out(&name) {
                return Err(ArchiveError::Path { name: shown(&name) });
            }
            if entry.is_dir() {
                continue;
            }
            // As some programs on Windows write it.
            let name = name.replace('\\', "/");
            if !allowed(&name) {
                found.ignored.push(shown(&name));
                continue;
            }
            let content = limited(entry, &mut total)
                .map_err(|error| ArchiveError::Read(shown(&name), error))?
                .ok_or_else(|| ArchiveError::TooLarge { name: shown(&name) })?;
            if found.files.insert(name.clone(), content).is_some() {
                return Err(ArchiveError::Twice { name: shown(&name) });
            }
        }
        found.whole()
    }

    /// The zip, as the legacy connector's import takes it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn to_zip(&self) -> Result<Vec<u8>, ArchiveError> {
        let mut files = self.files.clone();
        files
            .entry(MAPPER.to_owned())
            .or_insert_with(|| DEFAULT_MAPPER.as_bytes().to_vec());
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .unix_permissions(0o600);
        writer.set_comment(OURS).map_err(ArchiveError::Zip)?;
        for (name, content) in &files {
            writer
                .start_file(name.as_str(), options)
                .map_err(ArchiveError::Zip)?;
            let written = writer.write_all(content);
            written.map_err(|error| ArchiveError::Zip(error.into()))?;
        }
        let done = writer.finish().map_err(ArchiveError::Zip)?;
        Ok(done.into_inner())
    }

    /// The keys of its `config.json`.
    ///
    /// # Errors
    /// When that is not a JSON object.
    pub fn config(&self) -> Result<Map<String, Value>, ArchiveError> {
        let broken = |fault| ArchiveError::Content {
            name: CONFIG,
            fault,
        };
        let text = self
            .files
            .get(CONFIG)
            .map(Vec::as_slice)
            .unwrap_or_default();
        match serde_json::from_slice(without_mark(text)) {
            Ok(Value::Object(keys)) => Ok(keys),
            Ok(_) => Err(broken(ContentFault::NotAnObject)),
            Err(error) => Err(broken(error.into())),
        }
    }

    /// The text of its profile mapper.
    #[must_use]
    pub fn mapper(&self) -> Option<String> {
        let text = self.files.get(MAPPER)?;
        Some(String::from_utf8_lossy(text).into_owned())
    }

    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.files.contains_key(name)
    }

    /// A file of it.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Vec::as_slice)
    }

    pub(super) fn empty() -> Self {
        Self {
            files: BTreeMap::new(),
            ignored: Vec::new(),
            ours: false,
            built_in_mapper: false,
        }
    }

    /// Itself, when it is an installation: nothing missing, key and certificate fit, and the stored
    /// password opens. A mapper that only says what is built in is taken out.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn whole(mut self) -> Result<Self, ArchiveError> {
        for name in NEEDED {
            if !self.files.contains_key(name) {
                return Err(ArchiveError::Missing(name));
            }
        }
        let keys = self.config()?;
        self.signing_key_fits()?;
        self.stored_password(&keys)?;
        if self.mapper().is_some_and(|text| is_default_mapper(&text)) {
            self.files.remove(MAPPER);
            self.built_in_mapper = true;
        }
        Ok(self)
    }

    fn signing_key_fits(&self) -> Result<(), ArchiveError> {
        let broken = |name, fault| ArchiveError::Content { name, fault };
        let certificate = CertificateDer::from_pem_slice(without_mark(&self.files[CERTIFICATE]))
            .map_err(|_| broken(CERTIFICATE, ContentFault::NoCertificate))?;
        let key = PrivateKeyDer::from_pem_slice(without_mark(&self.files[KEY]))
            .map_err(|_| broken(KEY, ContentFault::NoKey))?;
        let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key)
            .map_err(|_| broken(KEY, ContentFault::CannotSign))?;
        if key.algorithm() != SignatureAlgorithm::RSA {
            return Err(broken(KEY, ContentFault::NotRsa));
        }
        let both = rustls::sign::CertifiedKey::new(vec![certificate], key);
        both.keys_match().map_err(|_| ArchiveError::OtherKey)
    }

    fn stored_password(&self, given: &Map<String, Value>) -> Result<(), ArchiveError> {
        let values = Effective::of_file(given);
        let Some(stored) = values.value(&keys::LDAP_BIND_CREDENTIALS) else {
            return Ok(());
        };
        let key = values.value(&keys::AUTH_CERT_KEY);
        let elsewhere = key.is_none() && values.is_given(&keys::AUTH_CERT_KEY);
        // Not read where there is a password, and not to be judged where the key is elsewhere.
        if values.is_given(&keys::LDAP_BIND_PASSWORD) || elsewhere {
            return Ok(());
        }
        let key = key.as_ref().map_or(self.files[KEY].as_slice(), |key| {
            key.expose_secret().as_bytes()
        });
        credentials_open(stored.expose_secret(), key).map_err(|error| ArchiveError::Content {
            name: CONFIG,
            fault: error.into(),
        })
    }
}

/// Whether a mapper is the one that an export plants where there is none, line ends aside.
fn is_default_mapper(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}');
    text.trim_end()
        .lines()
        .eq(DEFAULT_MAPPER.trim_end().lines())
}

/// `connector_export_YYYYMMDD-HHMMSS.zip`, as the legacy connector names it.
#[must_use]
pub fn export_name(now: SystemTime) -> String {
    format!("connector_export_{}.zip", stamp(now))
}

/// `YYYYMMDD-HHMMSS`, UTC.
pub(super) fn stamp(now: SystemTime) -> String {
    let format = format_description!("[year][month][day]-[hour][minute][second]");
    let text = OffsetDateTime::from(now).format(format);
    text.unwrap_or_else(|_| "now".to_owned())
}

/// Windows editors put a byte order mark first.
fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// The same as [`list`], no link followed.
fn list_in(folder: &Folder, under: &str, names: &mut Vec<String>) -> Result<(), ArchiveError> {
    let inner = match folder.folder(under) {
        Ok(inner) => inner,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(in_folder(folder, under, error)),
    };
    let entries = inner
        .names()
        .map_err(|error| in_folder(folder, under, error))?;
    for entry in entries {
        let name = format!("{under}/{}", entry.to_string_lossy());
        if !under.contains('/') && inner.find(&entry).is_ok_and(|found| found == Found::Folder) {
            list_in(folder, &name, names)?;
        } else {
            names.push(name);
        }
    }
    Ok(())
}

fn shown_in(folder: &Folder, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

fn in_folder(folder: &Folder, name: &str, error: io::Error) -> ArchiveError {
    if LinkInTheWay::caused(&error) {
        return ArchiveError::Linked(shown_in(folder, name));
    }
    ArchiveError::Read(shown_in(folder, name), error)
}

/// The files under a folder, two levels deep as an installation has them; what is deeper as the name
/// of its folder.
pub(super) fn list(folder: &Path, under: &str, names: &mut Vec<String>) -> io::Result<()> {
    let entries = match fs::read_dir(folder.join(under)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let name = format!("{under}/{}", entry?.file_name().to_string_lossy());
        if !under.contains('/') && folder.join(&name).is_dir() {
            list(folder, &name, names)?;
        } else {
            names.push(name);
        }
    }
    names.sort();
    Ok(())
}

#[cfg(test)]
#[path = "archive_tests.rs"]
pub(super) mod tests;
