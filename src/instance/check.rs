//! Whether an installation can be used: what `ad-edge check` says, and an import before it changes
//! anything.

use std::fmt;

use super::{
    load_error::{LoadError, Unusable},
    materials::{Kept, Materials},
};
use crate::{
    clock::Clock,
    config::{Invalid, Mistake, Settings},
};

/// What a start would find.
#[derive(Debug)]
pub struct Verdict {
    pub warnings: Vec<String>,
    /// `None`: it can start.
    pub problem: Option<Problem>,
}

#[derive(Debug)]
pub enum Problem {
    Invalid(Invalid),
    Unusable(Unusable),
}

/// Reads the configuration and everything that it names, as a start does.
#[must_use]
pub fn check(settings: &Settings, clock: &Clock) -> Verdict {
    let loaded = match settings.load() {
        Ok(loaded) => loaded,
        Err(invalid) => {
            return Verdict {
                warnings: invalid.warnings.iter().map(ToString::to_string).collect(),
                problem: Some(Problem::Invalid(invalid)),
            };
        }
    };
    let mut warnings: Vec<_> = loaded.warnings.iter().map(ToString::to_string).collect();
    let problem = match Materials::load(&loaded.config, clock, false, &Kept::default()) {
        Ok(materials) => {
            warnings.extend(materials.warnings);
            None
        }
        Err(unusable) => Some(Problem::Unusable(unusable)),
    };
    Verdict { warnings, problem }
}

impl Problem {
    /// The mistakes, when all of them are files that are not here: what another host had.
    #[must_use]
    pub fn missing_files(&self) -> Option<Vec<Mistake>> {
        match self {
            Self::Invalid(invalid) => {
                let all = invalid.mistakes.iter().all(Mistake::lacks_file);
                all.then(|| invalid.mistakes.clone())
            }
            Self::Unusable(unusable) => unusable.0.iter().map(LoadError::missing_file).collect(),
        }
    }

    /// Whether all of it is files that this user may not read.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        match self {
            Self::Invalid(invalid) => invalid.mistakes.iter().all(Mistake::is_denied),
            Self::Unusable(unusable) => unusable.0.iter().all(LoadError::is_denied),
        }
    }

    /// What is known of it key by key.
    #[must_use]
    pub fn mistakes(&self) -> Vec<Mistake> {
        match self {
            Self::Invalid(invalid) => invalid.mistakes.clone(),
            Self::Unusable(unusable) => {
                let problems = unusable.0.iter();
                problems.filter_map(LoadError::missing_file).collect()
            }
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(invalid) => invalid.fmt(f),
            Self::Unusable(unusable) => unusable.fmt(f),
        }
    }
}
