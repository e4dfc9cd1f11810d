//! Where the configuration comes from, each time that it is read: the home folder, what the tenant said,
//! and this process's environment.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use serde_json::{Map, Value};

use crate::config::{Config, FileKeys, Home, Invalid, Loaded};

#[derive(Debug)]
pub struct Settings {
    home: PathBuf,
    environment: BTreeMap<String, String>,
    learned: Mutex<Map<String, Value>>,
}

impl Settings {
    /// Of `home`, with this process's environment.
    #[must_use]
    pub fn of_process(home: &Path) -> Self {
        let environment = std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self {
            home: home.to_owned(),
            environment,
            learned: Mutex::default(),
        }
    }

    #[must_use]
    pub fn home(&self) -> Home {
        Home::new(&self.home)
    }

    /// A variable of the environment; an empty one is none.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        let value = self.environment.get(name)?;
        (!value.is_empty()).then_some(value)
    }

    /// # Errors
    /// Every mistake found.
    pub fn load(&self) -> Result<Loaded, Invalid> {
        self.load_with(&Map::new())
    }

    /// The configuration with what `config.json` said before: all other files are read again.
    ///
    /// # Errors
    /// Every mistake found.
    pub fn load_kept(&self, file: &FileKeys) -> Result<Loaded, Invalid> {
        let learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        let learned = learned.clone();
        Config::load_kept(self.home(), &self.environment, file, &learned)
    }

    /// The configuration as it would be with these keys.
    ///
    /// # Errors
    /// Every mistake found.
    pub fn load_with(&self, keys: &Map<String, Value>) -> Result<Loaded, Invalid> {
        let learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = learned.clone();
        drop(learned);
        all.extend(keys.clone());
        Config::load_with(self.home(), &self.environment, &all)
    }

    /// Keeps keys for the next time that the configuration is read; false when all were known.
    pub fn learn(&self, keys: &Map<String, Value>) -> bool {
        let mut learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        let before = learned.clone();
        learned.extend(keys.clone());
        *learned != before
    }
}
