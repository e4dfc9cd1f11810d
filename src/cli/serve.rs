//! `ad-edge serve`: loads the configuration and runs until it is told to end.

use std::{path::Path, process::ExitCode};

use super::{load, refuse};
use crate::{
    app::{self, Kept, Materials},
    clock::Clock,
    telemetry::log::{self, LogFormat},
};

pub(super) fn run(home: &Path) -> ExitCode {
    let loaded = match load(home) {
        Ok(loaded) => loaded,
        Err(invalid) => return refuse(home, &invalid),
    };
    let format = loaded
        .config
        .log_format
        .unwrap_or_else(LogFormat::for_stderr);
    if let Err(error) = log::init(format, std::env::var("RUST_LOG").ok().as_deref()) {
        return refuse(home, &error);
    }
    for warning in &loaded.warnings {
        tracing::warn!(key = warning.key, "{}", warning.text);
    }
    let clock = Clock::system();
    let materials = match Materials::load(&loaded.config, &clock, true, &Kept::default()) {
        Ok(materials) => materials,
        Err(unusable) => return refuse(home, &unusable),
    };
    for warning in &materials.warnings {
        tracing::warn!("{warning}");
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "no threads can be started");
            return ExitCode::FAILURE;
        }
    };
    let again = home.to_owned();
    let read = Box::new(move || load(&again));
    match runtime.block_on(app::run(loaded, materials, clock, read)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "cannot start");
            ExitCode::FAILURE
        }
    }
}
