//! Values as they count, each with where it came from: for what is shown, and for a set-up, in which some
//! are missing still.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    home::Home,
    key::{Declared, Key, on_this_host},
    keys,
    kinds::Kind,
    mistake::{Given, Mistake},
    shape::Usual,
    source::{FileKeys, Origin, Source, uses_files},
    value::{flag, show, text_of, without_userinfo},
};
use crate::secret::SecretString;

/// Every value that counts: the environment over what the tenant said, or is tried, over `config.json`
/// over the defaults.
#[derive(Debug)]
pub struct Effective {
    source: Source,
    home: Home,
    uses_files: bool,
}

/// A key as it counts.
#[derive(Debug, Clone)]
pub struct InForce {
    pub key: String,
    /// `None`: the name of a relying party.
    pub declared: Option<&'static dyn Declared>,
    pub value: Shown,
    pub origin: Origin,
}

/// A value as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    Nothing,
    Text(String),
    /// There is one, and it is a secret.
    Hidden,
    /// What counts is found out elsewhere.
    Words(&'static str),
}

impl Effective {
    /// As [`super::Config::load_with`] reads them; what cannot be read counts as not given.
    #[must_use]
    pub fn read(
        home: &Home,
        environment: &BTreeMap<String, String>,
        tried: &Map<String, Value>,
    ) -> Self {
        let (mut mistakes, mut warnings) = (Vec::new(), Vec::new());
        let file = FileKeys::read(home, environment, &mut mistakes);
        let source = Source::read(
            home,
            environment,
            &file,
            tried,
            &mut mistakes,
            &mut warnings,
        );
        Self {
            source,
            home: home.clone(),
            uses_files: uses_files(environment),
        }
    }

    /// What was read already.
    pub(super) fn of(source: Source, home: &Home, uses_files: bool) -> Self {
        Self {
            source,
            home: home.clone(),
            uses_files,
        }
    }

    pub(super) fn source(&self) -> &Source {
        &self.source
    }

    /// The value of a key; its default where none is given, or a wrong one.
    #[must_use]
    pub fn value<K: Kind>(&self, key: &Key<K>) -> K::Value {
        let given = self.source.get(key.name);
        let value = given.and_then(|given| key.kind.understand(&given.value).ok()?);
        value.unwrap_or_else(|| key.kind.default())
    }

    /// The same, where a wrong value is no value.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn checked<K: Kind>(&self, key: &'static Key<K>) -> Result<K::Value, Mistake> {
        let Some(given) = self.source.get(key.name) else {
            return Ok(key.kind.default());
        };
        match key.kind.understand(&given.value) {
            Ok(value) => Ok(value.unwrap_or_else(|| key.kind.default())),
            Err(wrong) => Err(Mistake {
                place: key.into(),
                given: (!given.secret).then(|| Given::Value(show(&given.value))),
                problem: wrong.into(),
            }),
        }
    }

    /// Whether what was given says yes; `None` when it says neither.
    #[must_use]
    pub fn flag(&self, key: &str) -> Option<bool> {
        let value = &self.source.get(key)?.value;
        let (yes, no) = (flag(value, true)?, flag(value, false)?);
        (yes == no).then_some(yes)
    }

    /// Whether a key has a value: a text, a number or a list that is not empty.
    #[must_use]
    pub fn has(&self, key: impl AsRef<str>) -> bool {
        self.text(key).is_some()
    }

    /// The value that was given as one text: numbers in digits, a list between commas.
    #[must_use]
    pub fn text(&self, key: impl AsRef<str>) -> Option<String> {
        text_of(&self.source.get(key.as_ref())?.value)
    }

    /// The text of a secret, as it was given.
    #[must_use]
    pub fn secret(&self, key: impl AsRef<str>) -> Option<SecretString> {
        match &self.source.get(key.as_ref())?.value {
            Value::String(text) if !text.is_empty() => Some(SecretString::from(text.clone())),
            Value::Number(number) => Some(SecretString::from(number.to_string())),
            _ => None,
        }
    }

    /// A key as it counts, its default included.
    #[must_use]
    pub fn in_force(&self, key: &'static dyn Declared) -> InForce {
        let given = self.source.get(key.name());
        let given = given.and_then(|given| Some((text_of(&given.value)?, given)));
        let (value, origin) = match given {
            Some((_, given)) if given.secret => (Shown::Hidden, given.origin.clone()),
            Some((text, given)) => (Shown::Text(without_userinfo(&text)), given.origin.clone()),
            None => (self.usual(key), Origin::Default),
        };
        InForce {
            key: key.name().to_owned(),
            declared: Some(key),
            value,
            origin,
        }
    }

    /// All keys that have an effect, as they count; and the relying parties.
    #[must_use]
    pub fn all(&self) -> Vec<InForce> {
        let parties = self.source.relying_parties().map(|(key, given)| InForce {
            key: key.to_owned(),
            declared: None,
            value: text_of(&given.value)
                .map_or(Shown::Nothing, |text| Shown::Text(without_userinfo(&text))),
            origin: given.origin.clone(),
        });
        let declared = keys::all().filter(|key| !key.is_unused());
        declared
            .map(|key| self.in_force(key))
            .chain(parties)
            .collect()
    }

    /// The default as it counts here.
    #[must_use]
    pub fn usual(&self, key: &'static dyn Declared) -> Shown {
        let shape = key.shape();
        if let Some(default) = &shape.default {
            return text_of(default).map_or(Shown::Nothing, Shown::Text);
        }
        match shape.usual {
            Usual::Key(other) => {
                keys::find(other).map_or(Shown::Nothing, |other| self.in_force(other).value)
            }
            Usual::File(file) if self.uses_files => Shown::Text(file.to_owned()),
            Usual::FileWhenThere(file) if self.uses_files && self.home.path(file).exists() => {
                Shown::Text(file.to_owned())
            }
            Usual::None | Usual::File(_) | Usual::FileWhenThere(_) => Shown::Nothing,
            Usual::OfHost(template) => Shown::Text(on_this_host(template, self.value(&keys::PORT))),
            Usual::Words(words) => Shown::Words(words),
        }
    }
}

impl Shown {
    /// The text, where there is one to show.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Nothing | Self::Hidden | Self::Words(_) => None,
        }
    }
}

impl Origin {
    /// In a word that stays the same from version to version.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::ConfigJson => "config.json",
            Self::Environment(_) => "environment",
            Self::File { .. } => "file",
            Self::Tenant => "tenant",
        }
    }

    /// Whether the environment decides the value, so that nothing else can change it.
    #[must_use]
    pub fn is_environment(&self) -> bool {
        match self {
            Self::Environment(_) => true,
            Self::File { in_environment, .. } => *in_environment,
            Self::Default | Self::ConfigJson | Self::Tenant => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_environment_wins_by_whatever_name() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let file = folder.path().join("ticket");
        std::fs::write(&file, "https://tenant.example/p/ad/x\n").expect("written");
        let environment = BTreeMap::from([
            (
                "PROVISIONING_TICKET_FILE".to_owned(),
                file.display().to_string(),
            ),
            ("https_proxy".to_owned(), "http://proxy".to_owned()),
            ("ANONYMOUS_SEARCH_ENABLED".to_owned(), "yes".to_owned()),
        ]);
        let mut tried = Map::new();
        for key in ["PROVISIONING_TICKET", "HTTPS_PROXY", "LDAP_BASE"] {
            tried.insert(key.to_owned(), json!("tried"));
        }
        let effective = Effective::read(&Home::new(folder.path()), &environment, &tried);
        let text = |key: &str| effective.text(key);
        assert_eq!(
            text("PROVISIONING_TICKET").as_deref(),
            Some("https://tenant.example/p/ad/x")
        );
        assert_eq!(text("HTTPS_PROXY").as_deref(), Some("http://proxy"));
        assert_eq!(text("LDAP_BASE").as_deref(), Some("tried"));
        assert!(effective.value(&keys::ANONYMOUS_SEARCH_ENABLED));
    }
}
