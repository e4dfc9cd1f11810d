//! What is wrong with a configuration: where, what was given there, and the problem. Decisions hang on
//! these; words are made of them where they are shown.

use std::{
    borrow::Cow,
    fmt,
    path::{Path, PathBuf},
};

use super::{
    home::CONFIG_JSON,
    key::{Declared, Key},
    kinds::Kind,
    problem::{Concern, Problem},
};
use crate::cause::{quoted, write_seen};

/// One mistake: where it is, what was given there, and why that cannot be.
#[derive(Debug, Clone, thiserror::Error)]
pub struct Mistake {
    pub place: Place,
    /// `None` for a secret, or when the key is missing.
    pub given: Option<Given>,
    pub problem: Problem,
}

/// What a mistake, or a warning, is about.
#[derive(Debug, Clone)]
pub enum Place {
    Key(&'static dyn Declared),
    /// `<KEY>_FILE`: names the file that holds this key.
    FileOf(&'static dyn Declared),
    /// A relying party, or a key that is none of ours.
    Other(String),
    ConfigJson,
    /// `--home`.
    Home,
}

/// What was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// As written, without the user and password of a URL.
    Value(String),
    /// The file or folder that counts.
    File(PathBuf),
}

/// Something that works but is probably not what was meant.
#[derive(Debug, Clone)]
pub struct Warning {
    pub place: Place,
    pub concern: Concern,
}

/// A configuration that cannot be used: everything that is wrong with it.
#[derive(Debug, thiserror::Error)]
pub struct Invalid {
    pub mistakes: Vec<Mistake>,
    pub warnings: Vec<Warning>,
}

impl Mistake {
    /// The file or folder that is wrong.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match &self.given {
            Some(Given::File(path)) => Some(path),
            Some(Given::Value(_)) | None => None,
        }
    }

    /// Whether this user may not read a file, and that is all.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        self.problem.is_denied()
    }

    /// Whether a key names a file that this host does not have, or that cannot be read here.
    #[must_use]
    pub fn lacks_file(&self) -> bool {
        let Place::Key(key) = self.place else {
            return false;
        };
        key.names_files() && self.problem.is_lack()
    }
}

impl Place {
    /// As an administrator writes it.
    #[must_use]
    pub fn name(&self) -> Cow<'_, str> {
        match self {
            Self::Key(key) => Cow::Borrowed(key.name()),
            Self::FileOf(key) => Cow::Owned(key.file_variant().unwrap_or_default()),
            Self::Other(name) => Cow::Borrowed(name),
            Self::ConfigJson => Cow::Borrowed(CONFIG_JSON),
            Self::Home => Cow::Borrowed("--home"),
        }
    }

    #[must_use]
    pub fn is(&self, key: &dyn Declared) -> bool {
        matches!(self, Self::Key(own) if own.name() == key.name())
    }

    /// Whether it is this key, or the one that names its file.
    #[must_use]
    pub fn is_of(&self, key: &dyn Declared) -> bool {
        matches!(self, Self::Key(own) | Self::FileOf(own) if own.name() == key.name())
    }
}

impl<K: Kind> From<&'static Key<K>> for Place {
    fn from(key: &'static Key<K>) -> Self {
        Self::Key(key)
    }
}

/// The name of a relying party may hold what moves a terminal's cursor.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name().chars().try_for_each(|c| write_seen(f, c))
    }
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(text) => f.write_str(&quoted(text)),
            Self::File(path) => f.write_str(&quoted(&path.to_string_lossy())),
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.place)?;
        if let Some(given) = &self.given {
            write!(f, " = {given}")?;
        }
        write!(f, ": {}. {}", self.problem, self.problem.remedy())
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.concern)
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.mistakes.len();
        let mistakes = if count == 1 { "mistake" } else { "mistakes" };
        write!(f, "{count} {mistakes} in the configuration:")?;
        for mistake in &self.mistakes {
            write!(f, "\n  {mistake}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_relying_party_is_shown_on_one_line() {
        let name = Place::Other("urn:a\r\u{1b}[2Kb\u{202e}".to_owned());
        assert_eq!(name.to_string(), r"urn:a\r\u001b[2Kb\u202e");
    }
}
