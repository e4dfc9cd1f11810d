//! Files that a mapper loads by `require`: each is read once and remembered, so that all engines of a script have the
//! same. None outside of the mapper's folder is read, but for the `node_modules` beside it.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use crate::config::{Most, decoded, module_file, read_file};

/// Larger than any library that a mapper needs.
const MOST: Most = Most(4 << 20);
/// Names that are looked for, found or not.
const MAX_NAMES: usize = 2000;

#[derive(Debug)]
pub(super) struct Modules {
    folder: PathBuf,
    read: Mutex<BTreeMap<String, Option<Vec<u8>>>>,
}

impl Modules {
    pub fn of(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            read: Mutex::default(),
        }
    }

    /// The file that `request` means in a module of the folder `from`, by its path in the mapper's folder, with its text.
    pub fn load(&self, from: &str, request: &str) -> Option<(String, String)> {
        let (file, content) = module_file(from, request, |path| self.find(path))?;
        let text = decoded(&content).0.into_owned();
        Some((file, text))
    }

    /// The files that were loaded.
    pub fn files(&self) -> Vec<PathBuf> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let found = read.iter().filter(|(_, content)| content.is_some());
        found.map(|(path, _)| self.folder.join(path)).collect()
    }

    fn find(&self, path: &str) -> Option<Vec<u8>> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = read.get(path) {
            return known.clone();
        }
        if read.len() >= MAX_NAMES {
            return None;
        }
        let content = read_file(&self.folder.join(path), MOST).ok();
        read.insert(path.to_owned(), content.clone());
        content
    }
}
