//! An installation in a zip: export and import, both ways with the incumbent's (PROTOCOL.md section 6).
//!
//! An import takes the paths that it knows and no other, whatever the archive says, and changes nothing
//! before everything was read, bounded and found to fit together.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Cursor, Read, Seek, Write as _},
    path::{Path, PathBuf},
    time::SystemTime,
};

use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use serde_json::{Map, Value};
use time::{OffsetDateTime, macros::format_description};
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::file::{FileError, write_atomically};
use crate::config::Home;

const CONFIG: &str = "config.json";
const MAPPER: &str = "lib/profileMapper.js";
const KEY: &str = "certs/cert.key";
const CERTIFICATE: &str = "certs/cert.pem";
/// What the incumbent's import takes, and needs all of.
const NEEDED: [&str; 3] = [CONFIG, KEY, CERTIFICATE];
/// The built-in mapper in JavaScript: the incumbent's import wants a file.
const DEFAULT_MAPPER: &str = include_str!("profileMapper.js");

const MAX_ENTRIES: usize = 500;
const MAX_FILE: u64 = 8 << 20;
const MAX_TOTAL: u64 = 32 << 20;

/// The files of an installation, by their paths in the home folder.
pub struct Installation {
    files: BTreeMap<String, Vec<u8>>,
    /// What lay beside them and is not taken.
    pub ignored: Vec<String>,
}

/// Why nothing was exported or imported; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error("{0} cannot be read ({1})")]
    Read(String, io::Error),
    #[error("this is no zip archive ({0})")]
    NoZip(String),
    #[error("{0} is missing: this is no whole installation. Export it again on the other server")]
    Missing(&'static str),
    #[error(
        "{name} is larger than {MAX_FILE} bytes, or all together than {MAX_TOTAL}: no installation is"
    )]
    TooLarge { name: String },
    #[error("it holds more than {MAX_ENTRIES} files: no installation does")]
    TooMany,
    #[error("{name} leads out of the folder, or is a link; such an archive is not to be trusted")]
    Path { name: String },
    #[error("{name} stands in it twice")]
    Twice { name: String },
    #[error("{name} is broken: {problem}")]
    Content { name: &'static str, problem: String },
    #[error("certs/cert.key is not the key of certs/cert.pem: take both from the same server")]
    OtherKey,
    #[error(transparent)]
    File(#[from] FileError),
    #[error("the archive cannot be written ({0})")]
    Write(String),
}

/// What an import did.
#[derive(Debug)]
pub struct Imported {
    pub taken: Vec<String>,
    /// Where what was replaced lies; `None` when there was nothing.
    pub backup: Option<PathBuf>,
}

/// By hand: it holds keys.
impl std::fmt::Debug for Installation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.files.keys()).finish()
    }
}

impl Installation {
    /// The home folder's files; for an export, or a copied folder of the incumbent's.
    ///
    /// # Errors
    /// When a file cannot be read, or one that is needed is not there.
    pub fn of_folder(folder: &Path) -> Result<Self, ArchiveError> {
        let mut names = vec![CONFIG.to_owned(), MAPPER.to_owned()];
        list(folder, "certs", 0, &mut names).map_err(|error| {
            ArchiveError::Read(folder.join("certs").display().to_string(), error)
        })?;
        let mut found = Self::empty();
        let mut total = 0;
        for name in names {
            let path = folder.join(&name);
            let Ok(meta) = fs::symlink_metadata(&path) else {
                continue;
            };
            // A link is followed here: a certificate's renewal often leaves one, and this is our own.
            if !allowed(&name) || meta.is_dir() {
                continue;
            }
            let content = fs::File::open(&path)
                .and_then(|file| limited(file, &mut total))
                .map_err(|error| ArchiveError::Read(path.display().to_string(), error))?;
            let content = content.ok_or_else(|| ArchiveError::TooLarge { name: name.clone() })?;
            found.files.insert(name, content);
        }
        found.whole()
    }

    /// Reads an archive; nothing in it is believed.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn of_zip(archive: impl Read + Seek) -> Result<Self, ArchiveError> {
        let mut archive =
            ZipArchive::new(archive).map_err(|e| ArchiveError::NoZip(e.to_string()))?;
        if archive.len() > MAX_ENTRIES {
            return Err(ArchiveError::TooMany);
        }
        let mut found = Self::empty();
        let mut total = 0;
        for index in 0..archive.len() {
            let entry = archive
                .by_index(index)
                .map_err(|e| ArchiveError::NoZip(e.to_string()))?;
            let name = entry
                .name()
                .map_err(|e| ArchiveError::NoZip(e.to_string()))?;
            let name = name.into_owned();
            let shown: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
            if entry.is_symlink() || leads_out(&name) {
                return Err(ArchiveError::Path { name: shown });
            }
            if entry.is_dir() {
                continue;
            }
            if !allowed(&name) {
                found.ignored.push(shown);
                continue;
            }
            let content = limited(entry, &mut total)
                .map_err(|error| ArchiveError::Read(shown.clone(), error))?
                .ok_or(ArchiveError::TooLarge {
                    name: shown.clone(),
                })?;
            if found.files.insert(name, content).is_some() {
                return Err(ArchiveError::Twice { name: shown });
            }
        }
        found.whole()
    }

    /// The zip, as the incumbent's import takes it.
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
        let write = |error: &dyn std::fmt::Display| ArchiveError::Write(error.to_string());
        for (name, content) in &files {
            writer
                .start_file(name.as_str(), options)
                .map_err(|e| write(&e))?;
            writer.write_all(content).map_err(|e| write(&e))?;
        }
        let done = writer.finish().map_err(|e| write(&e))?;
        Ok(done.into_inner())
    }

    /// The keys of its `config.json`.
    ///
    /// # Errors
    /// When that is no JSON object.
    pub fn config(&self) -> Result<Map<String, Value>, ArchiveError> {
        let broken = |problem: String| ArchiveError::Content {
            name: CONFIG,
            problem,
        };
        let text = self
            .files
            .get(CONFIG)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        match serde_json::from_slice(text) {
            Ok(Value::Object(keys)) => Ok(keys),
            Ok(_) => Err(broken("it is no JSON object".to_owned())),
            Err(error) => Err(broken(error.to_string())),
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

    /// Puts the files into the home folder, after a copy of those that they replace. When one cannot be
    /// written, all are put back.
    ///
    /// # Errors
    /// When a file cannot be written; the folder is then as it was.
    pub fn install(&self, home: &Home, now: SystemTime) -> Result<Imported, ArchiveError> {
        let mut before: Vec<(&str, Option<Vec<u8>>)> = Vec::new();
        for name in self.files.keys() {
            let path = home.path(name);
            match fs::read(&path) {
                Ok(content) => before.push((name, Some(content))),
                Err(error) if error.kind() == io::ErrorKind::NotFound => before.push((name, None)),
                Err(error) => return Err(ArchiveError::Read(path.display().to_string(), error)),
            }
        }
        let mut backup = None;
        if before.iter().any(|(_, content)| content.is_some()) {
            let folder = home.path(format!("backups/{}", stamp(now)));
            for (name, content) in &before {
                if let Some(content) = content {
                    write_atomically(&folder.join(name), content, 0o600)?;
                }
            }
            backup = Some(folder);
        }
        for (index, (name, content)) in self.files.iter().enumerate() {
            if let Err(error) = write_atomically(&home.path(name), content, mode(name)) {
                for (name, content) in &before[..index] {
                    let path = home.path(name);
                    let undone = match content {
                        Some(content) => write_atomically(&path, content, mode(name)).is_ok(),
                        None => fs::remove_file(&path).is_ok(),
                    };
                    if !undone {
                        tracing::error!(file = %path.display(), ?backup, "could not be put back");
                    }
                }
                return Err(error.into());
            }
        }
        Ok(Imported {
            taken: self.files.keys().cloned().collect(),
            backup,
        })
    }

    fn empty() -> Self {
        Self {
            files: BTreeMap::new(),
            ignored: Vec::new(),
        }
    }

    /// Itself, when it is an installation: nothing missing, and key and certificate fit.
    fn whole(self) -> Result<Self, ArchiveError> {
        for name in NEEDED {
            if !self.files.contains_key(name) {
                return Err(ArchiveError::Missing(name));
            }
        }
        self.config()?;
        let broken = |name, problem: &str| ArchiveError::Content {
            name,
            problem: problem.to_owned(),
        };
        let certificate = CertificateDer::from_pem_slice(&self.files[CERTIFICATE])
            .map_err(|_| broken(CERTIFICATE, "it holds no certificate in PEM"))?;
        let key = PrivateKeyDer::from_pem_slice(&self.files[KEY])
            .map_err(|_| broken(KEY, "it holds no private key in PEM"))?;
        let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key)
            .map_err(|_| broken(KEY, "its key is of a kind that cannot sign"))?;
        let pair = rustls::sign::CertifiedKey::new(vec![certificate], key);
        match pair.keys_match() {
            Ok(()) => Ok(self),
            Err(_) => Err(ArchiveError::OtherKey),
        }
    }
}

/// `connector_export_YYYYMMDD-HHMMSS.zip`, as the incumbent names it.
#[must_use]
pub fn export_name(now: SystemTime) -> String {
    format!("connector_export_{}.zip", stamp(now))
}

fn stamp(now: SystemTime) -> String {
    let format = format_description!("[year][month][day]-[hour][minute][second]");
    let text = OffsetDateTime::from(now).format(format);
    text.unwrap_or_else(|_| "now".to_owned())
}

/// Certificates may be read by others, nothing else.
fn mode(name: &str) -> u32 {
    if name == CERTIFICATE { 0o644 } else { 0o600 }
}

/// The paths that an installation has.
fn allowed(name: &str) -> bool {
    if matches!(name, CONFIG | MAPPER) {
        return true;
    }
    let plain = |part: &str| {
        let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        !part.is_empty() && !part.starts_with('.') && part.chars().all(good)
    };
    name.strip_prefix("certs/")
        .is_some_and(|rest| rest.split('/').count() <= 2 && rest.split('/').all(plain))
}

/// Zip-slip: a path that would be written elsewhere.
fn leads_out(name: &str) -> bool {
    let drive = name.as_bytes().get(1) == Some(&b':');
    name.starts_with(['/', '\\']) || drive || name.split(['/', '\\']).any(|part| part == "..")
}

/// All of it, unless it is too large: what an archive says of sizes is not believed.
fn limited(source: impl Read, total: &mut u64) -> io::Result<Option<Vec<u8>>> {
    let mut content = Vec::new();
    source.take(MAX_FILE + 1).read_to_end(&mut content)?;
    *total += content.len() as u64;
    Ok((content.len() as u64 <= MAX_FILE && *total <= MAX_TOTAL).then_some(content))
}

fn list(folder: &Path, under: &str, depth: u8, names: &mut Vec<String>) -> io::Result<()> {
    let entries = match fs::read_dir(folder.join(under)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let name = format!("{under}/{}", entry?.file_name().to_string_lossy());
        if folder.join(&name).is_dir() {
            if depth == 0 {
                list(folder, &name, 1, names)?;
            }
        } else {
            names.push(name);
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "archive_tests.rs"]
mod tests;
