//! What the console asks of the running program.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use futures_util::{FutureExt as _, future::BoxFuture};
use serde_json::{Map, Value};
use tokio::{
    sync::{mpsc, oneshot},
    task::spawn_blocking,
    time::timeout,
};

use super::{
    backstage::Backstage,
    log_view,
    view::{Changed, Fact, Facts, Imported, Line, LogLine, Looked, Mood, Person},
};
use crate::{
    clock::Clock,
    config::{Declared, Effective, InForce, MapperSource, Settings, Shown},
    doctor::{self, Level},
    installation::DEFAULT_MAPPER,
    instance::{Answer, Generation},
    ops::Readiness,
    secret::SecretString,
    setup,
    telemetry::{History, Metrics, RecentEvents, event},
    tls::TlsServer,
};

/// How long a reload may take: its directory and its tunnel get ten seconds each.
const RELOAD_LIMIT: Duration = Duration::from_secs(25);

/// A cheap handle.
#[derive(Clone)]
pub struct Program {
    pub settings: Arc<Settings>,
    pub current: Arc<ArcSwap<Generation>>,
    pub readiness: Arc<Readiness>,
    pub tls: Option<TlsServer>,
    pub metrics: Arc<Metrics>,
    pub clock: Clock,
    pub history: Arc<History>,
    pub recent: RecentEvents,
    pub since: Instant,
    /// Asks for a reload.
    pub tell: mpsc::Sender<Answer>,
}

impl Program {
    /// Has what was saved taken into use, and says what came of that.
    pub(super) async fn in_use(&self, saved: &str) -> Result<String, String> {
        let (answer, told) = oneshot::channel();
        // A program that ends takes no more questions, and the answer then never comes.
        let _ = self.tell.send(Some(answer)).await;
        match timeout(RELOAD_LIMIT, told).await {
            Ok(Ok(Ok(waits))) if waits.is_empty() => Ok(format!("{saved}, and in use")),
            Ok(Ok(Ok(waits))) => Ok(format!("{saved}, and in use; but {waits}")),
            Ok(Ok(Err(why))) => Err(format!(
                "{saved}, but not in use, the old configuration serves on: {why}"
            )),
            Ok(Err(_)) | Err(_) => Err(format!("{saved}; the log will tell whether it is in use")),
        }
    }

    /// Work with files, and then what it saved into use.
    fn whole(
        &self,
        work: impl FnOnce(&Self) -> Result<String, String> + Send + 'static,
    ) -> BoxFuture<'_, Result<String, String>> {
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
        work: impl FnOnce(&Self) -> Result<T, String> + Send + 'static,
    ) -> BoxFuture<'_, Result<T, String>> {
        let own = self.clone();
        let working = spawn_blocking(move || work(&own));
        async move { working.await.map_err(|error| error.to_string())? }.boxed()
    }
}

/// A change goes on to its end, and into use, also when the browser has left.
fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, String>> + Send + 'static,
) -> BoxFuture<'static, Result<T, String>> {
    let working = tokio::spawn(work);
    async move { working.await.map_err(|error| error.to_string())? }.boxed()
}

impl Backstage for Program {
    fn facts(&self) -> Facts {
        self.facts_now()
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
    ) -> BoxFuture<'_, Result<Changed, String>> {
        let own = self.clone();
        to_its_end(async move { own.settle(keys, password, check, save).await })
    }

    fn certificate(
        &self,
        chain: Vec<u8>,
        key: Vec<u8>,
        anyway: bool,
    ) -> BoxFuture<'_, Result<String, String>> {
        self.whole(move |own| own.take_certificate(&chain, &key, anyway))
    }

    fn mapper(&self) -> String {
        let current = self.current.load();
        match &current.config.accounts.mapper {
            Some(MapperSource::Text(text)) => text.clone(),
            Some(MapperSource::File(path)) => std::fs::read_to_string(path).unwrap_or_default(),
            None => DEFAULT_MAPPER.to_owned(),
        }
    }

    fn try_mapper(&self, source: String, user: String) -> BoxFuture<'_, Result<String, String>> {
        async move { self.profile_by(source, &user).await }.boxed()
    }

    fn save_mapper(&self, source: String) -> BoxFuture<'_, Result<String, String>> {
        self.whole(move |own| own.take_mapper(&source))
    }

    fn search(&self, term: String) -> BoxFuture<'_, Result<Vec<Person>, String>> {
        self.people(term).boxed()
    }

    fn look_up(&self, name: String) -> BoxFuture<'_, Result<Looked, String>> {
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
                area: finding.area.to_owned(),
                text: finding.text,
                fix: finding.fix,
                note: finding.note,
            });
            lines.collect()
        }
        .boxed()
    }

    fn export(&self) -> BoxFuture<'_, Result<(String, Vec<u8>), String>> {
        self.aside(|own| {
            own.may_write()?;
            let export =
                setup::export(&own.settings, &own.clock).map_err(|error| error.to_string())?;
            tracing::warn!(target: "audit", event = event::CONSOLE_EXPORTED, "the console exported this installation, keys and all");
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

    fn import(&self, zip: Vec<u8>, take: bool) -> BoxFuture<'_, Result<Imported, String>> {
        let own = self.clone();
        let work = async move {
            let taken = own.aside(move |own| {
                own.may_write()?;
                setup::take_import(&own.settings, &own.clock, zip, take)
            });
            let (told, report) = taken.await?;
            let told = if take {
                own.in_use(&told).await
            } else {
                Ok(told)
            };
            Ok(Imported { told, report })
        };
        to_its_end(work)
    }
}
