//! Why a mapper cannot be used, or gave no profile.

use std::{io, path::PathBuf, time::Duration};

use crate::cause;

/// A script cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    #[error("the profile mapper {} cannot be read: {}", .0.display(), cause::io(.1))]
    Read(PathBuf, #[source] io::Error),
    #[error("the profile mapper is broken: {0}")]
    Broken(String),
    #[error("the profile mapper needs what is not here: {0}")]
    Lacking(String),
    #[error(
        "the profile mapper exports no function; end it with module.exports = function (raw) {{ … }}"
    )]
    NoFunction,
    #[error("the JavaScript engine does not start: {0}")]
    Engine(#[source] rquickjs::Error),
    #[error("no thread for the profile mapper can be started: {}", cause::io(.0))]
    Thread(#[source] io::Error),
}

/// A call of the mapper gave no profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MapperError {
    #[error("the profile mapper failed: {0}")]
    Script(String),
    #[error("the profile mapper did not end within {:.1} s", .0.as_secs_f32())]
    Timeout(Duration),
    #[error("the profile mapper is overloaded: every thread is busy and more calls wait than may")]
    Overload,
}

impl MapperError {
    /// The `outcome` label of metrics.
    pub(in crate::profile) fn outcome(&self) -> &'static str {
        match self {
            Self::Script(_) => "error",
            Self::Timeout(_) => "timeout",
            Self::Overload => "overload",
        }
    }
}
