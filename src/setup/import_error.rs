//! Why an import is not taken.

use std::fmt;

use crate::{
    authenticate::TrustError,
    installation::{ArchiveError, StageNames},
    instance::Problem,
    profile::ScriptError,
    tls::TlsError,
};

/// Why nothing was imported; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error("OVERRIDE_CONFIG is false: no file of the home folder is read or written")]
    NoFiles,
    #[error(
        "it cannot be used, here or on another host:\n  {}",
        about_home(names, faults)
    )]
    Faulty {
        faults: Vec<ImportFault>,
        names: StageNames,
    },
    #[error(
        "it would replace an installation that works, and could not start:\n  {}",
        names.in_words(&problem.to_string())
    )]
    Worse { problem: Problem, names: StageNames },
}

/// What is wrong in an archive itself, wherever it is used.
#[derive(Debug, thiserror::Error)]
pub enum ImportFault {
    #[error(
        "the profile mapper: {0}. Correct it in the archive, or in a copy of the old folder, and import that"
    )]
    Mapper(#[from] ScriptError),
    #[error("the CAs of client certificates: {0}")]
    ClientAuthorities(#[from] TrustError),
    #[error(transparent)]
    Certificate(#[from] TlsError),
}

/// They were found in the folder where the import was tried.
fn about_home(names: &StageNames, faults: &[impl fmt::Display]) -> String {
    let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
    names.in_words(&faults.join("\n  "))
}
