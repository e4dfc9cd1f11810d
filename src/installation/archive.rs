//! An installation as a zip or a folder, both ways with the legacy connector's.
//!
//! Only the paths of an installation are read, whatever the archive says; everything is bounded, and
//! found to fit together, before anybody may do something with it.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Cursor, Write as _},
    path::Path,
    time::SystemTime,
};

use rustls::SignatureAlgorithm;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use serde_json::{Map, Value};
use time::{OffsetDateTime, macros::format_description};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{
    ArchiveError,
    error::ContentFault,
    findings::Finding,
    layout::NEWER_MAPPER,
    paths::{CERTIFICATE, CONFIG, KEY, MAPPER, NEEDED},
};
use crate::{
    config::{Effective, credentials_open, decoded, keys},
    secret::ExposeSecret as _,
};

/// The built-in mapper in JavaScript: the legacy connector's import wants a file.
pub const DEFAULT_MAPPER: &str = include_str!("profileMapper.js");
/// The comment of our zips, by which an import knows them. The legacy connector's import does not look at it.
pub(super) const OURS: &str = "ad-edge export";

/// For which version of the legacy connector an export is, beside ad-edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExportLayout {
    /// Until version 6, and ad-edge.
    #[default]
    Usual,
    /// Since version 7: all under `data/`.
    Data,
}

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
    /// What there is to say of it.
    pub(super) findings: Vec<Finding>,
}

/// By hand: it holds keys.
impl std::fmt::Debug for Installation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.files.keys()).finish()
    }
}

impl Installation {
    /// The zip, as the legacy connector's import takes it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn to_zip(&self, layout: ExportLayout) -> Result<Vec<u8>, ArchiveError> {
        let mut files = self.files.clone();
        if layout == ExportLayout::Usual {
            // It has to be there.
            files
                .entry(MAPPER.to_owned())
                .or_insert_with(|| DEFAULT_MAPPER.as_bytes().to_vec());
        }
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .unix_permissions(0o600);
        if layout == ExportLayout::Usual {
            writer.set_comment(OURS).map_err(ArchiveError::Zip)?;
        }
        for (name, content) in &files {
            let name = match (layout, name.strip_prefix("lib/")) {
                (ExportLayout::Usual, _) => name.clone(),
                (ExportLayout::Data, _) if name == MAPPER => format!("data/{NEWER_MAPPER}"),
                (ExportLayout::Data, Some(module)) => format!("data/profileMapper/{module}"),
                (ExportLayout::Data, None) => format!("data/{name}"),
            };
            writer
                .start_file(name, options)
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
        match serde_json::from_str(&decoded(text).0) {
            Ok(Value::Object(keys)) => Ok(keys),
            Ok(_) => Err(broken(ContentFault::NotAnObject)),
            Err(error) => Err(broken(error.into())),
        }
    }

    /// The text of its profile mapper.
    #[must_use]
    pub fn mapper(&self) -> Option<String> {
        let text = self.files.get(MAPPER)?;
        Some(decoded(text).0.into_owned())
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
            findings: Vec::new(),
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
