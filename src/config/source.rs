//! Where values come from: the environment wins over `config.json`, the file over the defaults.

use std::{collections::BTreeMap, fs, io};

use serde_json::{Map, Value};

use super::{
    home::Home,
    keys::{self, Key},
    mistake::{Mistake, Warning},
};

/// Every value that was given, before it is understood.
#[derive(Debug, Default)]
pub(super) struct Source {
    values: BTreeMap<String, Given>,
    /// The value of `REALM`, which is itself the name of a key.
    realm: String,
}

/// One value and whether it came as text from outside the file.
#[derive(Clone)]
pub(super) struct Given {
    pub value: Value,
    pub secret: bool,
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
        if reads_files(environment) {
            Self(read_file(home, mistakes))
        } else {
            Self::default()
        }
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
        let mut file = file.0.clone();
        file.extend(learned.clone());
        let realm = match environment.get("REALM") {
            Some(realm) => Some(realm.as_str()),
            None => file.get("REALM").and_then(Value::as_str),
        };
        let mut source = Self {
            realm: realm.unwrap_or_default().trim().to_owned(),
            ..Self::default()
        };
        for (key, value) in file {
            source.take_from_file(key, value, warnings);
        }
        source.lay_environment(home, environment, mistakes);
        source
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Given)> {
        self.values.iter().map(|(key, given)| (key.as_str(), given))
    }

    pub fn get(&self, key: &str) -> Option<&Given> {
        self.values.get(key)
    }

    /// The keys that name a relying party, each with the list of its callbacks.
    pub fn relying_parties(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.values
            .iter()
            .filter(|(key, _)| self.names_relying_party(key))
            .map(|(key, given)| (key.as_str(), &given.value))
    }

    /// A relying party's name is a URI (`urn:auth0:acme`) or the value of `REALM`; never a key of
    /// ours, or a request could have any value read as a list of callbacks.
    fn names_relying_party(&self, key: &str) -> bool {
        keys::find(key).is_none() && (key.contains(':') || key == self.realm)
    }

    fn take_from_file(&mut self, key: String, value: Value, warnings: &mut Vec<Warning>) {
        let known = keys::find(&key);
        let secret_file = key.strip_suffix("_FILE").and_then(keys::find);
        let named = known.is_some() || self.names_relying_party(&key);
        if !named && !secret_file.is_some_and(|k| k.secret) {
            let hint = keys::nearest(&key).map_or_else(
                || "unknown key; it is kept and has no effect".to_owned(),
                |near| format!("unknown key, without effect; did you mean {near}?"),
            );
            warnings.push(Warning { key, text: hint });
            return;
        }
        if known.is_some_and(|k| k.unused) {
            return;
        }
        let secret = known.is_some_and(|k| k.secret);
        self.values.insert(key, Given { value, secret });
    }

    fn lay_environment(
        &mut self,
        home: &Home,
        environment: &BTreeMap<String, String>,
        mistakes: &mut Vec<Mistake>,
    ) {
        for key in keys::KEYS.iter().filter(|k| !k.unused) {
            // By custom a proxy's variable is written in small letters as well.
            let small = key
                .name
                .ends_with("_PROXY")
                .then(|| key.name.to_lowercase());
            let given = environment.get(key.name);
            if let Some(text) = given.or_else(|| environment.get(&small?)) {
                self.insert_text(key, text.clone());
            }
            if !key.secret {
                continue;
            }
            let file_key = format!("{}_FILE", key.name);
            let given = environment
                .get(&file_key)
                .cloned()
                .or_else(|| Some(self.get(&file_key)?.value.as_str()?.to_owned()));
            // The variable itself wins over the file it could have come from.
            let Some(path) = given.filter(|_| !environment.contains_key(key.name)) else {
                continue;
            };
            match fs::read_to_string(home.path(&path)) {
                // Every byte of the signing key counts: stored passwords are encrypted with them.
                Ok(text) if key.name == "AUTH_CERT_KEY" => self.insert_text(key, text),
                Ok(text) => self.insert_text(key, text.trim_end_matches(['\r', '\n']).to_owned()),
                Err(error) => mistakes.push(Mistake {
                    key: file_key,
                    value: Some(path),
                    problem: format!("cannot be read ({error})"),
                    remedy: format!("Give the path of a file that holds {}", key.name),
                }),
            }
        }
        for (key, text) in environment {
            if self.names_relying_party(key) {
                let value = Value::String(text.clone());
                let secret = false;
                self.values.insert(key.clone(), Given { value, secret });
            }
        }
    }

    fn insert_text(&mut self, key: &Key, text: String) {
        self.values.insert(
            key.name.to_owned(),
            Given {
                value: Value::String(text),
                secret: key.secret,
            },
        );
    }
}

/// `OVERRIDE_CONFIG=false` in the environment: no file of the home folder is read or written.
pub(super) fn reads_files(environment: &BTreeMap<String, String>) -> bool {
    !environment
        .get("OVERRIDE_CONFIG")
        .is_some_and(|text| text.trim().eq_ignore_ascii_case("false"))
}

fn read_file(home: &Home, mistakes: &mut Vec<Mistake>) -> Map<String, Value> {
    let path = home.config_json();
    let mut wrong = |problem: String, remedy: &str| {
        mistakes.push(Mistake {
            key: "config.json".to_owned(),
            value: Some(path.display().to_string()),
            problem,
            remedy: remedy.to_owned(),
        });
        Map::new()
    };
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        // All keys may come from the environment; what is then missing is reported by its key.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Map::new(),
        Err(error) => {
            return wrong(
                format!("cannot be read ({error})"),
                "Make it readable for the user that runs ad-edge",
            );
        }
    };
    // Windows editors put a byte order mark first.
    match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
        Ok(Value::Object(map)) => map,
        Ok(_) => wrong(
            "is not a JSON object".to_owned(),
            r#"Write {"KEY": value, …}"#,
        ),
        Err(error) => wrong(format!("is not JSON ({error})"), "Correct it at that line"),
    }
}
