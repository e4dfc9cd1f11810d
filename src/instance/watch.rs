//! Notices that files have changed: certificates, keytabs and scripts that someone, or some program,
//! replaces while this one runs.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};

/// A change counts once nothing more has happened for this long: a file is often written in parts,
/// and a key follows its certificate.
const SETTLE: Duration = Duration::from_millis(300);
/// However busy the folders are, a change is not held back longer than some of these.
const SETTLE_STEPS: u32 = 20;

/// Watches some files.
#[derive(Debug)]
pub struct Watch {
    files: Vec<PathBuf>,
    seen: Vec<Option<Fingerprint>>,
    events: mpsc::Receiver<()>,
    /// Something has happened, and was not looked at yet.
    unsettled: Option<Unsettled>,
    _watcher: RecommendedWatcher,
}

/// When something that has happened is looked at.
#[derive(Debug, Clone, Copy)]
struct Unsettled {
    /// Unless more happens before.
    quiet_at: Instant,
    /// Whatever happens.
    at_most: Instant,
}

/// What differs between two states of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fingerprint {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

impl Watch {
    /// Begins to watch. The folders are watched, not the files: most programs replace a file by
    /// renaming another. A folder among the files changes when something in it comes or goes.
    ///
    /// # Errors
    /// When the system gives no more watches, or a folder does not exist.
    pub fn new(files: Vec<PathBuf>) -> notify::Result<Self> {
        let (sender, events) = mpsc::channel(1);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // A keytab is opened for each ticket, and that is no change.
            if event.is_ok_and(|event| matches!(event.kind, EventKind::Access(_))) {
                return;
            }
            // Full: a change is waiting to be looked at already.
            let _ = sender.try_send(());
        })?;
        let parents = files.iter().filter_map(|file| file.parent());
        let themselves = files
            .iter()
            .map(PathBuf::as_path)
            .filter(|file| file.is_dir());
        let folders: BTreeSet<_> = parents.chain(themselves).collect();
        for folder in folders {
            let folder = if folder.as_os_str().is_empty() {
                Path::new(".")
            } else {
                folder
            };
            watcher.watch(folder, RecursiveMode::NonRecursive)?;
        }
        let seen = fingerprints(&files);
        Ok(Self {
            files,
            seen,
            events,
            unsettled: None,
            _watcher: watcher,
        })
    }

    /// Takes the files as they are now for what was seen.
    pub fn look(&mut self) {
        self.seen = fingerprints(&self.files);
    }

    /// Whether a file is not what was seen last.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        fingerprints(&self.files) != self.seen
    }

    /// Returns when a file is not what it was, and has settled; the files that changed. Whoever waits may
    /// stop at any moment: what has happened until then is not lost.
    pub async fn changed(&mut self) -> Vec<PathBuf> {
        loop {
            self.settled().await;
            let now = fingerprints(&self.files);
            let files = self.files.iter().zip(self.seen.iter().zip(&now));
            let changed: Vec<_> = files
                .filter(|(_, (before, now))| before != now)
                .map(|(file, _)| file.clone())
                .collect();
            self.seen = now;
            self.unsettled = None;
            if !changed.is_empty() {
                return changed;
            }
        }
    }

    /// Until something has happened and nothing more does.
    async fn settled(&mut self) {
        let mut unsettled = match self.unsettled {
            Some(unsettled) => unsettled,
            None => {
                if self.events.recv().await.is_none() {
                    // The watcher lives as long as this does.
                    std::future::pending::<()>().await;
                }
                Unsettled {
                    quiet_at: Instant::now() + SETTLE,
                    at_most: Instant::now() + SETTLE * SETTLE_STEPS,
                }
            }
        };
        self.unsettled = Some(unsettled);
        while Instant::now() < unsettled.at_most {
            let until = unsettled.quiet_at.min(unsettled.at_most);
            if timeout_at(until, self.events.recv()).await != Ok(Some(())) {
                break;
            }
            unsettled.quiet_at = Instant::now() + SETTLE;
            self.unsettled = Some(unsettled);
        }
    }
}

fn fingerprints(files: &[PathBuf]) -> Vec<Option<Fingerprint>> {
    let fingerprint = |file: &PathBuf| {
        let meta = fs::metadata(file).ok()?;
        Some(Fingerprint {
            device: meta.dev(),
            inode: meta.ino(),
            size: meta.size(),
            modified: (meta.mtime(), meta.mtime_nsec()),
        })
    };
    files.iter().map(fingerprint).collect()
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_change_is_not_lost_on_who_looks_aside_meanwhile() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a");
        fs::write(&file, "1").expect("written");
        let mut watch = Watch::new(vec![file.clone()]).expect("watches");
        fs::write(&file, "22").expect("written");
        let end = Instant::now() + Duration::from_secs(5);
        let changed = loop {
            if let Ok(changed) = timeout(SETTLE / 6, watch.changed()).await {
                break changed;
            }
            assert!(Instant::now() < end, "the change is lost");
        };
        assert_eq!(changed, [file]);
    }

    #[tokio::test]
    async fn a_file_that_was_written_or_replaced_is_noticed() {
        let folder = tempfile::tempdir().expect("a folder");
        let [a, b, other] = ["a", "b", "other"].map(|name| folder.path().join(name));
        for file in [&a, &b] {
            fs::write(file, "1").expect("written");
        }
        let mut watch = Watch::new(vec![a.clone(), b.clone()]).expect("watches");
        let limit = Duration::from_secs(5);
        fs::write(&a, "22").expect("written");
        assert_eq!(timeout(limit, watch.changed()).await, Ok(vec![a.clone()]));
        fs::write(&other, "333").expect("written");
        fs::rename(&other, &b).expect("renamed");
        assert_eq!(timeout(limit, watch.changed()).await, Ok(vec![b.clone()]));
        fs::remove_file(&a).expect("removed");
        assert_eq!(timeout(limit, watch.changed()).await, Ok(vec![a]));
        fs::write(&b, "4444").expect("written");
        assert!(watch.is_stale());
        watch.look();
        assert!(!watch.is_stale());
        fs::write(&other, "not watched").expect("written");
        assert!(timeout(SETTLE * 4, watch.changed()).await.is_err());
    }

    #[tokio::test]
    async fn a_file_that_comes_into_a_folder_is_noticed() {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = parent.path().join("crl");
        let mut watch = Watch::new(vec![folder.clone()]).expect("watches");
        let limit = Duration::from_secs(5);
        fs::create_dir(&folder).expect("a folder");
        assert_eq!(
            timeout(limit, watch.changed()).await,
            Ok(vec![folder.clone()])
        );
        let mut watch = Watch::new(vec![folder.clone()]).expect("watches");
        fs::write(folder.join("new.pem"), "1").expect("written");
        assert_eq!(timeout(limit, watch.changed()).await, Ok(vec![folder]));
    }

    #[tokio::test]
    async fn a_folder_that_is_not_there_is_an_error() {
        assert!(Watch::new(vec![PathBuf::from("/nowhere/at/all")]).is_err());
    }
}
