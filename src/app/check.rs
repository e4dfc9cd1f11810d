//! Whether an installation can be used: what `ad-edge check` says, and an import before it changes
//! anything.

use std::fmt;

use super::{Kept, Materials, Settings, Unusable};
use crate::{
    clock::Clock,
    config::{Invalid, Mistake},
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
    pub fn missing_files(&self) -> Option<&[Mistake]> {
        const FILES: [&str; 7] = [
            "KERBEROS_KEYTAB",
            "TLS_CERT_FILE",
            "TLS_KEY_FILE",
            "CLIENT_CA_FILE",
            "SSL_CA_FILE",
            "SSL_CA_PATH",
            "CHANNEL_BINDING_CERT_FILES",
        ];
        let Self::Invalid(invalid) = self else {
            return None;
        };
        let missing = |mistake: &Mistake| FILES.contains(&mistake.key.as_str());
        invalid
            .mistakes
            .iter()
            .all(missing)
            .then_some(invalid.mistakes.as_slice())
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
