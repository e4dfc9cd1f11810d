//! `ad-edge serve`: loads the configuration and runs until it is told to end.

use std::{path::Path, process::ExitCode, sync::Arc};

use super::refuse;
use crate::{
    app::{self, Kept, Materials, Settings},
    clock::Clock,
    telemetry::log::{self, LogFormat},
};

pub(super) fn run(home: &Path) -> ExitCode {
    let settings = Arc::new(Settings::of_process(home));
    let recovered = match app::recover(&settings) {
        Ok(recovered) => recovered,
        Err(error) => return refuse(home, &error),
    };
    let loaded = match settings.load() {
        Ok(loaded) => loaded,
        Err(invalid) => {
            if let Some(told) = &recovered {
                eprintln!("ad-edge: {told}");
            }
            return refuse(home, &invalid);
        }
    };
    let format = loaded
        .config
        .log_format
        .unwrap_or_else(LogFormat::for_stderr);
    let recent = match log::init(format, std::env::var("RUST_LOG").ok().as_deref()) {
        Ok(recent) => recent,
        Err(error) => return refuse(home, &error),
    };
    if let Some(told) = &recovered {
        tracing::error!("{told}");
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
    match runtime.block_on(app::run(loaded, materials, clock, settings, recent)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "cannot start");
            ExitCode::FAILURE
        }
    }
}
