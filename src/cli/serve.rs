//! `ad-edge serve`: loads the configuration and runs until its end is asked for.

use std::{path::Path, process::ExitCode, sync::Arc, time::Duration};

use anyhow::Context as _;
use serde_json::Map;

use super::exit::{EXIT_CONFIG, refusal, refuse, runtime};
use crate::{
    clock::Clock,
    config::{LogFormat, LogLevels, Settings, keys},
    console::{first_run, is_empty},
    instance::{Kept, Materials},
    privileges::Standing,
    serve,
    setup::recover,
    telemetry::{Log, LogError, Metrics, event, init_log},
};

/// How long work that nobody waits for any more may hold up the end.
const END_LIMIT: Duration = Duration::from_secs(1);

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
    let mut log = None;
    let code = serve(home, clock, &mut log);
    if let Some(log) = log {
        log.end();
    }
    code
}

/// `log` is set as soon as there is one.
fn serve(home: &Path, clock: &Clock, log: &mut Option<Log>) -> ExitCode {
    let settings = Arc::new(Settings::of_process(home));
    let recovered = match recover(&settings) {
        Ok(recovered) => recovered,
        Err(error) => return refuse(home, &error),
    };
    let metrics = Arc::new(Metrics::new());
    let mut inherited = None;
    if is_empty(&settings) {
        let values = settings.effective(&Map::new());
        let (format, levels) = (
            values.value(&keys::LOG_FORMAT),
            values.value(&keys::LOG_LEVEL),
        );
        let begun = match begin_log(format, &levels, &metrics, clock) {
            Ok(begun) => log.insert(begun),
            Err(error) => return refuse(home, &error),
        };
        let recent = begun.recent.clone();
        let waiting = first_run(
            Arc::clone(&settings),
            clock.clone(),
            Arc::clone(&metrics),
            recent,
        );
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
                say(log.as_ref(), &format!("ad-edge: {warning}"));
            }
            return refuse_by(log.as_ref(), home, &invalid);
        }
    };
    let (format, levels) = (loaded.config.log_format, &loaded.config.log_levels);
    let begun = match log.take() {
        Some(begun) => Ok(begun),
        None => begin_log(format, levels, &metrics, clock),
    };
    let log = match begun {
        Ok(begun) => &*log.insert(begun),
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
    let materials = match Materials::load(&loaded.config, clock, true, &Kept::first(metrics)) {
        Ok(materials) => materials,
        Err(unusable) => return refuse_by(Some(log), home, &unusable),
    };
    for warning in &materials.warnings {
        tracing::warn!(event = event::FILE_WARNING, "{warning}");
    }
    let clock = clock.clone();
    match block_on(serve::run(
        loaded,
        materials,
        clock,
        settings,
        log.clone(),
        inherited,
    )) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => cannot_start(&error),
    }
}

/// `format` is `LOG_FORMAT`.
fn begin_log(
    format: Option<LogFormat>,
    levels: &LogLevels,
    metrics: &Metrics,
    clock: &Clock,
) -> Result<Log, LogError> {
    let format = format.unwrap_or_else(LogFormat::for_stderr);
    let overruling = std::env::var("RUST_LOG").ok();
    init_log(
        format,
        levels,
        overruling.as_deref(),
        metrics,
        clock.clone(),
    )
}

/// On standard error, in the order of the log where there is one.
fn say(log: Option<&Log>, text: &str) {
    match log {
        Some(log) => log.print(text),
        None => eprintln!("{text}"),
    }
}

fn refuse_by(log: Option<&Log>, home: &Path, error: &dyn std::fmt::Display) -> ExitCode {
    say(log, &refusal(home, error));
    ExitCode::from(EXIT_CONFIG)
}

fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = runtime().context("no threads can be started")?;
    let done = runtime.block_on(work);
    // A file that is being read, on a disk that does not answer, does not hold up the end.
    runtime.shutdown_timeout(END_LIMIT);
    done
}

fn cannot_start(error: &anyhow::Error) -> ExitCode {
    tracing::error!(
        event = event::PROGRAM_REFUSED,
        error = format!("{error:#}"),
        "cannot start"
    );
    ExitCode::FAILURE
}
