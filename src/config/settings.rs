//! Where the configuration comes from, each time that it is read: the home folder, what the tenant said,
//! and this process's environment.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::{Map, Value};

use super::{
    closed_folder::one_for_each_missing_folder,
    effective::Effective,
    home::Home,
    key::Declared,
    keys,
    load::{Config, Loaded},
    mistake::{Given, Invalid, Mistake, Place},
    problem::Problem,
    source::{FileKeys, uses_files, variable},
};
use crate::secret::{ExposeSecret as _, SecretString};

#[derive(Debug)]
pub struct Settings {
    home: PathBuf,
    environment: BTreeMap<String, String>,
    learned: Mutex<Learned>,
    writing: Mutex<()>,
}

/// What a tenant said and no file holds.
#[derive(Debug, Default)]
struct Learned {
    /// Whose ticket it was.
    ticket: Option<SecretString>,
    keys: Map<String, Value>,
}

impl Settings {
    /// Of `home`, with this process's environment.
    #[must_use]
    pub fn of_process(home: &Path) -> Self {
        let environment = std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self::new(home, environment)
    }

    pub(crate) fn new(home: &Path, environment: BTreeMap<String, String>) -> Self {
        Self {
            home: home.to_owned(),
            environment,
            learned: Mutex::default(),
            writing: Mutex::default(),
        }
    }

    #[must_use]
    pub fn home(&self) -> Home {
        Home::new(&self.home)
    }

    /// A variable of the environment; an empty one is none.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        let (_, text) = variable(&self.environment, name)?;
        Some(text)
    }

    /// The variables of the environment that can be keys, with their values: with them alone another process reads
    /// the same configuration.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        let realm = self.variable(keys::REALM.name).unwrap_or_default();
        let all = self.environment.iter();
        let given = all.filter(move |(name, _)| {
            let is_key = |key: &dyn Declared| {
                key.variables().contains(*name) || key.file_variant().as_ref() == Some(*name)
            };
            keys::all().any(is_key) || keys::names_relying_party(name, realm)
        });
        given.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether files of the home folder are read and written.
    #[must_use]
    pub fn uses_files(&self) -> bool {
        uses_files(&self.environment)
    }

    /// The values as they count with these keys over the file.
    #[must_use]
    pub fn effective(&self, keys: &Map<String, Value>) -> Effective {
        let mut all = self.learned();
        all.extend(keys.clone());
        Effective::read(&self.home(), &self.environment, &all)
    }

    /// # Errors
    /// Every mistake found; nothing but that when there is no home folder.
    pub fn load(&self) -> Result<Loaded, Invalid> {
        self.of_what_is_there(|| self.load_with(&Map::new()))
    }

    /// The same without what takes files, or a tenant, that need not be there yet: for what is made beside an
    /// installation.
    ///
    /// # Errors
    /// As of [`Settings::load`].
    pub fn load_without_files(&self) -> Result<Loaded, Invalid> {
        self.of_what_is_there(|| self.load_for_trial(&Map::new()))
    }

    /// Reads; without a home folder, or anything in it, that is all that is wrong.
    fn of_what_is_there(
        &self,
        read: impl FnOnce() -> Result<Loaded, Invalid>,
    ) -> Result<Loaded, Invalid> {
        if self.uses_files() && !self.has_home() {
            return Err(Invalid {
                mistakes: vec![Mistake {
                    place: Place::Home,
                    given: Some(Given::File(self.home.clone())),
                    problem: Problem::NoFolder,
                }],
                warnings: Vec::new(),
            });
        }
        match read() {
            Err(invalid) if self.has_nothing(&invalid) => Err(Invalid {
                mistakes: vec![Mistake {
                    place: Place::ConfigJson,
                    given: Some(Given::File(self.home().config_json())),
                    problem: Problem::NoConfiguration,
                }],
                warnings: Vec::new(),
            }),
            Err(Invalid { mistakes, warnings }) => Err(Invalid {
                mistakes: one_for_each_missing_folder(&self.home(), mistakes),
                warnings,
            }),
            loaded => loaded,
        }
    }

    /// Whether no key says which directory there is, and no `config.json` could.
    fn has_nothing(&self, invalid: &Invalid) -> bool {
        let is_missing = |key: &'static dyn Declared| {
            let mut mistakes = invalid.mistakes.iter();
            mistakes.any(|mistake| {
                mistake.place.is(key) && matches!(mistake.problem, Problem::Missing(_))
            })
        };
        let file = fs::symlink_metadata(self.home().config_json());
        let is_absent = file.is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
        self.uses_files()
            && is_absent
            && is_missing(&keys::LDAP_URL)
            && is_missing(&keys::LDAP_BASE)
    }

    /// Whether the home folder is there; one that may not be looked at counts as there.
    #[must_use]
    pub fn has_home(&self) -> bool {
        match fs::metadata(&self.home) {
            Ok(found) => found.is_dir(),
            Err(error) => error.kind() == io::ErrorKind::PermissionDenied,
        }
    }

    /// The configuration with what `config.json` said before: all other files are read again.
    ///
    /// # Errors
    /// Every mistake found.
    pub fn load_kept(&self, file: &FileKeys) -> Result<Loaded, Invalid> {
        Config::load_kept(self.home(), &self.environment, file, &self.learned())
    }

    /// The configuration as it would be with these keys.
    ///
    /// # Errors
    /// Every mistake found.
    pub fn load_with(&self, keys: &Map<String, Value>) -> Result<Loaded, Invalid> {
        let mut all = self.learned();
        all.extend(keys.clone());
        Config::load_with(self.home(), &self.environment, &all)
    }

    /// The same without what takes files, or a tenant, that are not there yet in a set-up.
    ///
    /// # Errors
    /// Every mistake found.
    pub fn load_for_trial(&self, keys: &Map<String, Value>) -> Result<Loaded, Invalid> {
        let mut all = self.learned();
        all.extend(keys.clone());
        let mut environment = self.environment.clone();
        for key in keys::all().filter(|key| key.scope().switch) {
            environment.remove(key.name());
            all.insert(key.name().to_owned(), Value::Bool(false));
        }
        Config::load_with(self.home(), &environment, &all)
    }

    /// Keeps what the tenant of this ticket said, for each time that the configuration is read: no file
    /// holds it.
    pub fn learn(&self, ticket: &SecretString, said: &Map<String, Value>) {
        let mut said = said.clone();
        // Our own address, for instance, is ours to say.
        said.retain(|key, _| keys::find(key).is_none_or(|key| key.scope().tenant));
        *self.lock() = Learned {
            ticket: Some(ticket.clone()),
            keys: said,
        };
    }

    /// Held from reading `config.json` to writing it: the console and the ticket's steps do not undo each
    /// other's changes.
    pub fn writing(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing is kept: the file holds it, and what is written there counts.
    pub fn forget(&self) {
        *self.lock() = Learned::default();
    }

    /// What was learned, as long as the ticket is the same.
    fn learned(&self) -> Map<String, Value> {
        let mut learned = self.lock();
        if learned.keys.is_empty() {
            return Map::new();
        }
        let without = Effective::read(&self.home(), &self.environment, &Map::new());
        let now = without.secret(keys::PROVISIONING_TICKET);
        let same = match (&now, &learned.ticket) {
            (Some(now), Some(then)) => now.expose_secret().trim() == then.expose_secret().trim(),
            _ => false,
        };
        if !same {
            *learned = Learned::default();
        }
        learned.keys.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Learned> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::source::Origin, *};

    fn settings(home: &Path, ticket: &str) -> Settings {
        let config = json!({
            "PROVISIONING_TICKET": ticket,
            "SERVER_URL": "https://login.corp.example",
            "LDAP_URL": "ldaps://dc1.corp.example",
            "LDAP_BASE": "DC=corp,DC=example",
            "ANONYMOUS_SEARCH_ENABLED": true,
        });
        std::fs::write(home.join("config.json"), config.to_string()).expect("written");
        Settings::new(home, BTreeMap::new())
    }

    #[test]
    fn what_is_learned_ends_with_its_ticket_and_never_holds_our_own_address() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let ticket = "https://tenant.example/p/ad/one";
        let settings = settings(folder.path(), ticket);
        let mut said = Map::new();
        said.insert("CONNECTION".to_owned(), json!("corp"));
        said.insert("SERVER_URL".to_owned(), json!("https://old.corp.example"));
        settings.learn(&SecretString::from(ticket.to_owned()), &said);
        let origin = || {
            settings
                .effective(&Map::new())
                .in_force(&keys::CONNECTION)
                .origin
        };
        assert_eq!(origin(), Origin::Tenant);
        let site = || {
            let config = settings.load().expect("loads").config;
            (
                config.instance.site,
                config.federation.server_url.to_string(),
            )
        };
        let address = "https://login.corp.example/".to_owned();
        assert_eq!(site(), ("corp".to_owned(), address.clone()));
        let path = folder.path().join("config.json");
        let text = std::fs::read_to_string(&path).expect("read");
        std::fs::write(&path, text.replace("/one", "/two")).expect("written");
        assert_eq!(site(), (String::new(), address));
        assert_eq!(origin(), Origin::Default);
    }
}
