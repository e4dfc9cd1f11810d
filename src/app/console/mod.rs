//! What the console asks of the running program.

mod changes;
mod people;
mod status;

use std::{io::Cursor, sync::Arc, time::Instant};

use arc_swap::ArcSwap;
use futures_util::{FutureExt as _, future::BoxFuture};
use serde_json::{Map, Value};
use tokio::{sync::mpsc, task::spawn_blocking};

use super::{
    doctor::{self, Level},
    generation::Generation,
    settings::Settings,
    transfer,
};
use crate::{
    admin::{Backstage, Changed, Fact, Facts, Line, LogLine, Looked, Mood, Person},
    clock::Clock,
    config::MapperSource,
    ops::Readiness,
    secret::SecretString,
    setup::{ConfigFile, DEFAULT_MAPPER, Installation},
    telemetry::{History, Metrics, RecentEvents},
    tls::TlsServer,
};

/// A cheap handle.
#[derive(Clone)]
pub(super) struct Program {
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
    pub tell: mpsc::Sender<()>,
}

impl Program {
    fn reload(&self) {
        // A reload that is asked for already reads this too.
        let _ = self.tell.try_send(());
    }

    /// A key that is no secret, as text; a list with commas.
    fn value(&self, name: &str) -> String {
        if crate::config::find_key(name).is_none_or(|key| key.secret) {
            return String::new();
        }
        let file = ConfigFile::read(&self.settings.home()).ok();
        let file_value = file.as_ref().and_then(|file| file.keys().get(name));
        match (self.settings.variable(name), file_value) {
            (Some(text), _) => text.to_owned(),
            (None, Some(Value::String(text))) => text.clone(),
            (None, Some(Value::Array(list))) => {
                let texts: Vec<_> = list.iter().filter_map(Value::as_str).collect();
                texts.join(", ")
            }
            (None, Some(Value::Null) | None) => String::new(),
            (None, Some(other)) => other.to_string(),
        }
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

impl Backstage for Program {
    fn facts(&self) -> Facts {
        self.facts_now()
    }

    fn log(&self) -> Vec<LogLine> {
        self.recent
            .all()
            .into_iter()
            .map(status::log_line)
            .collect()
    }

    fn key(&self, name: &str) -> (String, bool) {
        (self.value(name), self.settings.variable(name).is_some())
    }

    fn certificate_facts(&self) -> Vec<Fact> {
        self.certificate_now()
    }

    fn change(
        &self,
        keys: Map<String, Value>,
        password: Option<SecretString>,
        save: bool,
    ) -> BoxFuture<'_, Result<Changed, String>> {
        self.settle(keys, password, save).boxed()
    }

    fn certificate(
        &self,
        chain: Vec<u8>,
        key: Vec<u8>,
        anyway: bool,
    ) -> BoxFuture<'_, Result<String, String>> {
        self.aside(move |own| own.take_certificate(&chain, &key, anyway))
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
        self.aside(move |own| own.take_mapper(&source))
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
            });
            lines.collect()
        }
        .boxed()
    }

    fn export(&self) -> BoxFuture<'_, Result<(String, Vec<u8>), String>> {
        self.aside(|own| {
            own.may_write()?;
            let export =
                transfer::export(&own.settings, &own.clock).map_err(|error| error.to_string())?;
            tracing::warn!(target: "audit", "the console exported this installation, keys and all");
            for file in &export.outside {
                tracing::warn!(file, "not in the export: the other server needs it too");
            }
            Ok((export.name, export.zip))
        })
    }

    fn import(&self, zip: Vec<u8>, take: bool) -> BoxFuture<'_, Result<(String, String), String>> {
        self.aside(move |own| {
            own.may_write()?;
            let words = |error: crate::setup::ArchiveError| format!("Nothing was changed: {error}");
            let installation = Installation::of_zip(Cursor::new(zip)).map_err(words)?;
            let import = transfer::Import::try_out(&own.settings, &own.clock, installation)
                .map_err(words)?;
            if !take {
                return Ok(("Nothing was changed yet".to_owned(), import.in_words()));
            }
            let done = import.install(&own.clock).map_err(words)?;
            tracing::warn!(
                target: "audit",
                files = done.taken.join(", "),
                retired = done.retired.join(", "),
                backup = done.backup.as_ref().map(|folder| folder.display().to_string()),
                "the console imported an installation"
            );
            own.reload();
            let mut told = format!("{} files were taken.", done.taken.len());
            if let Some(backup) = done.backup {
                told = format!("{told} What they replaced lies in {}.", backup.display());
            }
            Ok((told, import.in_words()))
        })
    }
}
