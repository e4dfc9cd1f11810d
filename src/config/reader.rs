//! Reads keys, each as its declaration says, and notes what is wrong.

use std::path::PathBuf;

use super::{
    key::Key,
    kinds::Kind,
    mistake::{Given, Mistake, Place, Warning},
    problem::{Concern, Missing, Problem},
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

    /// What was read, what is wrong with it, and what is worth a look.
    pub fn into_parts(self) -> (Source, Vec<Mistake>, Vec<Warning>) {
        (self.source, self.mistakes, self.warnings)
    }

    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The value of a key; its default where none is given, or beside a mistake.
    pub fn read<K: Kind>(&mut self, key: &'static Key<K>) -> K::Value {
        self.read.push(key.name);
        let understood = match self.source.get(key.name) {
            Some(given) => key.kind.understand(&given.value),
            None => Ok(None),
        };
        match understood {
            Ok(Some(value)) => return value,
            Ok(None) => {}
            Err(wrong) => self.wrong(key, wrong),
        }
        key.kind.default()
    }

    /// Notes a mistake in the value of a key; the value is shown unless it is a secret.
    pub fn wrong(&mut self, place: impl Into<Place>, problem: impl Into<Problem>) {
        let place = place.into();
        let given = self.source.get(&place.name());
        let given = given.filter(|given| !given.secret);
        self.mistakes.push(Mistake {
            given: given.map(|given| Given::Value(show(&given.value))),
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
