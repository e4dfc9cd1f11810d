//! What an import is given, a zip or a folder, as a list of names and a way to read each. Nothing that an archive says
//! of itself is trusted, and no link in a folder is followed.

use std::{
    collections::HashMap,
    fs,
    io::{self, Read, Seek},
    path::Path,
};

use zip::ZipArchive;

use super::{
    ArchiveError,
    bounds::{bounded, limited},
    limits::MAX_ENTRIES,
    paths::{CONFIG, LOGOS, leads_out, shown},
};
use crate::{
    config::openable,
    files::{Folder, Found, LinkInTheWay},
};

/// Names of one folder that are looked at; no installation has more.
const MAX_NAMES: usize = 5000;

pub(super) trait Given {
    /// All that may belong to an installation, with `/` between folders.
    fn names(&self) -> &[String];
    /// The content of a file that may not be there.
    ///
    /// # Errors
    /// When it cannot be read, is too large, or is a link.
    fn read(&mut self, name: &str) -> Result<Option<Vec<u8>>, ArchiveError>;
    /// Whether whatever is not taken is worth a word: not what lies about in a program's folder.
    fn is_archive(&self) -> bool;
}

/// An archive, and where each name is in it.
pub(super) struct Archive<R> {
    zip: ZipArchive<R>,
    names: Vec<String>,
    places: HashMap<String, usize>,
    total: u64,
}

impl<R: Read + Seek> Archive<R> {
    /// # Errors
    /// When it is none, or not to be trusted.
    pub fn open(mut archive: R) -> Result<Self, ArchiveError> {
        bounded(&mut archive)?;
        let mut zip = ZipArchive::new(archive).map_err(ArchiveError::NoZip)?;
        if zip.len() > MAX_ENTRIES {
            return Err(ArchiveError::TooMany);
        }
        if zip.has_duplicate_names() {
            return Err(ArchiveError::Twice {
                name: "a file".to_owned(),
            });
        }
        if zip.has_overlapping_entries().map_err(ArchiveError::NoZip)? {
            return Err(ArchiveError::Overlap);
        }
        let (mut names, mut places) = (Vec::new(), HashMap::new());
        for index in 0..zip.len() {
            let entry = zip.by_index(index).map_err(ArchiveError::NoZip)?;
            let name = entry.name().map_err(ArchiveError::NoZip)?.into_owned();
            if entry.is_symlink() || leads_out(&name) {
                return Err(ArchiveError::Path { name: shown(&name) });
            }
            if entry.is_dir() || name.ends_with('\\') {
                continue;
            }
            // As some programs on Windows write it.
            let name = name.replace('\\', "/");
            if places.insert(name.clone(), index).is_some() {
                return Err(ArchiveError::Twice { name: shown(&name) });
            }
            names.push(name);
        }
        Ok(Self {
            zip,
            names,
            places,
            total: 0,
        })
    }

    pub fn comment(&self) -> &[u8] {
        self.zip.comment()
    }
}

impl<R: Read + Seek> Given for Archive<R> {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn read(&mut self, name: &str) -> Result<Option<Vec<u8>>, ArchiveError> {
        let Some(index) = self.places.get(name) else {
            return Ok(None);
        };
        let entry = self.zip.by_index(*index).map_err(ArchiveError::NoZip)?;
        let content = limited(entry, &mut self.total)
            .map_err(|error| ArchiveError::Read(shown(name), error))?;
        let content = content.ok_or_else(|| ArchiveError::TooLarge { name: shown(name) })?;
        Ok(Some(content))
    }

    fn is_archive(&self) -> bool {
        true
    }
}

/// A copied folder, read through its handle alone.
pub(super) struct Copied<'a> {
    folder: &'a Folder,
    names: Vec<String>,
    total: u64,
}

impl<'a> Copied<'a> {
    /// # Errors
    /// When one of its folders cannot be listed.
    pub fn open(folder: &'a Folder) -> Result<Self, ArchiveError> {
        let mut names = Vec::new();
        installations(folder, "", 0, &mut names)?;
        Ok(Self {
            folder,
            names,
            total: 0,
        })
    }
}

impl Given for Copied<'_> {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn read(&mut self, name: &str) -> Result<Option<Vec<u8>>, ArchiveError> {
        let failed = |error| in_folder(self.folder, name, error);
        match self.folder.find(name) {
            Ok(Found::Nothing | Found::Folder) => return Ok(None),
            Ok(Found::Link) => return Err(ArchiveError::Linked(shown_in(self.folder, name))),
            Ok(Found::File | Found::Other) => {}
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Ok(None),
            Err(error) => return Err(failed(error)),
        }
        let content = self
            .folder
            .open_file(name)
            .and_then(|file| limited(file, &mut self.total))
            .map_err(failed)?;
        let content = content.ok_or_else(|| ArchiveError::TooLarge {
            name: name.to_owned(),
        })?;
        Ok(Some(content))
    }

    fn is_archive(&self) -> bool {
        false
    }
}

/// A home folder of ours, for an export: a link is followed, since a certificate's renewal often leaves one.
pub(super) struct Own<'a> {
    folder: &'a Path,
    names: Vec<String>,
    total: u64,
}

impl<'a> Own<'a> {
    /// # Errors
    /// When `certs` cannot be listed.
    pub fn open(folder: &'a Path) -> Result<Self, ArchiveError> {
        let failed =
            |name: &str, error| ArchiveError::Read(folder.join(name).display().to_string(), error);
        let mut names = vec![CONFIG.to_owned()];
        names.extend(LOGOS.map(str::to_owned));
        for under in ["certs", "lib"] {
            super::archive::list(folder, under, &mut names)
                .map_err(|error| failed(under, error))?;
        }
        names.retain(|name| fs::symlink_metadata(folder.join(name)).is_ok());
        Ok(Self {
            folder,
            names,
            total: 0,
        })
    }
}

impl Given for Own<'_> {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn read(&mut self, name: &str) -> Result<Option<Vec<u8>>, ArchiveError> {
        let path = self.folder.join(name);
        if !fs::metadata(&path).is_ok_and(|meta| meta.is_file())
            && fs::symlink_metadata(&path).is_ok()
        {
            return Ok(None);
        }
        let content = openable(&path)
            .and_then(|()| fs::File::open(&path))
            .and_then(|file| limited(file, &mut self.total));
        let content = match content {
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(None);
            }
            content => content,
        };
        let content =
            content.map_err(|error| ArchiveError::Read(path.display().to_string(), error))?;
        let content = content.ok_or_else(|| ArchiveError::TooLarge {
            name: name.to_owned(),
        })?;
        Ok(Some(content))
    }

    fn is_archive(&self) -> bool {
        false
    }
}

/// The names of a folder in which an installation may begin: its files, and what is in the folders of an installation.
/// Where there is none, those of the folders in it, as whoever copies it often has one around it.
fn installations(
    folder: &Folder,
    under: &str,
    depth: usize,
    names: &mut Vec<String>,
) -> Result<(), ArchiveError> {
    let (files, folders) = list(folder, under)?;
    let begins = files.iter().any(|file| {
        let file = &file[under.len()..];
        file.eq_ignore_ascii_case("config.json") || file == ".connector-bridge"
    });
    for file in &files {
        let name = file[under.len()..].to_ascii_lowercase();
        let is_folder = ["certs", "lib", "data", "profilemapper"].contains(&name.as_str());
        if is_folder && folder.find(file).is_ok_and(|found| found == Found::Link) {
            return Err(ArchiveError::Linked(shown_in(folder, file)));
        }
    }
    names.extend(files);
    if names.len() > MAX_NAMES {
        return Err(ArchiveError::TooMany);
    }
    let mut others = Vec::new();
    let mut has_data = false;
    for inner in folders {
        let name = inner[under.len()..].to_ascii_lowercase();
        match name.as_str() {
            "certs" => within(folder, &inner, 1, names)?,
            "lib" | "profilemapper" => within(folder, &inner, 3, names)?,
            "data" if depth < 3 => {
                has_data = true;
                installations(folder, &format!("{inner}/"), 3, names)?;
            }
            "node_modules" | "backups" => {}
            _ => others.push(inner),
        }
    }
    if !begins && !has_data && depth < 2 {
        for inner in others {
            installations(folder, &format!("{inner}/"), depth + 1, names)?;
        }
    }
    Ok(())
}

/// The files of a folder, so many levels deep; what is deeper by the name of its folder.
fn within(
    folder: &Folder,
    under: &str,
    levels: usize,
    names: &mut Vec<String>,
) -> Result<(), ArchiveError> {
    let (files, folders) = list(folder, &format!("{under}/"))?;
    names.extend(files);
    for inner in folders {
        if levels == 0 || inner.ends_with("/node_modules") {
            names.push(inner);
        } else {
            within(folder, &inner, levels - 1, names)?;
        }
    }
    if names.len() > MAX_NAMES {
        return Err(ArchiveError::TooMany);
    }
    Ok(())
}

/// What is directly in a folder: files and the like, and folders.
fn list(folder: &Folder, under: &str) -> Result<(Vec<String>, Vec<String>), ArchiveError> {
    let path = under.trim_end_matches('/');
    let failed = |error| in_folder(folder, path, error);
    let inner = folder.folder(path).map_err(failed)?;
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for entry in inner.names().map_err(failed)? {
        let name = format!("{under}{}", entry.to_string_lossy());
        match inner.find(&entry) {
            Ok(Found::Folder) => folders.push(name),
            _ => files.push(name),
        }
    }
    Ok((files, folders))
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
