//! The folders in `backups/`: one for each import or other change, the last ten.

use std::{io, time::SystemTime};

use super::{ArchiveError, archive::stamp};
use crate::{config::Home, files::Folder, telemetry::event};

pub(super) const BACKUPS: &str = "backups";
/// How many backups stay.
const KEPT: usize = 10;
/// Copies of keys are in there.
const FOR_OWNER: u32 = 0o700;

/// A folder of its own for one change, for this user only. Gives its path under the home folder.
pub(super) fn new_backup(home: &Folder, now: SystemTime) -> Result<String, ArchiveError> {
    let shown = |name: &str| home.path().join(name).display().to_string();
    // What root makes is the service's, as the files in it are: it has to read them when it goes back.
    let all = home
        .make(BACKUPS, FOR_OWNER)
        .map_err(|error| ArchiveError::Write(shown(BACKUPS), error))?;
    let stamp = stamp(now);
    // A number that was free once stays free: the order of the names is that of the changes.
    let before = made_in(&all).into_iter().filter(|made| made.0 == stamp);
    let mut count = before.map(|made| made.1).max().unwrap_or(0) + 1;
    loop {
        let name = match count {
            1 => stamp.clone(),
            _ => format!("{stamp}-{count}"),
        };
        match all.make_new(&name, FOR_OWNER) {
            Ok(_) => return Ok(format!("{BACKUPS}/{name}")),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => count += 1,
            Err(error) => {
                return Err(ArchiveError::Write(
                    shown(&format!("{BACKUPS}/{name}")),
                    error,
                ));
            }
        }
    }
}

/// Removes the oldest backups; nothing else in the folder.
pub(super) fn prune(home: &Folder) {
    let Ok(all) = home.folder(BACKUPS) else {
        return;
    };
    let ours = made_in(&all);
    let many = ours.len().saturating_sub(KEPT);
    for (_, _, name) in ours.into_iter().take(many) {
        if let Err(error) = all.remove_all(&name) {
            tracing::warn!(
                event = event::IMPORT_BACKUP_LEFT,
                error = %crate::cause::io(&error),
                backup = name,
                "an old backup cannot be removed"
            );
        }
    }
}

/// The backups, the oldest first.
pub(super) fn made(home: &Home) -> Vec<(String, u32, String)> {
    let all = Folder::open(&home.path("")).and_then(|home| home.folder(BACKUPS));
    all.map(|all| made_in(&all)).unwrap_or_default()
}

fn made_in(all: &Folder) -> Vec<(String, u32, String)> {
    let names = all.names().unwrap_or_default().into_iter();
    let mut made: Vec<_> = names
        .filter_map(|name| made_at(&name.into_string().ok()?))
        .collect();
    made.sort();
    made
}

/// Time and number in the name of a backup, with the name.
pub(super) fn made_at(name: &str) -> Option<(String, u32, String)> {
    let (stamp, rest) = name.split_at_checked(15)?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (day, time) = stamp.split_once('-')?;
    let count = match rest.strip_prefix('-') {
        Some(count) => count.parse().ok()?,
        None if rest.is_empty() => 1,
        None => return None,
    };
    (day.len() == 8 && digits(day) && digits(time))
        .then(|| (stamp.to_owned(), count, name.to_owned()))
}
