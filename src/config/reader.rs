//! Reads keys, each as its declaration says, and notes what is wrong.

use std::path::PathBuf;

use super::{
    effective::Effective,
    key::Key,
    kinds::Kind,
    mistake::{Given, Mistake, Place, Warning},
    problem::{Concern, Missing, Problem},
    source::Source,
};

/// Reads keys and collects mistakes; after a mistake the default is used, so that reading goes on
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
    pub fn read<K: Kind>(&mut self, key: &'static Key<K>) -> K::Value {
        self.given(key).unwrap_or_else(|| key.kind.default())
    }

    /// The same with what its declaration names for when none is given: the value of another key, a file.
    pub fn read_or_usual<K: Kind>(&mut self, key: &'static Key<K>) -> K::Value {
        self.given(key)
            .unwrap_or_else(|| self.values.usual_value(key))
    }

    fn given<K: Kind>(&mut self, key: &'static Key<K>) -> Option<K::Value> {
        self.read.push(key.name);
        self.values.understood(key).unwrap_or_else(|wrong| {
            self.wrong(key, wrong);
            None
        })
    }

    /// Notes a mistake in the value of a key; the value is shown unless it is a secret.
    pub fn wrong(&mut self, place: impl Into<Place>, problem: impl Into<Problem>) {
        let place = place.into();
        self.mistakes.push(Mistake {
            given: self.values.as_written(&place.name()),
            place,
            problem: problem.into(),
        });
    }

    /// Notes a mistake in the file, or the folder, that a key leads to.
    pub fn wrong_file(&mut self, place: impl Into<Place>, path: PathBuf, problem: Problem) {
        self.mistakes.push(Mistake {
            place: place.into(),
            given: Some(Given::File(path)),
            problem,
        });
    }

    /// Notes that a value is missing; one that is there and wrong is not missing.
    pub fn missing(&mut self, place: impl Into<Place>, missing: Missing) {
        let place = place.into();
        if self.is_noted(&place.name()) {
            return;
        }
        self.mistakes.push(Mistake {
            place,
            given: None,
            problem: Problem::Missing(missing),
        });
    }

    /// Whether a mistake of this key is known, so that what follows from it needs no mistake of its own.
    pub fn is_wrong<K: Kind>(&self, key: &'static Key<K>) -> bool {
        self.is_noted(key.name)
    }

    fn is_noted(&self, name: &str) -> bool {
        self.mistakes.iter().any(|mistake| match mistake.place {
            Place::Key(key) | Place::FileOf(key) => key.name() == name,
            Place::Other(_) | Place::ConfigJson | Place::Home => false,
        })
    }

    pub fn warn(&mut self, place: impl Into<Place>, concern: Concern) {
        self.warnings.push(Warning {
            place: place.into(),
            concern,
        });
    }
}
