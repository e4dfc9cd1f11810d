//! The changes that were made, and how each is taken back.

use std::path::{Component, Path, PathBuf};

use super::{error::ChangeError, moment::Moment, program::Program, view::PastChange};
use crate::{
    config::Settings,
    installation::{
        Change, ChangeKind, Installation, Locked, Note, Stage, recover_locked, replace,
    },
    instance::check,
    telemetry::event,
};

impl Program {
    /// The last changes, the latest first.
    pub(super) fn past_changes(&self) -> Vec<PastChange> {
        if !self.settings.uses_files() {
            return Vec::new();
        }
        let all = Change::all(&self.settings.home()).into_iter();
        all.map(|change| PastChange {
            time: Moment::with_day(change.at),
            what: in_words(change.note.kind),
            keys: change.note.keys.join(", "),
            name: change.name,
        })
        .collect()
    }

    /// These files by their paths in the home folder; `None` when one is elsewhere.
    pub(super) fn in_home(&self, files: &[(&Path, &[u8])]) -> Option<Installation> {
        let home = self.settings.home().path("");
        let named = files.iter().map(|(path, content)| {
            let name = path.strip_prefix(&home).ok()?;
            let plain = |part| matches!(part, Component::Normal(_));
            let name = name.components().all(plain).then(|| name.to_str())??;
            Some((name.to_owned(), content.to_vec()))
        });
        let named: Option<Vec<_>> = named.collect();
        Some(Installation::of_files(named?))
    }

    /// Puts files in their places while nobody else changes the home folder. Whoever calls holds the
    /// settings.
    pub(super) fn replace(
        &self,
        new: &Installation,
        retired: &[String],
        note: &Note,
    ) -> Result<Option<PathBuf>, ChangeError> {
        let home = self.settings.home();
        let locked = Locked::take(&home).map_err(ChangeError::Replace)?;
        recover_locked(&locked).map_err(ChangeError::Replace)?;
        replace(new, retired, note, &locked, self.clock.now()).map_err(ChangeError::Replace)
    }

    /// Tries the files as they were before a change, and puts them back.
    pub(super) fn put_before(&self, name: &str) -> Result<String, ChangeError> {
        self.may_write()?;
        let _one = self.settings.writing();
        let home = self.settings.home();
        let change = Change::find(&home, name).ok_or(ChangeError::BackupGone)?;
        let (before, retired) = change.before(&home).map_err(ChangeError::Replace)?;
        let stage = Stage::without(&home, &before, &retired, self.clock.now())
            .map_err(ChangeError::Replace)?;
        let verdict = check(&Settings::of_process(stage.folder()), &self.clock);
        if let Some(problem) = verdict.problem {
            let why = stage.names().in_words(&problem.to_string());
            return Err(ChangeError::CannotTakeBack(why));
        }
        drop(stage);
        let note = Note {
            kind: ChangeKind::TakenBack,
            keys: change.note.keys,
        };
        let kept = self.replace(&before, &retired, &note)?;
        tracing::warn!(
            target: "audit",
            event = event::CONSOLE_TAKEN_BACK,
            change = change.name,
            keys = note.keys.join(", "),
            "the console took a change back"
        );
        let kept = kept.map(|kept| format!(" (what was there is kept in {})", kept.display()));
        let kept = kept.unwrap_or_default();
        Ok(format!("Taken back{kept}"))
    }
}

fn in_words(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Settings => "Settings",
        ChangeKind::Certificate => "Certificate of SERVER_URL",
        ChangeKind::Files => "Keytab, CAs and revocation lists",
        ChangeKind::Mapper => "Profile mapper",
        ChangeKind::Import => "Import",
        ChangeKind::TakenBack => "Taken back",
    }
}
