//! The files of an installation out of what was given, in their places of a home folder: whatever the version and the
//! names that it has them by.

use std::{
    collections::BTreeSet,
    io::{Read, Seek},
    path::Path,
};

use serde_json::{Map, Value};

use super::{
    ArchiveError, Installation,
    archive::OURS,
    bridge::{Pending, settle, usual_there},
    findings::Finding,
    given::{Archive, Copied, Given, Own},
    layout::{Layout, Place, below},
    mappers::mappers,
    paths::{CONFIG, KEY, MAPPER, allowed, shown},
};
use crate::{
    config::{Encoding, decoded},
    files::Folder,
};

/// Reads what belongs to the installation of this layout. It is not looked at yet, but for what has to be said.
fn gather(given: &mut dyn Given, layout: &Layout) -> Result<Installation, ArchiveError> {
    let mut found = Installation::empty();
    let mut bridge = None;
    let mut left = Vec::new();
    let mut settled = BTreeSet::new();
    for name in given.names().to_vec() {
        match layout.place(&name) {
            // With what it loads, below.
            Place::Home(place) if place == MAPPER => {}
            Place::Home(place) if allowed(&place) => {
                let Some(content) = given.read(&name)? else {
                    left.push(name);
                    continue;
                };
                if found.files.insert(place.clone(), content).is_some() {
                    return Err(ArchiveError::Twice {
                        name: shown(&place),
                    });
                }
                settled.insert(name);
            }
            Place::Bridge => {
                bridge = given.read(&name)?.map(|content| (name.clone(), content));
                settled.insert(name);
            }
            Place::Home(_) | Place::Other => left.push(name),
        }
    }
    let mut keys = found.config().unwrap_or_default();
    let own = mappers(given, layout, &keys)?;
    settled.extend(own.settled.iter().cloned());
    let certs = format!("{}certs/", layout.root);
    left.retain(|name| {
        let may_matter = given.is_archive() || below(name, &certs, "").is_some();
        may_matter && !settled.contains(name)
    });
    found.ignored = left.iter().map(|name| shown(name)).collect();
    if layout.is_newer {
        found.findings.push(Finding::NewerLayout {
            root: shown(&layout.root),
            has_mapper: own.files.contains_key(MAPPER),
        });
        // None means the default one.
        found.built_in_mapper = own.files.is_empty();
        found.settle_secrets(&mut keys, bridge.as_ref())?;
    }
    found.findings.extend(own.findings);
    found.files.extend(own.files);
    found.config_as_utf8();
    Ok(found)
}

impl Installation {
    /// The home folder's files, for an export.
    ///
    /// # Errors
    /// When a file cannot be read, or one that is needed is not there.
    pub fn of_folder(folder: &Path) -> Result<Self, ArchiveError> {
        let mut own = Own::open(folder)?;
        gather(&mut own, &Layout::ours())?.whole()
    }

    /// A copied folder, of ours or of the legacy connector's of any version, read through its handle alone: no link in
    /// it is followed. What was read is not looked at yet; that is for [`Self::whole`].
    ///
    /// # Errors
    /// When a file cannot be read, or is a link.
    pub fn read_folder(folder: &Folder) -> Result<Self, ArchiveError> {
        let mut copied = Copied::open(folder)?;
        let layout = Layout::of(copied.names());
        gather(&mut copied, &layout)
    }

    /// Reads an archive; nothing that it says of itself is trusted.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn of_zip(archive: impl Read + Seek) -> Result<Self, ArchiveError> {
        let mut archive = Archive::open(archive)?;
        let ours = archive.comment() == OURS.as_bytes();
        let layout = if ours {
            Layout::ours()
        } else {
            Layout::of(archive.names())
        };
        let mut found = gather(&mut archive, &layout)?;
        found.ours = ours;
        found.whole()
    }

    /// Puts pending secrets into the keys, and says where the others are.
    fn settle_secrets(
        &mut self,
        keys: &mut Map<String, Value>,
        bridge: Option<&(String, Vec<u8>)>,
    ) -> Result<(), ArchiveError> {
        let file = bridge.map(|(name, _)| shown(name)).unwrap_or_default();
        let pending = match bridge {
            None => None,
            Some((_, content)) => match Pending::read(&decoded(content).0) {
                Ok(pending) => Some((file.as_str(), pending)),
                Err(error) => {
                    self.findings.push(Finding::BrokenBridge {
                        file: file.clone(),
                        // The message itself has no text of the file.
                        problem: format!("line {}: no JSON", error.line()),
                    });
                    None
                }
            },
        };
        let is_pfx = |name: &String| name.to_ascii_lowercase().ends_with(".pfx");
        let has_pfx = self.files.keys().any(is_pfx);
        // What is broken is said when all of it is looked at.
        if self.config().is_err() {
            return Ok(());
        }
        let before = keys.clone();
        if !self.built_in_mapper {
            usual_there(keys);
        }
        let key = self.files.get(KEY).cloned().unwrap_or_default();
        self.findings.extend(settle(keys, &key, pending, has_pfx));
        if *keys != before {
            self.set_config(keys)?;
        }
        Ok(())
    }

    /// Windows' shells write UTF-16.
    fn config_as_utf8(&mut self) {
        let Some(content) = self.files.get_mut(CONFIG) else {
            return;
        };
        let (text, encoding) = decoded(content);
        if encoding == Encoding::Utf16 {
            let text = text.into_owned().into_bytes();
            *content = text;
            self.findings.push(Finding::Utf16(CONFIG.to_owned()));
        }
    }
}

#[cfg(test)]
#[path = "gather_tests.rs"]
mod tests;
