//! What the commands share: how they run, and how they end when the configuration cannot be used.

use std::{fmt::Display, io, path::Path, process::ExitCode};

use tokio::runtime::Runtime;

use super::memory;

/// Bad usage or configuration (`EX_USAGE` of sysexits).
pub(super) const EXIT_CONFIG: u8 = 64;

/// What a command's asynchronous work runs on.
pub(super) fn runtime() -> io::Result<Runtime> {
    memory::forbid_huge_pages();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .on_thread_park(memory::give_back)
        .build()?;
    runtime.spawn(memory::wake_workers());
    Ok(runtime)
}

/// Says on standard error why the configuration cannot be used.
pub(super) fn refuse(home: &Path, error: &dyn Display) -> ExitCode {
    eprintln!("{}", refusal(home, error));
    ExitCode::from(EXIT_CONFIG)
}

/// The same in words.
pub(super) fn refusal(home: &Path, error: &dyn Display) -> String {
    format!("ad-edge: {} ({})", error, home.display())
}
