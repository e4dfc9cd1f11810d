//! A set-up before it is saved: keys that are tried before they are saved.

use std::{path::Path, sync::Arc};

use rustls::ClientConfig;
use serde_json::{Map, Value, json};
use url::Url;

use super::{brought::Brought, error::SetupError};
use crate::{
    clock::Clock,
    config::{
        Config, Declared, Effective, NoTicket, ProxyProtocol, Settings, TlsTermination, keys,
        openable, text_of,
    },
    files::StandIn,
    installation::ConfigFile,
    instance::outgoing,
    secret::{ExposeSecret as _, SecretString},
    tenant::ProvisioningTicket,
};

pub(super) const PASSWORD: &str = keys::LDAP_BIND_PASSWORD.name;

/// Why browsers bring no Kerberos ticket to SERVER_URL, where they should.
#[must_use]
pub fn no_ticket(values: &Effective) -> Option<NoTicket> {
    let url = values.value(&keys::SERVER_URL)?;
    let url = Url::parse(url.trim_end_matches('/')).ok()?;
    NoTicket::of(&url).filter(|_| values.value(&keys::KERBEROS_AUTH))
}

/// The keys of a set-up over those that are there. A null takes a key away.
#[derive(Debug)]
pub struct SetupPlan<'a> {
    pub(super) settings: &'a Settings,
    pub(super) keys: Map<String, Value>,
    /// What is to be encrypted; `None`: it is encrypted already, or is in a file of its own.
    pub(super) password: Option<SecretString>,
    pub(super) ticket: Option<ProvisioningTicket>,
    /// What is to be taken back later: what `config.json` was is kept too, as before a change of these keys.
    pub(super) keeps_before: Option<Vec<String>>,
    /// What it brings into `certs/`.
    pub(super) brought: Brought,
}

impl<'a> SetupPlan<'a> {
    /// From what is there already.
    ///
    /// # Errors
    /// When config.json is there and broken, or is not used at all.
    pub fn begin(settings: &'a Settings) -> Result<Self, SetupError> {
        if !settings.uses_files() {
            return Err(SetupError::NoFiles);
        }
        let file = ConfigFile::read(&settings.home())?;
        let in_file = keys::LDAP_BIND_PASSWORD.file_variant().is_some_and(|key| {
            settings.variable(&key).is_some() || file.keys().get(&key).is_some_and(Value::is_string)
        });
        let password = match settings.variable(PASSWORD) {
            Some(text) => Some(SecretString::from(text.to_owned())),
            None if in_file => None,
            None => settings.effective(&Map::new()).secret(PASSWORD),
        };
        Ok(Self {
            settings,
            keys: Map::new(),
            password,
            ticket: None,
            keeps_before: None,
            brought: Brought::default(),
        })
    }

    /// Has what `config.json` was kept, so that the change of these keys can be taken back.
    pub fn keep_before(&mut self, keys: Vec<String>) {
        self.keeps_before = Some(keys);
    }

    /// Only a password that is typed now is stored: one of the environment stays there.
    pub fn leave_password(&mut self) {
        if self.settings.variable(PASSWORD).is_some() {
            self.password = None;
        }
    }

    /// Sets a key of this set-up. A value that is in force already is left as it is.
    ///
    /// # Errors
    /// When the environment says something else, since it wins.
    pub fn set(&mut self, key: &str, value: impl Into<Value>) -> Result<(), SetupError> {
        let value = value.into();
        if self.counts(key, &value) {
            return Ok(());
        }
        self.keys.insert(key.to_owned(), value.clone());
        if self.counts(key, &value) {
            return Ok(());
        }
        // A key of config.json that names a file wins over the value itself; it is taken out.
        if let Some(file) = keys::find(key).and_then(Declared::file_variant) {
            self.keys.insert(file, Value::Null);
            if self.counts(key, &value) {
                return Ok(());
            }
        }
        Err(SetupError::Fixed {
            key: key.to_owned(),
        })
    }

    /// Brings a file to the place in the home folder where it counts by itself, so that the key goes.
    ///
    /// # Errors
    /// When the environment names another one, since it wins.
    pub fn bring(
        &mut self,
        key: &'static str,
        place: &'static str,
        content: Vec<u8>,
    ) -> Result<(), SetupError> {
        if self.is_fixed(key) {
            return Err(SetupError::Fixed {
                key: key.to_owned(),
            });
        }
        self.keys.insert(key.to_owned(), Value::Null);
        self.brought.files.push((place, content));
        Ok(())
    }

    /// Brings a file that counts by its key; until it is there, the key names it where it is, or a stand-in
    /// where only root could read it.
    ///
    /// # Errors
    /// When the environment names another one, since it wins; or when there is no memory.
    pub fn bring_as(
        &mut self,
        key: &'static str,
        place: &'static str,
        from: &str,
        content: Vec<u8>,
    ) -> Result<(), SetupError> {
        let mut from = from.to_owned();
        if openable(Path::new(&from)).is_err() {
            let stand_in = StandIn::of(&content)?;
            from = stand_in.path();
            self.brought.stand_ins.push(stand_in);
        }
        self.set(key, from)?;
        if !self.is_fixed(key) {
            self.brought.files.push((place, content));
            self.brought.keys.push((key, place));
        }
        Ok(())
    }

    /// The service account's password.
    ///
    /// # Errors
    /// When the environment gives another one, since it wins.
    pub fn set_password(&mut self, password: SecretString) -> Result<(), SetupError> {
        self.set(PASSWORD, json!(password.expose_secret()))?;
        self.keys.shift_remove(PASSWORD);
        self.password = Some(password);
        Ok(())
    }

    /// Takes what the environment gives of the keys of a set-up into what is saved, so that the service has
    /// them without that environment.
    pub fn keep_environment(&mut self) {
        for key in keys::all().filter(|key| key.scope().setup) {
            let key = key.name();
            if let Some(text) = self.settings.variable(key) {
                self.keys.insert(key.to_owned(), json!(text));
            }
        }
    }

    /// Whether the environment decides a key.
    #[must_use]
    pub fn is_fixed(&self, key: &str) -> bool {
        let names = keys::find(key).map(|key| {
            let variables = key.variables().into_iter();
            variables.chain(key.file_variant()).collect()
        });
        let names: Vec<_> = names.unwrap_or_else(|| vec![key.to_owned()]);
        names
            .iter()
            .any(|name| self.settings.variable(name).is_some())
    }

    /// The key's text as it counts: of the environment, of this set-up, of config.json; a list between
    /// commas.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<String> {
        self.effective().text(key)
    }

    /// Whether this set-up gives the key another value than it has.
    #[must_use]
    pub fn changes(&self, key: &str) -> bool {
        self.keys.contains_key(key) && !self.is_fixed(key)
    }

    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        self.effective().value(&keys::ANONYMOUS_SEARCH_ENABLED)
    }

    #[must_use]
    pub fn has_password(&self) -> bool {
        let effective = self.effective();
        self.password.is_some()
            || effective.has(PASSWORD)
            || effective.has(keys::LDAP_BIND_CREDENTIALS)
    }

    /// The balancers that are expected, between commas.
    #[must_use]
    pub fn balancers(&self) -> Option<String> {
        let effective = self.effective();
        let expects = effective.value(&keys::PROXY_PROTOCOL) == ProxyProtocol::V2;
        expects.then(|| effective.value(&keys::TRUSTED_PROXIES).join(", "))
    }

    /// The balancers that are expected; without any, browsers connect to the instances.
    ///
    /// # Errors
    /// When the environment says something else, since it wins.
    pub fn set_balancers(&mut self, addresses: &[String]) -> Result<(), SetupError> {
        if !addresses.is_empty() {
            self.set(keys::TRUSTED_PROXIES.name, json!(addresses))?;
            return self.set(keys::PROXY_PROTOCOL.name, json!("v2"));
        }
        if self.balancers().is_some() {
            self.set(keys::PROXY_PROTOCOL.name, json!("off"))?;
        }
        Ok(())
    }

    #[must_use]
    pub fn ends_tls_at_balancer(&self) -> bool {
        self.effective().value(&keys::TLS_TERMINATION) == TlsTermination::Proxy
    }

    #[must_use]
    pub fn server_url_guess(&self) -> String {
        let usual = self.effective().usual(&keys::SERVER_URL);
        usual.text().unwrap_or_default()
    }

    /// Why browsers bring no Kerberos ticket to SERVER_URL, where they should.
    #[must_use]
    pub fn no_ticket(&self) -> Option<NoTicket> {
        no_ticket(&self.effective())
    }

    /// Whether what is known so far is valid, as a part of a configuration.
    ///
    /// # Errors
    /// Every mistake found.
    pub fn examine(&self) -> Result<(), SetupError> {
        self.provisional().map(drop)
    }

    pub(super) fn effective(&self) -> Effective {
        self.settings.effective(&self.keys)
    }

    /// Whether the key has this value, as the program would read it.
    pub(super) fn counts(&self, key: &str, value: &Value) -> bool {
        let effective = self.effective();
        match value {
            Value::Bool(on) => effective.has(key) && effective.flag(key) == Some(*on),
            other => effective.text(key) == text_of(other),
        }
    }

    /// The keys with the password among them.
    pub(super) fn tried(&self) -> Map<String, Value> {
        let mut keys = self.keys.clone();
        if let Some(password) = &self.password {
            keys.insert(PASSWORD.to_owned(), json!(password.expose_secret()));
            keys.insert(keys::LDAP_BIND_CREDENTIALS.name.to_owned(), Value::Null);
        }
        keys
    }

    /// The configuration as far as it goes: what is not known yet has a placeholder, so that the rest
    /// can be tried.
    pub(super) fn provisional(&self) -> Result<Config, SetupError> {
        self.provisional_with(self.tried())
    }

    pub(super) fn provisional_with(
        &self,
        mut keys: Map<String, Value>,
    ) -> Result<Config, SetupError> {
        let effective = self.settings.effective(&keys);
        let mut placeholder = |key: &str, value: Value| {
            if !effective.has(key) {
                keys.insert(key.to_owned(), value);
            }
        };
        placeholder(keys::LDAP_URL.name, json!("ldaps://not.known.yet.invalid"));
        placeholder(keys::LDAP_BASE.name, json!("DC=not,DC=known,DC=yet"));
        placeholder(keys::SERVER_URL.name, json!(self.server_url_guess()));
        if !self.is_anonymous() {
            placeholder(keys::LDAP_BIND_USER.name, json!("not known yet"));
            if !self.has_password() {
                placeholder(PASSWORD, json!("not known yet"));
            }
        }
        // The direct logins have files of their own, which may come later; the tunnel has the ticket.
        Ok(self.settings.load_for_trial(&keys)?.config)
    }
}

pub(super) fn tls(config: &Config, clock: &Clock) -> Result<Arc<ClientConfig>, SetupError> {
    Ok(outgoing(config, clock)?.0)
}
