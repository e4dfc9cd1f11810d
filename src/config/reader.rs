//! Reads keys, each as its declaration says, and notes what is wrong.

use super::{
    effective::Effective,
    key::Key,
    kinds::{Kind, Wrong},
    mistake::{Mistake, Warning},
    source::Source,
};

/// Reads keys and collects mistakes; after a mistake the default stands in, so that reading goes on
/// and everything wrong is found in one go.
pub(super) struct Reader {
    values: Effective,
    /// The keys that were read, each time that they were.
    pub read: Vec<&'static str>,
    pub mistakes: Vec<Mistake>,
    pub warnings: Vec<Warning>,
}

impl Reader {
    pub fn new(values: Effective, mistakes: Vec<Mistake>, warnings: Vec<Warning>) -> Self {
        Self {
            values,
            read: Vec::new(),
            mistakes,
            warnings,
        }
    }

    pub fn source(&self) -> &Source {
        self.values.source()
    }

    pub fn values(&self) -> &Effective {
        &self.values
    }

    /// The value of a key; its default where none is given, or beside a mistake.
    pub fn read<K: Kind>(&mut self, key: &Key<K>) -> K::Value {
        self.given(key).unwrap_or_else(|| key.kind.default())
    }

    /// The same with what its declaration names for when none is given: the value of another key, a file.
    pub fn read_or_usual<K: Kind>(&mut self, key: &Key<K>) -> K::Value {
        self.given(key)
            .unwrap_or_else(|| self.values.usual_value(key))
    }

    fn given<K: Kind>(&mut self, key: &Key<K>) -> Option<K::Value> {
        self.read.push(key.name);
        self.values
            .understood(key)
            .unwrap_or_else(|Wrong { problem, remedy }| {
                self.wrong(key, problem, remedy);
                None
            })
    }

    /// Notes a mistake in the value of `key`; the value is shown unless it is a secret.
    pub fn wrong(
        &mut self,
        key: impl AsRef<str>,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let value = self.values.as_written(key.as_ref());
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
