//! An empty home folder: the console alone, so that a second server is made by an import in the browser.

use std::{fs, io, sync::Arc, time::Duration};

use futures_util::{
    FutureExt as _,
    future::{BoxFuture, ready},
};
use sd_notify::NotifyState;
use serde_json::{Map, Value};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
    task::spawn_blocking,
    time::Instant,
};

use super::{
    backend::ConsoleBackend,
    error::ChangeError,
    first_set_up::{SetUp, set_up},
    log_view::log_line,
    moment::Moment,
    program::{NOT_TAKEN, taken_in_words, to_its_end},
    sent_files::SentFiles,
    serve::{run, serve_on},
    view::{
        Changed, Check, Fact, Facts, Fields, Fleet, Imported, Line, LogLine, Looked, Mood,
        PastChange, Person,
    },
};
use crate::{
    accept::{BindError, Inherited, Mismatches},
    cause,
    clock::Clock,
    config::{Declared, InForce, Mistake, Settings, Shown, keys},
    doctor::Area,
    installation::DEFAULT_MAPPER,
    instance::check,
    lifecycle::{Lifecycle, notify, supervised},
    ops::{self, Readiness},
    secret::SecretString,
    setup::{TakenImport, take_import},
    telemetry::{Metrics, RecentEvents, Task, event},
};

/// How long the answer to the import may take to reach the browser.
const FINISH: Duration = Duration::from_secs(5);

/// Why the console cannot wait for a first import.
#[derive(Debug, thiserror::Error)]
pub enum FirstRunError {
    #[error("ADMIN_LISTEN is off: there is no console for a first import")]
    Off,
    #[error("{0}")]
    Key(Mistake),
    #[error("{key}: {source}")]
    Listen {
        key: &'static str,
        source: BindError,
    },
    #[error("signals cannot be received: {}", cause::io(.0))]
    Signals(#[from] io::Error),
}

impl FirstRunError {
    fn listen(key: &'static str, source: BindError) -> Self {
        Self::Listen { key, source }
    }
}

impl From<Mistake> for FirstRunError {
    fn from(mistake: Mistake) -> Self {
        Self::Key(mistake)
    }
}

/// Whether there is nothing to start from: no `config.json`, and no directory in the environment.
#[must_use]
pub fn is_empty(settings: &Settings) -> bool {
    let effective = settings.effective(&Map::new());
    settings.uses_files()
        && settings.has_home()
        // One that may not be looked at is there, and so is a link.
        && fs::symlink_metadata(settings.home().config_json()).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
        && !effective.has(keys::LDAP_URL)
        && effective.value(&keys::ADMIN_LISTEN).is_some()
}

/// Serves the console and the probes until an import was taken with which this host can start, or the end
/// is asked for (`None`). Gives the sockets that the service manager has passed on.
///
/// # Errors
/// When an address cannot be listened on.
pub async fn first_run(
    settings: Arc<Settings>,
    clock: Clock,
    metrics: Arc<Metrics>,
    recent: RecentEvents,
) -> Result<Option<Inherited>, FirstRunError> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // There is nothing to read again.
    let _hang_up = signal(SignalKind::hangup())?;
    let life = Lifecycle::new();
    let passed_on = Inherited::take();
    let mut inherited = passed_on.copy();
    let effective = settings.effective(&Map::new());
    let at = effective.checked(&keys::ADMIN_LISTEN)?;
    let at = at.ok_or(FirstRunError::Off)?;
    let ops_at = effective.checked(&keys::OPS_LISTEN)?;
    let listener = inherited
        .or_bind(at.ip(), at.port())
        .map_err(|source| FirstRunError::listen(keys::ADMIN_LISTEN.name, source))?;
    let probes = inherited
        .or_bind(ops_at.ip(), ops_at.port())
        .map_err(|source| FirstRunError::listen(keys::OPS_LISTEN.name, source))?;
    let readiness = Readiness::new(life.clone(), Mismatches::new(None))
        .with("set-up", || Err(ChangeError::NotSetUp));
    let router = ops::router(Arc::new(readiness), Arc::clone(&metrics), None);
    let (own, probes) = (life.clone(), Arc::new(probes));
    life.spawn(supervised(
        Task::Operators,
        Arc::clone(&metrics),
        move || {
            let (probes, router) = (Arc::clone(&probes), router.clone());
            ops::run(probes, router, own.clone(), Mismatches::new(None))
        },
    ));
    let address = listener.address();
    let own = address.ip();
    let host = if own == keys::ADMIN_LISTEN.kind.0.ip() || own.is_unspecified() {
        "localhost".to_owned()
    } else if own.is_ipv6() {
        format!("[{own}]")
    } else {
        own.to_string()
    };
    let url = format!("http://{host}:{}/", address.port());
    tracing::warn!(event = event::SETUP_AWAITED, %address, url, "{}", ChangeError::NotSetUp);
    notify(&[NotifyState::Ready]);
    let (done, mut taken) = mpsc::channel(1);
    let empty = Empty {
        settings,
        clock,
        recent,
        since: Instant::now(),
        done,
    };
    let router = serve_on(address, Arc::new(empty));
    let (own, listener) = (life.clone(), Arc::new(listener));
    life.spawn(supervised(Task::Console, metrics, move || {
        run(Arc::clone(&listener), router.clone(), own.clone())
    }));
    let goes_on = tokio::select! {
        taken = taken.recv() => taken.is_some(),
        _ = terminate.recv() => false,
        _ = interrupt.recv() => false,
    };
    life.drain(Duration::ZERO, FINISH).await;
    Ok(goes_on.then_some(passed_on))
}

/// What the console asks of a program that is not there yet.
struct Empty {
    settings: Arc<Settings>,
    clock: Clock,
    recent: RecentEvents,
    since: Instant,
    done: mpsc::Sender<()>,
}

fn not_yet<T: Send + 'static>() -> BoxFuture<'static, Result<T, ChangeError>> {
    ready(Err(ChangeError::NotSetUp)).boxed()
}

impl ConsoleBackend for Empty {
    fn facts(&self) -> Facts {
        Facts {
            instance: gethostname::gethostname().to_string_lossy().into_owned(),
            version: env!("CARGO_PKG_VERSION"),
            server_url: String::new(),
            up_for: self.since.elapsed(),
            now: Moment::time_of_day(self.clock.now()),
            mood: Mood::Warn,
            state: "not set up",
            sentence: ChangeError::NotSetUp.to_string(),
            is_empty: true,
            groups: Vec::new(),
            hours: Vec::new(),
            failures: Vec::new(),
        }
    }

    fn fleet(&self) -> BoxFuture<'_, Fleet> {
        let fleet = Fleet {
            mood: Mood::Warn,
            sentence: ChangeError::NotSetUp.to_string(),
            note: None,
            now: Moment::time_of_day(self.clock.now()),
            rows: Vec::new(),
            differences: Vec::new(),
        };
        ready(fleet).boxed()
    }

    fn instance_marked<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Option<String>> {
        ready(None).boxed()
    }

    fn log(&self) -> Vec<LogLine> {
        self.recent.all().into_iter().map(log_line).collect()
    }

    fn key(&self, key: &'static dyn Declared) -> (InForce, Shown) {
        let effective = self.settings.effective(&Map::new());
        (effective.in_force(key), effective.usual(key))
    }

    fn certificate_facts(&self) -> Vec<Fact> {
        Vec::new()
    }

    fn change(
        &self,
        _: Map<String, Value>,
        _: Option<SecretString>,
        _: bool,
        _: bool,
    ) -> BoxFuture<'_, Result<Changed, ChangeError>> {
        not_yet()
    }

    fn certificate(
        &self,
        _: Vec<u8>,
        _: Vec<u8>,
        _: bool,
    ) -> BoxFuture<'_, Result<String, ChangeError>> {
        not_yet()
    }

    fn files(&self, _: SentFiles) -> BoxFuture<'_, Result<String, ChangeError>> {
        not_yet()
    }

    fn set_up(
        &self,
        typed: Fields,
        password: Option<SecretString>,
        roots: Option<Vec<u8>>,
    ) -> BoxFuture<'_, Result<(Imported, Vec<Check>), ChangeError>> {
        let work = set_up(
            Arc::clone(&self.settings),
            self.clock.clone(),
            typed,
            password,
            roots,
        );
        let begin = self.done.clone();
        to_its_end(async move {
            let SetUp {
                done,
                checks,
                starts,
            } = work.await?;
            if starts {
                // Full: the start was asked for before.
                let _ = begin.try_send(());
            }
            Ok((done, checks))
        })
    }

    fn mapper(&self) -> String {
        DEFAULT_MAPPER.to_owned()
    }

    fn try_mapper(&self, _: String, _: String) -> BoxFuture<'_, Result<String, ChangeError>> {
        not_yet()
    }

    fn save_mapper(&self, _: String) -> BoxFuture<'_, Result<String, ChangeError>> {
        not_yet()
    }

    fn changes(&self) -> Vec<PastChange> {
        Vec::new()
    }

    fn take_back(&self, _: String) -> BoxFuture<'_, Result<String, ChangeError>> {
        not_yet()
    }

    fn search(&self, _: String) -> BoxFuture<'_, Result<Vec<Person>, ChangeError>> {
        not_yet()
    }

    fn look_up(&self, _: String) -> BoxFuture<'_, Result<Looked, ChangeError>> {
        not_yet()
    }

    fn doctor(&self) -> BoxFuture<'_, Vec<Line>> {
        let line = Line {
            mood: Mood::Warn,
            area: Area::Config.label(),
            text: ChangeError::NotSetUp.to_string(),
            fix: None,
            note: None,
        };
        ready(vec![line]).boxed()
    }

    fn export(&self) -> BoxFuture<'_, Result<(String, Vec<u8>), ChangeError>> {
        not_yet()
    }

    fn import(&self, zip: Vec<u8>, take: bool) -> BoxFuture<'_, Result<Imported, ChangeError>> {
        let (settings, clock) = (Arc::clone(&self.settings), self.clock.clone());
        let begin = self.done.clone();
        async move {
            let work = move || {
                let import =
                    take_import(&settings, &clock, zip, take).map_err(ChangeError::Import)?;
                let starts = take && check(&settings, &clock).problem.is_none();
                Ok::<_, ChangeError>((import, starts))
            };
            let (TakenImport { done, report }, starts) = spawn_blocking(work).await??;
            let result = match (done.as_ref().map(taken_in_words), starts) {
                (None, _) => Ok(NOT_TAKEN.to_owned()),
                (Some(taken), true) => {
                    // Full: the start was asked for before.
                    let _ = begin.try_send(());
                    Ok(format!("{taken}. This instance starts with them now"))
                }
                (Some(taken), false) => Err(ChangeError::CannotStart { taken }),
            };
            Ok(Imported { result, report })
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn each_word_for_off_keeps_the_console_closed() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let opens = |word: &str| {
            let variable = ("ADMIN_LISTEN".to_owned(), word.to_owned());
            is_empty(&Settings::new(folder.path(), BTreeMap::from([variable])))
        };
        assert!(!opens("off") && !opens("false") && !opens(" off "));
        assert!(opens("127.0.0.1:8357") && opens(""));
    }
}
