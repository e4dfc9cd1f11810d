//! Values as they count, each with where it came from: for what is shown, and for a set-up, in which some
//! are missing still.

use std::{collections::BTreeMap, path::PathBuf};

use serde_json::{Map, Value};

use super::{
    fixed::FixedKeys,
    home::Home,
    key::{Declared, Key},
    keys,
    kinds::{Kind, Wrong},
    mistake::{Given, Mistake},
    shape::Usual,
    source::{FileKeys, Origin, Source, uses_files},
    value::{flag, list, show, shown, text_of},
};
use crate::secret::SecretString;

/// Every value that counts: the environment over what the tenant said, or is tried, over `config.json`
/// over the defaults.
#[derive(Debug, Clone)]
pub struct Effective {
    source: Source,
    /// Where the files are that count when none is given; `None`: they do not.
    files: Option<Home>,
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
    /// As it is understood: a text, a number, a flag or a list.
    Value(Value),
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
        Self::new(source, home, environment)
    }

    pub(super) fn new(source: Source, home: &Home, environment: &BTreeMap<String, String>) -> Self {
        Self {
            source,
            files: uses_files(environment).then(|| home.clone()),
        }
    }

    /// What a `config.json` says by itself, wherever it comes from: no file and no environment count.
    #[must_use]
    pub fn of_file(keys: &Map<String, Value>) -> Self {
        Self {
            source: Source::of_file(keys),
            files: None,
        }
    }

    pub(super) fn source(&self) -> &Source {
        &self.source
    }

    /// What only a restart changes.
    pub(super) fn fixed(&self) -> FixedKeys {
        FixedKeys::of(|key| self.counting(key))
    }

    /// The same with these values in place of its own.
    pub(super) fn with(&self, values: &FixedKeys) -> Self {
        let mut with = self.clone();
        for (key, value) in values.iter() {
            with.source.set(key, value.clone());
        }
        with
    }

    /// What was given for a key; `None` when nothing was.
    pub(super) fn understood<K: Kind>(&self, key: &Key<K>) -> Result<Option<K::Value>, Wrong> {
        match self.source.get(key.name) {
            Some(given) => key.kind.understand(&given.value),
            None => Ok(None),
        }
    }

    /// A value to be shown with a mistake, as it was written.
    pub(super) fn as_written(&self, key: &str) -> Option<Given> {
        let given = self.source.get(key).filter(|given| !given.secret)?;
        Some(Given::Value(show(&given.value)))
    }

    /// The value of a key; its default where none is given, or a wrong one.
    #[must_use]
    pub fn value<K: Kind>(&self, key: &Key<K>) -> K::Value {
        let given = self.understood(key).unwrap_or_default();
        given.unwrap_or_else(|| key.kind.default())
    }

    /// What counts where none is given.
    pub(super) fn usual_value<K: Kind>(&self, key: &Key<K>) -> K::Value {
        let usual = self.usual_given(key);
        let value = usual.and_then(|usual| key.kind.understand(&usual).ok()?);
        value.unwrap_or_else(|| key.kind.default())
    }

    /// The file whose content counts where none is given.
    pub(super) fn usual_file(&self, key: &dyn Declared) -> Option<PathBuf> {
        match key.shape().usual {
            Usual::File(file) => Some(self.files.as_ref()?.path(file)),
            _ => None,
        }
    }

    /// What the declaration names for when none is given, as one would write it.
    fn usual_given(&self, key: &dyn Declared) -> Option<Value> {
        match key.shape().usual {
            Usual::Key(other) => Some(self.source.get(other)?.value.clone()),
            Usual::File(file) => key.names_files().then(|| Value::from(file)),
            Usual::FileWhenThere(file) => {
                let there = self.files.as_ref()?.path(file).exists();
                there.then(|| Value::from(file))
            }
            Usual::OfHost(template) => {
                let host = gethostname::gethostname().to_string_lossy().into_owned();
                let port = self.value(&keys::PORT).to_string();
                let text = template.replace("<hostname>", &host);
                Some(Value::from(text.replace("<PORT>", &port)))
            }
            Usual::None | Usual::Words(_) => None,
        }
    }

    /// The same, where a wrong value is no value.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn checked<K: Kind>(&self, key: &'static Key<K>) -> Result<K::Value, Mistake> {
        match self.understood(key) {
            Ok(value) => Ok(value.unwrap_or_else(|| key.kind.default())),
            Err(wrong) => Err(Mistake {
                place: key.into(),
                given: self.as_written(key.name),
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

    /// Whether a value was given, or a file that holds it.
    #[must_use]
    pub fn is_given(&self, key: &dyn Declared) -> bool {
        self.has(key.name()) || key.file_variant().is_some_and(|file| self.has(file))
    }

    /// Whether a value says what counts already, as it is shown.
    #[must_use]
    pub fn says(&self, key: &'static dyn Declared, value: &Value) -> bool {
        let as_shown = |value: &Value| match key.understood(value) {
            Ok(understood) => text_of(&shown(&understood?)),
            Err(_) => text_of(&shown(value)),
        };
        let given = self.source.get(key.name());
        let given = given.and_then(|given| as_shown(&given.value));
        !key.is_secret() && as_shown(value) == given
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
        let given = given.and_then(|given| {
            let value = match key.understood(&given.value) {
                Ok(None) => return None,
                Ok(Some(_)) | Err(_) if given.secret => Shown::Hidden,
                Ok(Some(value)) => Shown::of(&value),
                // As it was written: it is told what is wrong with it.
                Err(_) => Shown::of(&given.value),
            };
            (value != Shown::Nothing).then(|| (value, given.origin.clone()))
        });
        let (value, origin) = given.unwrap_or_else(|| (self.usual(key), Origin::Default));
        InForce {
            key: key.name().to_owned(),
            declared: Some(key),
            value,
            origin,
        }
    }

    /// The value that counts, as JSON; null for a secret and for none.
    fn counting(&self, key: &'static dyn Declared) -> Value {
        if key.is_secret() {
            return Value::Null;
        }
        let given = self.source.get(key.name());
        let given = given.and_then(|given| key.understood(&given.value).ok()?);
        given
            .or_else(|| key.shape().default)
            .or_else(|| self.usual_given(key))
            .unwrap_or_default()
    }

    /// All keys that have an effect, as they count; and the relying parties.
    #[must_use]
    pub fn all(&self) -> Vec<InForce> {
        let parties = self.source.relying_parties().map(|(key, given)| InForce {
            key: key.to_owned(),
            declared: None,
            value: list(&given.value).map_or(Shown::Nothing, |list| Shown::of(&list.into())),
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
            return Shown::of(default);
        }
        match shape.usual {
            Usual::Key(other) => {
                keys::find(other).map_or(Shown::Nothing, |other| self.in_force(other).value)
            }
            Usual::File(file) if self.usual_file(key).is_some() => Shown::of(&file.into()),
            Usual::Words(words) => Shown::Words(words),
            _ => {
                let given = self.usual_given(key);
                given.map_or(Shown::Nothing, |usual| Shown::of(&usual))
            }
        }
    }
}

impl Shown {
    /// A value without the user and password of its URLs.
    fn of(value: &Value) -> Self {
        text_of(value).map_or(Self::Nothing, |_| Self::Value(shown(value)))
    }

    /// As one text, where there is something to show; a list between commas.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Value(value) => text_of(value),
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
#[path = "effective_tests.rs"]
mod tests;
