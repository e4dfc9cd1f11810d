//! What the console asks of the running program.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use futures_util::{
    FutureExt as _,
    future::{BoxFuture, ready},
};
use serde_json::{Map, Value};
use tokio::{
    sync::{Mutex, mpsc, oneshot},
    task::spawn_blocking,
    time::{Instant, timeout},
};

use super::{
    backend::ConsoleBackend,
    error::ChangeError,
    log_view,
    sent_files::SentFiles,
    view::{
        Changed, Check, Fact, Facts, Fields, Fleet, Imported, Line, LogLine, Looked, Mood,
        PastChange, Person,
    },
};
use crate::{
    clock::Clock,
    config::{Declared, Effective, InForce, MapperSource, Most, Settings, Shown, read_text},
    doctor::{self, Level},
    fleet::FleetView,
    installation::{self, DEFAULT_MAPPER, ExportLayout},
    instance::{Answer, Generation, Refused, Reporter, restart_in_words},
    ops::Readiness,
    secret::SecretString,
    setup::{self, TakenImport},
    telemetry::{History, Metrics, RecentEvents, event},
    tls::TlsServer,
};

/// How long a reload may take: its directory and its tunnel get ten seconds each.
const RELOAD_LIMIT: Duration = Duration::from_secs(25);

/// What an import says that was only tried.
pub(super) const NOT_TAKEN: &str = "Nothing was changed yet";

/// `12 files were taken`, and where those are that they replaced.
pub(super) fn taken_in_words(done: &installation::Imported) -> String {
    let taken = format!("{} files were taken", done.taken.len());
    match &done.backup {
        Some(backup) => format!("{taken} (what they replaced is in {})", backup.display()),
        None => taken,
    }
}

/// What was found out last about the fleet, and when.
pub type LastFleet = Option<(Instant, Arc<FleetView>)>;

/// A cheap handle.
#[derive(Clone)]
pub struct Program {
    pub settings: Arc<Settings>,
    pub current: Arc<ArcSwap<Generation>>,
    pub readiness: Arc<Readiness>,
    pub refused: Arc<Refused>,
    pub tls: Option<TlsServer>,
    pub metrics: Arc<Metrics>,
    pub clock: Clock,
    pub reporter: Arc<Reporter>,
    pub fleet: Arc<Mutex<LastFleet>>,
    pub history: Arc<History>,
    pub recent: RecentEvents,
    pub since: Instant,
    /// Asks for a reload.
    pub reloads: mpsc::Sender<Answer>,
}

impl Program {
    /// Asks for a reload, so that what was saved comes into use, and gives its outcome.
    pub(super) async fn in_use(&self, saved: &str) -> Result<String, ChangeError> {
        let (answer, outcome) = oneshot::channel();
        // A program that ends takes no more questions, and the answer then never comes.
        let _ = self.reloads.send(Some(answer)).await;
        match timeout(RELOAD_LIMIT, outcome).await {
            Ok(Ok(Ok(waits))) => Ok(match restart_in_words(&waits) {
                None => format!("{saved}, and in use"),
                Some(waits) => format!("{saved}, and in use; but {waits}"),
            }),
            Ok(Ok(Err(why))) => Err(ChangeError::NotInUse {
                saved: saved.to_owned(),
                why,
            }),
            Ok(Err(_)) | Err(_) => Err(ChangeError::Unknown {
                saved: saved.to_owned(),
            }),
        }
    }

    /// Work with files, and then what it saved into use.
    fn whole(
        &self,
        work: impl FnOnce(&Self) -> Result<String, ChangeError> + Send + 'static,
    ) -> BoxFuture<'_, Result<String, ChangeError>> {
        let own = self.clone();
        to_its_end(async move {
            let saved = own.aside(work).await?;
            own.in_use(&saved).await
        })
    }

    /// The values as they count now.
    pub(super) fn effective(&self) -> Effective {
        self.settings.effective(&Map::new())
    }

    /// Work with files and computations: not on the threads that serve logins.
    fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, ChangeError> + Send + 'static,
    ) -> BoxFuture<'_, Result<T, ChangeError>> {
        let own = self.clone();
        let working = spawn_blocking(move || work(&own));
        async move { working.await? }.boxed()
    }
}

/// A change goes on to its end, and into use, also when the browser has left.
pub(super) fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, ChangeError>> + Send + 'static,
) -> BoxFuture<'static, Result<T, ChangeError>> {
    let working = tokio::spawn(work);
    async move { working.await? }.boxed()
}

impl ConsoleBackend for Program {
    fn facts(&self) -> Facts {
        self.facts_now()
    }

    fn fleet(&self) -> BoxFuture<'_, Fleet> {
        self.fleet_now().boxed()
    }

    fn instance_marked<'a>(&'a self, mark: &'a str) -> BoxFuture<'a, Option<String>> {
        Program::instance_marked(self, mark).boxed()
    }

    fn log(&self) -> Vec<LogLine> {
        self.recent
            .all()
            .into_iter()
            .map(log_view::log_line)
            .collect()
    }

    fn key(&self, key: &'static dyn Declared) -> (InForce, Shown) {
        let effective = self.effective();
        (effective.in_force(key), effective.usual(key))
    }

    fn certificate_facts(&self) -> Vec<Fact> {
        self.certificate_now()
    }

    fn change(
        &self,
        keys: Map<String, Value>,
        password: Option<SecretString>,
        check: bool,
        save: bool,
    ) -> BoxFuture<'_, Result<Changed, ChangeError>> {
        let own = self.clone();
        to_its_end(async move { own.settle(keys, password, check, save).await })
    }

    fn certificate(
        &self,
        chain: Vec<u8>,
        key: Vec<u8>,
        anyway: bool,
    ) -> BoxFuture<'_, Result<String, ChangeError>> {
        self.whole(move |own| own.take_certificate(&chain, &key, anyway))
    }

    fn files(&self, sent: SentFiles) -> BoxFuture<'_, Result<String, ChangeError>> {
        self.whole(move |own| own.take_files(&sent))
    }

    fn set_up(
        &self,
        _: Fields,
        _: Option<SecretString>,
        _: Option<Vec<u8>>,
    ) -> BoxFuture<'_, Result<(Imported, Vec<Check>), ChangeError>> {
        ready(Err(ChangeError::IsSetUp)).boxed()
    }

    fn mapper(&self) -> String {
        let current = self.current.load();
        match &current.config.accounts.mapper {
            Some(MapperSource::Text(text)) => text.clone(),
            Some(MapperSource::File(path)) => read_text(path, Most::ORDINARY).unwrap_or_default(),
            None => DEFAULT_MAPPER.to_owned(),
        }
    }

    fn try_mapper(
        &self,
        source: String,
        user: String,
    ) -> BoxFuture<'_, Result<String, ChangeError>> {
        async move { self.profile_by(source, &user).await }.boxed()
    }

    fn save_mapper(&self, source: String) -> BoxFuture<'_, Result<String, ChangeError>> {
        self.whole(move |own| own.take_mapper(&source))
    }

    fn changes(&self) -> Vec<PastChange> {
        self.past_changes()
    }

    fn take_back(&self, change: String) -> BoxFuture<'_, Result<String, ChangeError>> {
        self.whole(move |own| own.put_before(&change))
    }

    fn search(&self, term: String) -> BoxFuture<'_, Result<Vec<Person>, ChangeError>> {
        self.people(term).boxed()
    }

    fn look_up(&self, name: String) -> BoxFuture<'_, Result<Looked, ChangeError>> {
        async move { self.person(&name).await }.boxed()
    }

    fn doctor(&self) -> BoxFuture<'_, Vec<Line>> {
        async move {
            let findings = doctor::examine(&self.settings, &self.clock).await;
            let lines = findings.into_iter().map(|finding| Line {
                mood: match finding.level {
                    Level::Ok => Mood::Good,
                    Level::Warn => Mood::Warn,
                    Level::Fail => Mood::Bad,
                },
                area: finding.area.label(),
                text: finding.text,
                fix: finding.fix,
                note: finding.note,
            });
            let mut lines: Vec<_> = lines.collect();
            lines.sort_by_key(|line| line.mood.rank());
            lines
        }
        .boxed()
    }

    fn export(&self) -> BoxFuture<'_, Result<(String, Vec<u8>), ChangeError>> {
        self.aside(|own| {
            own.may_write()?;
            let export =
                setup::export(&own.settings, &own.clock, ExportLayout::Usual)
                    .map_err(ChangeError::Export)?;
            tracing::warn!(target: "audit", event = event::CONSOLE_EXPORTED, "the console exported this installation with its keys");
            for file in &export.outside {
                tracing::warn!(
                    event = event::EXPORT_FILE_OUTSIDE,
                    file,
                    "not in the export: the other server needs it too"
                );
            }
            Ok((export.name, export.zip))
        })
    }

    fn import(&self, zip: Vec<u8>, take: bool) -> BoxFuture<'_, Result<Imported, ChangeError>> {
        let own = self.clone();
        let work = async move {
            let taken = own.aside(move |own| {
                own.may_write()?;
                setup::take_import(&own.settings, &own.clock, zip, take)
                    .map_err(ChangeError::Import)
            });
            let TakenImport { done, report } = taken.await?;
            let result = match done {
                Some(done) => own.in_use(&taken_in_words(&done)).await,
                None => Ok(NOT_TAKEN.to_owned()),
            };
            Ok(Imported { result, report })
        };
        to_its_end(work)
    }
}
