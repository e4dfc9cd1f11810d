//! Why an import is not taken.

use std::fmt;

use crate::{
    installation::{ArchiveError, StageNames},
    instance::{ImportFault, Problem},
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

/// They were found in the folder where the import was tried.
fn about_home(names: &StageNames, faults: &[impl fmt::Display]) -> String {
    let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
    names.in_words(&faults.join("\n  "))
}
