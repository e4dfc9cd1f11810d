//! Where values come from: the environment wins over `config.json`, the file over the defaults.

use std::{collections::BTreeMap, io, sync::Arc};

use serde_json::{Map, Value};

use super::{
    given_twice::given_twice,
    home::Home,
    key::Declared,
    keys,
    kinds::{Kind as _, Wrong},
    mistake::{Given as Written, Mistake, Place, Warning},
    older_names,
    problem::{Concern, Holds, Problem},
    read_file::{Most, read_text},
};

/// Every value that was given, before it is understood.
#[derive(Debug, Clone, Default)]
pub(super) struct Source {
    values: BTreeMap<String, Given>,
    /// The value of `REALM`, which is itself the name of a key.
    realm: String,
}

/// One value, and where it came from.
#[derive(Clone)]
pub(super) struct Given {
    pub value: Value,
    pub secret: bool,
    pub origin: Origin,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Default,
    ConfigJson,
    /// The name of the variable.
    Environment(String),
    /// The path as it was given, and the key that gave it.
    File {
        path: String,
        key: String,
        in_environment: bool,
    },
    /// The ticket's answer; also what is tried before it is saved.
    Tenant,
}

/// What `config.json` says, as it was read: it counts until it is read again.
#[derive(Clone, Default)]
pub struct FileKeys(Map<String, Value>);

/// Derived by hand: a value may be a secret.
impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Given")
    }
}

/// By hand: values may be secrets.
impl std::fmt::Debug for FileKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FileKeys")
    }
}

impl FileKeys {
    /// Reads `config.json` of `home`; nothing with `OVERRIDE_CONFIG=false`.
    pub(super) fn read(
        home: &Home,
        environment: &BTreeMap<String, String>,
        mistakes: &mut Vec<Mistake>,
    ) -> Self {
        match uses_files_or(environment) {
            Ok(false) => return Self::default(),
            Ok(true) => {}
            Err(wrong) => {
                let given = environment.get(keys::OVERRIDE_CONFIG.name);
                mistakes.push(Mistake {
                    place: (&keys::OVERRIDE_CONFIG).into(),
                    given: given.cloned().map(Written::Value),
                    problem: wrong.into(),
                });
            }
        }
        Self(read_file(home, mistakes))
    }
}

impl Source {
    /// Lays the environment over what the file says, and what was learned in between.
    pub fn read(
        home: &Home,
        environment: &BTreeMap<String, String>,
        file: &FileKeys,
        learned: &Map<String, Value>,
        mistakes: &mut Vec<Mistake>,
        warnings: &mut Vec<Warning>,
    ) -> Self {
        let file = older_names::in_file(&file.0, warnings);
        warnings.extend(older_names::in_environment(environment));
        let learned_realm = learned.get(keys::REALM.name);
        let file_realm = learned_realm.or_else(|| file.get(keys::REALM.name));
        let realm = match variable(environment, keys::REALM.name) {
            Some((_, realm)) => Some(realm.as_str()),
            None => file_realm.and_then(Value::as_str),
        };
        let mut source = Self {
            realm: realm.unwrap_or_default().trim().to_owned(),
            ..Self::default()
        };
        let of_file = file.iter().filter(|(key, _)| !learned.contains_key(*key));
        for (key, value) in of_file {
            source.take(key, value, Origin::ConfigJson, warnings);
        }
        for (key, value) in learned {
            source.take(key, value, Origin::Tenant, warnings);
        }
        source.lay_environment(home, environment, mistakes);
        source
    }

    /// What a `config.json` says by itself.
    pub fn of_file(keys: &Map<String, Value>) -> Self {
        let keys = older_names::in_file(keys, &mut Vec::new());
        let realm = keys.get(keys::REALM.name).and_then(Value::as_str);
        let mut source = Self {
            realm: realm.unwrap_or_default().trim().to_owned(),
            ..Self::default()
        };
        for (key, value) in &keys {
            source.take(key, value, Origin::ConfigJson, &mut Vec::new());
        }
        source
    }

    /// Puts a value that is no secret in the place of what was given.
    pub fn set(&mut self, key: &str, value: Value) {
        let given = Given {
            value,
            secret: false,
            origin: Origin::Default,
        };
        self.values.insert(key.to_owned(), given);
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Given)> {
        self.values.iter().map(|(key, given)| (key.as_str(), given))
    }

    pub fn get(&self, key: &str) -> Option<&Given> {
        self.values.get(key)
    }

    /// The keys that name a relying party, each with the list of its callbacks.
    pub fn relying_parties(&self) -> impl Iterator<Item = (&str, &Given)> {
        self.values
            .iter()
            .filter(|(key, _)| self.names_relying_party(key))
            .map(|(key, given)| (key.as_str(), given))
    }

    fn names_relying_party(&self, key: &str) -> bool {
        keys::names_relying_party(key, &self.realm)
    }

    /// A key of `config.json`, or one that was learned.
    fn take(&mut self, key: &str, value: &Value, origin: Origin, warnings: &mut Vec<Warning>) {
        if key == keys::SCHEMA {
            return;
        }
        let known = keys::find(key);
        let mut warn = |concern| {
            warnings.push(Warning {
                place: known.map_or_else(|| Place::Other(key.to_owned()), Place::Key),
                concern,
            });
        };
        if known.is_none()
            && keys::find_by_file_variant(key).is_none()
            && !self.names_relying_party(key)
        {
            warn(keys::nearest(key).map_or(Concern::Unknown, Concern::Misspelt));
            return;
        }
        if known.is_some_and(|key| key.scope().environment) {
            warn(Concern::EnvironmentOnly);
            return;
        }
        if known.is_some_and(Declared::is_unused) {
            return;
        }
        let given = Given {
            value: value.clone(),
            secret: known.is_some_and(Declared::is_secret),
            origin,
        };
        self.values.insert(key.to_owned(), given);
    }

    fn lay_environment(
        &mut self,
        home: &Home,
        environment: &BTreeMap<String, String>,
        mistakes: &mut Vec<Mistake>,
    ) {
        for key in keys::all().filter(|key| !key.is_unused()) {
            let mut names = key.variables().into_iter();
            let given = names.find_map(|name| variable(environment, &name));
            if let Some((name, text)) = given {
                // The variable itself wins over the file it could have come from.
                self.insert_text(key, text.clone(), Origin::Environment(name.clone()));
            } else if let Some(file_key) = key.file_variant() {
                self.read_secret(key, file_key, home, environment, mistakes);
            }
        }
        for (key, text) in environment {
            if !text.is_empty() && self.names_relying_party(key) {
                let given = Given {
                    value: Value::String(text.clone()),
                    secret: false,
                    origin: Origin::Environment(key.clone()),
                };
                self.values.insert(key.clone(), given);
            }
        }
    }

    /// A secret from the file that `file_key` names, in the environment or before that.
    fn read_secret(
        &mut self,
        key: &'static dyn Declared,
        file_key: String,
        home: &Home,
        environment: &BTreeMap<String, String>,
        mistakes: &mut Vec<Mistake>,
    ) {
        let of_environment = variable(environment, &file_key).map(|(_, path)| path);
        let path = match (of_environment, self.get(&file_key)) {
            (Some(path), _) => path.clone(),
            (None, None) => return,
            (None, Some(given)) => match &given.value {
                Value::Null => return,
                Value::String(path) if path.is_empty() => return,
                Value::String(path) => path.clone(),
                _ => {
                    mistakes.push(Mistake {
                        place: Place::FileOf(key),
                        // It may be the secret itself.
                        given: None,
                        problem: Problem::NotAPath(key),
                    });
                    return;
                }
            },
        };
        match read_text(&home.path(&path), Most::SECRET) {
            Ok(text) => {
                // Every byte of the signing key counts: stored passwords are encrypted with them.
                let text = if key.name() == keys::AUTH_CERT_KEY.name {
                    text
                } else {
                    text.trim_end_matches(['\r', '\n']).to_owned()
                };
                let origin = Origin::File {
                    path,
                    key: file_key,
                    in_environment: of_environment.is_some(),
                };
                self.insert_text(key, text, origin);
            }
            Err(error) => mistakes.push(Mistake {
                place: Place::FileOf(key),
                given: Some(Written::File(path.into())),
                problem: Problem::unreadable(error, Holds::Secret(key)),
            }),
        }
    }

    fn insert_text(&mut self, key: &'static dyn Declared, text: String, origin: Origin) {
        let given = Given {
            value: Value::String(text),
            secret: key.is_secret(),
            origin,
        };
        self.values.insert(key.name().to_owned(), given);
    }
}

/// A variable of the environment with its name; an empty one is none.
pub(super) fn variable<'a>(
    environment: &'a BTreeMap<String, String>,
    name: &str,
) -> Option<(&'a String, &'a String)> {
    let given = environment.get_key_value(name);
    given.filter(|(_, text)| !text.is_empty())
}

/// Whether files of the home folder are read and written: not with `OVERRIDE_CONFIG=false` in the
/// environment.
#[must_use]
pub fn uses_files(environment: &BTreeMap<String, String>) -> bool {
    uses_files_or(environment).unwrap_or(keys::OVERRIDE_CONFIG.kind.0)
}

fn uses_files_or(environment: &BTreeMap<String, String>) -> Result<bool, Wrong> {
    let key = &keys::OVERRIDE_CONFIG;
    let given = match environment.get(key.name) {
        Some(text) => key.kind.understand(&Value::from(text.as_str()))?,
        None => None,
    };
    Ok(given.unwrap_or_else(|| key.kind.default()))
}

fn read_file(home: &Home, mistakes: &mut Vec<Mistake>) -> Map<String, Value> {
    let path = home.config_json();
    let mut wrong = |problem| {
        mistakes.push(Mistake {
            place: Place::ConfigJson,
            given: Some(Written::File(path.clone())),
            problem,
        });
        Map::new()
    };
    let text = match read_text(&path, Most::ORDINARY) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if path.is_symlink() {
                return wrong(Problem::LeadsNowhere);
            }
            // All keys may come from the environment; what is then missing is reported by its key.
            return Map::new();
        }
        Err(error) => return wrong(Problem::unreadable(error, Holds::Configuration)),
    };
    // Windows editors put a byte order mark first.
    let text = text.trim_start_matches('\u{feff}');
    match serde_json::from_str(text) {
        Ok(Value::Object(map)) => {
            mistakes.extend(given_twice(text).into_iter().map(|name| Mistake {
                place: keys::find(&name).map_or(Place::Other(name), Place::Key),
                given: None,
                problem: Problem::GivenTwice,
            }));
            map
        }
        Ok(_) => wrong(Problem::NotAnObject),
        Err(error) => wrong(Problem::NotJson(Arc::new(error))),
    }
}
