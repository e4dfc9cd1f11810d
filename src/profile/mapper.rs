//! What makes profiles: the built-in mapper, or the installation's own in JavaScript.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use arc_swap::ArcSwap;
use serde_json::Value;

use super::{
    Profile, built_in,
    script::{MapperError, Script, ScriptError},
};
use crate::{
    config::{MapperRoom, MapperSource, Most, decoded, read_file},
    directory::Entry,
    telemetry::Metrics,
};

/// A clone is a handle on the same one.
#[derive(Debug, Clone)]
pub struct Mapper(Option<Arc<Scripted>>);

#[derive(Debug)]
struct Scripted {
    source: MapperSource,
    room: MapperRoom,
    script: ArcSwap<Script>,
    metrics: Arc<Metrics>,
}

impl Mapper {
    #[must_use]
    pub fn built_in() -> Self {
        Self(None)
    }

    /// The mapper of `source`, or the built-in one without it. Runs the script once.
    ///
    /// # Errors
    /// When the script cannot be read, is broken, or exports no function.
    pub fn start(
        source: Option<&MapperSource>,
        room: &MapperRoom,
        metrics: Arc<Metrics>,
    ) -> Result<Self, ScriptError> {
        let Some(source) = source else {
            return Ok(Self::built_in());
        };
        Ok(Self(Some(Arc::new(Scripted {
            script: ArcSwap::from_pointee(load(source, room)?),
            source: source.clone(),
            room: room.clone(),
            metrics,
        }))))
    }

    /// The profile of an entry. `groups` is `None` for results of a search, which carry none.
    ///
    /// # Errors
    /// When the script throws, gives no object, or does not end in time.
    pub async fn map(
        &self,
        entry: &Entry,
        groups: Option<Vec<Value>>,
    ) -> Result<Profile, MapperError> {
        let Some(scripted) = &self.0 else {
            return Ok(built_in(entry, groups));
        };
        let script = scripted.script.load_full();
        let made = script.map(entry, groups).await;
        let outcome = made.as_ref().map_or_else(MapperError::outcome, |_| "ok");
        scripted
            .metrics
            .mapper_runs
            .with_label_values(&[outcome])
            .inc();
        made.map(Profile::new)
    }

    /// The file that the script was read from.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match &self.0.as_ref()?.source {
            MapperSource::File(path) => Some(path),
            MapperSource::Text(_) => None,
        }
    }

    /// The files that it has loaded beside that.
    #[must_use]
    pub fn modules(&self) -> Vec<PathBuf> {
        let scripted = self.0.as_ref();
        scripted.map_or_else(Vec::new, |scripted| scripted.script.load().files())
    }

    /// What is worth a word, though it can be used.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let scripted = self.0.as_ref();
        scripted.map_or_else(Vec::new, |scripted| {
            scripted.script.load().warnings().to_vec()
        })
    }

    /// The text of the script in use; none of the built-in one.
    #[must_use]
    pub fn source(&self) -> Option<String> {
        let scripted = self.0.as_ref()?;
        Some(scripted.script.load().source().to_owned())
    }

    /// Reads the file again, if there is one. Blocks while the script runs once.
    ///
    /// # Errors
    /// When it cannot be used; the old one stays.
    pub fn reload(&self) -> Result<(), ScriptError> {
        if let Some(scripted) = &self.0 {
            scripted
                .script
                .store(Arc::new(load(&scripted.source, &scripted.room)?));
        }
        Ok(())
    }
}

fn load(source: &MapperSource, room: &MapperRoom) -> Result<Script, ScriptError> {
    match source {
        MapperSource::Text(text) => Script::load(text, room),
        MapperSource::File(path) => {
            let text = read_file(path, Most::ORDINARY)
                .map_err(|error| ScriptError::Read(path.clone(), error))?;
            let folder = path.parent().map(Path::to_owned);
            let room = MapperRoom {
                folder: folder.unwrap_or_default(),
                ..room.clone()
            };
            // As Node.js reads it: what is no UTF-8 in a comment does no harm.
            Script::load(&decoded(&text).0, &room)
        }
    }
}
