//! What the commands share: how they run, and how they end when the configuration cannot be used.

use std::{io, path::Path, process::ExitCode};

use tokio::runtime::Runtime;

/// Bad usage or configuration (`EX_USAGE` of sysexits).
pub(super) const EXIT_CONFIG: u8 = 64;

/// What a command's asynchronous work runs on.
pub(super) fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
}

/// Says on standard error why the configuration cannot be used.
pub(super) fn refuse(home: &Path, error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("ad-edge: {} ({})", error, home.display());
    ExitCode::from(EXIT_CONFIG)
}
