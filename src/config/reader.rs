//! Reads keys, each as its declaration says, and notes what is wrong.

use super::{
    key::Key,
    kinds::{Kind, Wrong},
    mistake::{Mistake, Warning},
    source::Source,
    value::show,
};

/// Reads keys and collects mistakes; after a mistake the default is used, so that reading goes on
/// and everything wrong is found in one go.
pub(super) struct Reader {
    source: Source,
    /// The keys that were read, each time that they were.
    pub read: Vec<&'static str>,
    pub mistakes: Vec<Mistake>,
    pub warnings: Vec<Warning>,
}

impl Reader {
    pub fn new(source: Source, mistakes: Vec<Mistake>, warnings: Vec<Warning>) -> Self {
        Self {
            source,
            read: Vec::new(),
            mistakes,
            warnings,
        }
    }

    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The value of a key; its default where none is given, or beside a mistake.
    pub fn read<K: Kind>(&mut self, key: &Key<K>) -> K::Value {
        self.read.push(key.name);
        let understood = match self.source.get(key.name) {
            Some(given) => key.kind.understand(&given.value),
            None => Ok(None),
        };
        match understood {
            Ok(Some(value)) => return value,
            Ok(None) => {}
            Err(Wrong { problem, remedy }) => self.wrong(key, problem, remedy),
        }
        key.kind.default()
    }

    /// Notes a mistake in the value of `key`; the value is shown unless it is a secret.
    pub fn wrong(
        &mut self,
        key: impl AsRef<str>,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let given = self.source.get(key.as_ref());
        let value = given
            .filter(|given| !given.secret)
            .map(|given| show(&given.value));
        self.mistake(key, value, problem, remedy);
    }

    /// Notes a mistake in something that a key leads to, for instance a file.
    pub fn mistake(
        &mut self,
        key: impl AsRef<str>,
        value: Option<String>,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.mistakes.push(Mistake {
            key: key.as_ref().to_owned(),
            value,
            problem: problem.into(),
            remedy: remedy.into(),
        });
    }

    pub fn missing(&mut self, key: impl AsRef<str>, remedy: impl Into<String>) {
        self.mistake(key, None, "is missing", remedy);
    }

    pub fn warn(&mut self, key: impl AsRef<str>, text: impl Into<String>) {
        self.warnings.push(Warning {
            key: key.as_ref().to_owned(),
            text: text.into(),
        });
    }
}
