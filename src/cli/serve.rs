//! `ad-edge serve`: loads the configuration and runs until its end is asked for.

use std::{path::Path, process::ExitCode, sync::Arc};

use anyhow::Context as _;
use serde_json::Map;

use super::exit::{refuse, runtime};
use crate::{
    clock::Clock,
    config::{LogFormat, LogLevels, Settings, keys},
    console::{first_run, is_empty},
    instance::{Kept, Materials},
    privileges::Standing,
    serve,
    setup::recover,
    telemetry::{Log, LogError, event, init_log},
};

/// Whoever starts it as root learns that it does not stay root.
pub(super) fn say_whose(standing: &Standing, home: &Path) {
    if let Some(owner) = standing.owner() {
        eprintln!(
            "note: root serves {} as its owner, user {}, who may open ports below 1024 here",
            home.display(),
            owner.user
        );
    }
}

pub(super) fn run(home: &Path, clock: &Clock) -> ExitCode {
    let settings = Arc::new(Settings::of_process(home));
    let recovered = match recover(&settings) {
        Ok(recovered) => recovered,
        Err(error) => return refuse(home, &error),
    };
    let (mut log, mut inherited) = (None, None);
    if is_empty(&settings) {
        let values = settings.effective(&Map::new());
        let (format, levels) = (
            values.value(&keys::LOG_FORMAT),
            values.value(&keys::LOG_LEVEL),
        );
        let begun = match begin_log(format, &levels, clock) {
            Ok(begun) => begun,
            Err(error) => return refuse(home, &error),
        };
        log = Some(begun.clone());
        let waiting = first_run(Arc::clone(&settings), clock.clone(), begun.recent);
        match block_on(async { Ok(waiting.await?) }) {
            Ok(Some(sockets)) => inherited = Some(sockets),
            Ok(None) => return ExitCode::SUCCESS,
            Err(error) => return cannot_start(&error),
        }
    }
    let loaded = match settings.load() {
        Ok(loaded) => loaded,
        Err(invalid) => {
            if let Some(warning) = &recovered {
                eprintln!("ad-edge: {warning}");
            }
            return refuse(home, &invalid);
        }
    };
    let (format, levels) = (loaded.config.log_format, &loaded.config.log_levels);
    let log = match log.map_or_else(|| begin_log(format, levels, clock), Ok) {
        Ok(log) => log,
        Err(error) => return refuse(home, &error),
    };
    log.use_levels(levels);
    if let Some(warning) = &recovered {
        tracing::error!(event = event::IMPORT_RECOVERED, "{warning}");
    }
    for warning in &loaded.warnings {
        tracing::warn!(
            event = event::CONFIG_WARNING,
            key = %warning.place,
            "{}",
            warning.concern
        );
    }
    let materials = match Materials::load(&loaded.config, clock, true, &Kept::default()) {
        Ok(materials) => materials,
        Err(unusable) => return refuse(home, &unusable),
    };
    for warning in &materials.warnings {
        tracing::warn!(event = event::FILE_WARNING, "{warning}");
    }
    let clock = clock.clone();
    match block_on(serve::run(
        loaded, materials, clock, settings, log, inherited,
    )) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => cannot_start(&error),
    }
}

/// `format` is `LOG_FORMAT`.
fn begin_log(
    format: Option<LogFormat>,
    levels: &LogLevels,
    clock: &Clock,
) -> Result<Log, LogError> {
    let format = format.unwrap_or_else(LogFormat::for_stderr);
    let overruling = std::env::var("RUST_LOG").ok();
    init_log(format, levels, overruling.as_deref(), clock.clone())
}

fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = runtime().context("no threads can be started")?;
    runtime.block_on(work)
}

fn cannot_start(error: &anyhow::Error) -> ExitCode {
    tracing::error!(
        event = event::PROGRAM_REFUSED,
        error = format!("{error:#}"),
        "cannot start"
    );
    ExitCode::FAILURE
}
