//! Whether an installation can be used: what `ad-edge check` says, and an import before it changes
//! anything.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use super::materials::{Kept, Materials, Unusable};
use crate::{
    clock::Clock,
    config::{Config, Declared, Invalid, MapperSource, Mistake, RevocationFiles, Settings, keys},
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
    Unusable {
        unusable: Unusable,
        /// The files that are named and not there, one for each of its problems that this explains.
        missing: Vec<Mistake>,
    },
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
        Err(unusable) => Some(Problem::Unusable {
            unusable,
            missing: missing(&loaded.config),
        }),
    };
    Verdict { warnings, problem }
}

impl Problem {
    /// The mistakes, when all of them are files that are not here: what another host had.
    #[must_use]
    pub fn missing_files(&self) -> Option<&[Mistake]> {
        let (mistakes, all) = match self {
            Self::Invalid(invalid) => {
                let file =
                    |mistake: &Mistake| keys::find(&mistake.key).is_some_and(Declared::names_files);
                (&invalid.mistakes, invalid.mistakes.iter().all(file))
            }
            Self::Unusable { unusable, missing } => (missing, missing.len() == unusable.0.len()),
        };
        all.then_some(mistakes.as_slice())
    }

    /// What is known of it key by key.
    #[must_use]
    pub fn mistakes(&self) -> &[Mistake] {
        match self {
            Self::Invalid(invalid) => &invalid.mistakes,
            Self::Unusable { missing, .. } => missing,
        }
    }

    /// The same in other words, for instance about another folder.
    pub fn reword(&mut self, words: impl Fn(&str) -> String) {
        match self {
            Self::Invalid(invalid) => {
                for mistake in &mut invalid.mistakes {
                    mistake.problem = words(&mistake.problem);
                    mistake.value = mistake.value.as_deref().map(&words);
                }
            }
            Self::Unusable { unusable, missing } => {
                for problem in &mut unusable.0 {
                    *problem = words(problem);
                }
                for mistake in missing {
                    mistake.value = mistake.value.as_deref().map(&words);
                }
            }
        }
    }
}

/// What the configuration names and nobody opened yet: certificate, CAs and mapper, one of each.
fn missing(config: &Config) -> Vec<Mistake> {
    let direct = config.direct.as_ref();
    let tls = direct.and_then(|direct| direct.tls.as_ref());
    let tls = tls.map(|tls| tls.files().into_iter().map(Path::to_owned).collect());
    let certificates = direct.and_then(|direct| direct.client_cert.as_ref());
    let certificates = certificates.map(|section| {
        let mut files = section.files();
        // Lists are looked for there; that there is no such folder is no problem.
        if let RevocationFiles::Folder(folder) = &section.revocation.files {
            files.retain(|file| file != folder);
        }
        files
    });
    let mapper = match &config.accounts.mapper {
        Some(MapperSource::File(path)) => Some(vec![path.clone()]),
        _ => None,
    };
    let named: [(&str, Option<Vec<PathBuf>>); 3] = [
        (keys::TLS_CERT_FILE.name, tls),
        (keys::CLIENT_CA_FILE.name, certificates),
        (keys::PROFILE_MAPPER_FILE.name, mapper),
    ];
    let absent = named.into_iter().filter_map(|(key, files)| {
        let path = files?.into_iter().find(|path| !path.exists())?;
        Some(Mistake {
            key: key.to_owned(),
            value: Some(path.display().to_string()),
            problem: "is not on this host".to_owned(),
            remedy: "Copy it from the other host, or write the path that it has here".to_owned(),
        })
    });
    absent.collect()
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(invalid) => invalid.fmt(f),
            Self::Unusable { unusable, .. } => unusable.fmt(f),
        }
    }
}
