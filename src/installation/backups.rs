//! The folders in `backups/`: one for each import or other change, the last ten.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, chown},
    path::Path,
    time::SystemTime,
};

use super::{ArchiveError, archive::stamp, file::may_fail};
use crate::{config::Home, telemetry::event};

pub(super) const BACKUPS: &str = "backups";
/// How many backups stay.
const KEPT: usize = 10;

/// A folder of its own for one change, for this user only. Gives its path under the home folder.
pub(super) fn new_backup(home: &Home, now: SystemTime) -> Result<String, ArchiveError> {
    let write = |path: &Path, error| ArchiveError::Write(path.display().to_string(), error);
    let mut builder = DirBuilder::new();
    builder.mode(0o700);
    let all = home.path(BACKUPS);
    match builder.create(&all) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(write(&all, error));
        }
        _ => give(home, &all)?,
    }
    let stamp = stamp(now);
    // A number that was free once stays free: the order of the names is that of the changes.
    let before = made(home).into_iter().filter(|made| made.0 == stamp);
    let mut count = before.map(|made| made.1).max().unwrap_or(0) + 1;
    loop {
        let name = match count {
            1 => format!("{BACKUPS}/{stamp}"),
            _ => format!("{BACKUPS}/{stamp}-{count}"),
        };
        let path = home.path(&name);
        match builder.create(&path) {
            Ok(()) => {
                give(home, &path)?;
                return Ok(name);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => count += 1,
            Err(error) => return Err(write(&path, error)),
        }
    }
}

/// A folder that root makes is the service's, as the files in it are: it has to read them when it goes back.
fn give(home: &Home, folder: &Path) -> Result<(), ArchiveError> {
    let given = || {
        let owner = fs::metadata(home.path(""))?;
        may_fail(chown(folder, Some(owner.uid()), Some(owner.gid())))
    };
    given().map_err(|error| ArchiveError::Write(folder.display().to_string(), error))
}

/// Removes the oldest backups; nothing else in the folder.
pub(super) fn prune(home: &Home) {
    let all = home.path(BACKUPS);
    let ours = made(home);
    let many = ours.len().saturating_sub(KEPT);
    for (_, _, name) in ours.into_iter().take(many) {
        if let Err(error) = fs::remove_dir_all(all.join(&name)) {
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
    let entries = fs::read_dir(home.path(BACKUPS));
    let mut made: Vec<_> = entries
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| made_at(&entry.file_name().into_string().ok()?))
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
