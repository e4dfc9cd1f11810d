//! What belongs to a host rather than to the installation: keys of its own, files that an import leaves
//! there, files that an export cannot take.

use std::path::Path;

use serde_json::{Map, Value};

use super::{
    ArchiveError, Installation,
    archive::list,
    paths::{CONFIG, LOGOS, MAPPER, allowed},
};
use crate::config::{
    Declared, Effective, Home, Most,
    home::{self, folder_of, stands_for},
    keys, looks_like_pattern, read_text,
};

/// Whose keys an import leaves in `config.json`, of those that are a host's own.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct HostKeys {
    /// As this host had them; one that it had not is taken out.
    pub kept: Vec<&'static str>,
    /// The other host's, since this one has no configuration yet.
    pub foreign: Vec<&'static str>,
}

/// A file of the home folder that the archive lacks and an import leaves in place.
#[derive(Debug, PartialEq, Eq)]
pub struct Leftover {
    pub name: String,
    /// What it does to the imported configuration.
    pub effect: String,
}

impl Installation {
    /// Gives it this host's keys in place of the other's.
    ///
    /// # Errors
    /// When its `config.json` is not a JSON object.
    pub fn take_host_keys(&mut self, home: &Home) -> Result<HostKeys, ArchiveError> {
        let mut keys = self.config()?;
        let mut host = HostKeys::default();
        let own = read_text(&home.config_json(), Most::ORDINARY).ok();
        let own = own.and_then(|text| {
            // One that is broken is not worth keeping anything of.
            serde_json::from_str::<Map<String, Value>>(text.trim_start_matches('\u{feff}')).ok()
        });
        let Some(own) = own else {
            host.foreign = own_keys().filter(|key| keys.contains_key(*key)).collect();
            return Ok(host);
        };
        for key in own_keys() {
            match (own.get(key), keys.get(key)) {
                (own, foreign) if own == foreign => continue,
                (Some(value), _) => {
                    keys.insert(key.to_owned(), value.clone());
                }
                (None, _) => {
                    keys.shift_remove(key);
                }
            }
            host.kept.push(key);
        }
        if !host.kept.is_empty() {
            self.set_config(&keys)?;
        }
        Ok(host)
    }

    /// Gives it these keys.
    ///
    /// # Errors
    /// When they are no JSON, which does not happen.
    pub(super) fn set_config(&mut self, keys: &Map<String, Value>) -> Result<(), ArchiveError> {
        let text = serde_json::to_string_pretty(keys).map_err(|error| ArchiveError::Content {
            name: CONFIG,
            fault: error.into(),
        })?;
        self.files
            .insert(CONFIG.to_owned(), format!("{text}\n").into_bytes());
        Ok(())
    }

    /// Whether it lacks a file that its configuration cannot do without: the environment named another
    /// one on the other host, so that of this host is right.
    pub(super) fn needs(&self, name: &str, config: &Map<String, Value>) -> bool {
        let values = Effective::of_file(config);
        let given = |key: &dyn Declared| values.is_given(key);
        match name {
            home::KEYTAB => values.value(&keys::KERBEROS_AUTH) && !given(&keys::KERBEROS_KEYTAB),
            home::TLS_CERTIFICATE | home::TLS_KEY => {
                !given(&keys::TLS_CERT_FILE)
                    && !given(&keys::SSL_PFX)
                    && !self.has(home::TLS_CERTIFICATE)
            }
            home::CLIENT_CA => {
                values.value(&keys::CLIENT_CERT_AUTH)
                    && !given(&keys::CLIENT_CA_FILE)
                    && !given(&keys::CA_CERT)
            }
            _ => naming(config, name).is_some(),
        }
    }

    /// The files of `home` that it lacks and that stay, each with its effect on this configuration.
    ///
    /// # Errors
    /// When its `config.json` is not a JSON object.
    pub fn leftovers(&self, home: &Home) -> Result<Vec<Leftover>, ArchiveError> {
        let keys = self.config()?;
        let retired = self.retires(home);
        let mut names = files_of(home);
        names.retain(|name| !self.has(name) && !retired.contains(name));
        let leftovers = names.into_iter().map(|name| Leftover {
            effect: effect(&name, &keys),
            name,
        });
        Ok(leftovers.collect())
    }

    /// What a server that gets only this lacks: files that its configuration names and that are
    /// not in it, and files beside them with names that no import takes.
    ///
    /// # Errors
    /// When its `config.json` is not a JSON object.
    pub fn outside(&self) -> Result<Vec<String>, ArchiveError> {
        let keys = self.config()?;
        let mut outside = Vec::new();
        for (key, path) in named(&keys) {
            let name = match folder_of(Path::new(&path)) {
                Some((folder, _)) => folder.to_str().unwrap_or_default(),
                None => &path,
            };
            let name = name.trim_start_matches("./").trim_end_matches('/');
            let folder = format!("{name}/");
            let inside = self.has(name) || self.files.keys().any(|file| file.starts_with(&folder));
            if !inside {
                outside.push(format!("{path}, which {key} names"));
            }
        }
        for name in &self.ignored {
            outside.push(format!(
                "{name} (an import takes plain names, directly in certs/ or in a folder of it)"
            ));
        }
        Ok(outside)
    }
}

/// Where a host listens and how it calls itself.
fn own_keys() -> impl Iterator<Item = &'static str> {
    let own = keys::all().filter(|key| key.scope().host);
    own.map(Declared::name)
}

/// Each file or folder that a key names, with the key.
fn named(given: &Map<String, Value>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (key, value) in given {
        let paths = match keys::find(key) {
            Some(key) if key.names_files() => key.understood(value).ok().flatten(),
            _ => keys::find_by_file_variant(key).map(|_| value.clone()),
        };
        let paths = match paths {
            Some(Value::Array(paths)) => paths,
            path => path.into_iter().collect(),
        };
        let paths = paths.iter().filter_map(Value::as_str);
        let pattern = |path: &str| *key == keys::SSL_CA_FILE.name && looks_like_pattern(path);
        let paths = paths.filter(|path| !path.trim().is_empty() && !pattern(path));
        found.extend(paths.map(|path| (key.clone(), path.to_owned())));
    }
    found
}

/// The files of an installation that are in a home folder, beside `config.json`.
pub(super) fn files_of(home: &Home) -> Vec<String> {
    let mut names = Vec::new();
    // What cannot be listed is not there for us; writing to it will say more.
    let _ = list(&home.path(""), "certs", &mut names);
    names.push(MAPPER.to_owned());
    names.extend(LOGOS.map(str::to_owned));
    names.retain(|name| allowed(name) && home.path(name).is_file());
    names
}

/// The key that names a file.
fn naming(config: &Map<String, Value>, name: &str) -> Option<String> {
    let is_it = |path: &str| stands_for(Path::new(path), Path::new(name));
    let by = named(config).into_iter().find(|(_, path)| is_it(path))?;
    Some(by.0)
}

fn effect(name: &str, config: &Map<String, Value>) -> String {
    let values = Effective::of_file(config);
    let given = |key: &dyn Declared| values.is_given(key);
    let certificates = values.value(&keys::CLIENT_CERT_AUTH);
    let text = match name {
        home::CLIENT_CA if certificates && !given(&keys::CLIENT_CA_FILE) => {
            if given(&keys::CA_CERT) {
                "wins over CA_CERT: it decides whose client certificates sign in"
            } else {
                "decides whose client certificates sign in"
            }
        }
        home::TLS_CERTIFICATE | home::TLS_KEY if !given(&keys::TLS_CERT_FILE) => {
            if given(&keys::SSL_PFX) {
                "wins over SSL_PFX as the certificate of SERVER_URL"
            } else {
                "is the certificate of SERVER_URL, with its key"
            }
        }
        home::KEYTAB if values.value(&keys::KERBEROS_AUTH) && !given(&keys::KERBEROS_KEYTAB) => {
            "is the keytab"
        }
        "certs/next.pem" => "is given to the tenant as the next signing certificate",
        "certs/previous.pem" => "is given to the tenant as the signing certificate before",
        MAPPER if !given(&keys::PROFILE_MAPPER) && !given(&keys::PROFILE_MAPPER_FILE) => {
            "makes the profiles, in place of the built-in mapper"
        }
        _ if stands_for(Path::new(home::REVOCATION_LISTS), Path::new(name))
            && certificates
            && !given(&keys::CLIENT_CRL_FILES) =>
        {
            "counts as a revocation list"
        }
        _ => {
            return naming(config, name).map_or_else(
                || "nothing reads it".to_owned(),
                |key| format!("is read, {key} names it"),
            );
        }
    };
    text.to_owned()
}
