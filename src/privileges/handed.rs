//! Files that root opened before it gave its rights up.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _},
    os::fd::{AsRawFd as _, OwnedFd},
    path::{Path, PathBuf},
};

use rustix::fs::{FileType, Mode, OFlags};

use super::way::{Way, Whom, others_write};
use crate::{
    config::{Most, read_file},
    files::Folder,
};

/// No file that is given to a command is larger.
const MOST_BYTES: u64 = 64 << 20;

/// What an argument names.
#[derive(Debug)]
pub enum Source {
    File(File),
    Folder(Folder),
}

/// Files by the paths that were given for them.
#[derive(Debug, Default)]
pub struct Handed(Vec<(PathBuf, File)>);

impl Handed {
    /// Opens as root what the user has no hand in; all else is opened later, with that user's rights.
    pub(super) fn of_root<'a>(user: u32, paths: impl IntoIterator<Item = &'a Path>) -> Self {
        let opened = paths
            .into_iter()
            .filter_map(|path| match as_root(path, user)? {
                Source::File(file) => Some((path.to_owned(), file)),
                Source::Folder(_) => None,
            });
        Self(opened.collect())
    }

    /// The content of a file, whoever opened it.
    ///
    /// # Errors
    /// When it cannot be opened or read.
    pub fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let Some((_, file)) = self.0.iter().find(|(given, _)| given == path) else {
            return read_file(path, Most(MOST_BYTES));
        };
        let (mut file, mut content) = (file, Vec::new());
        // A pipe is read once.
        let _ = file.rewind();
        file.take(MOST_BYTES + 1).read_to_end(&mut content)?;
        if content.len() as u64 > MOST_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(content)
    }
}

/// `None`: root leaves it alone.
pub(super) fn as_root(path: &Path, user: u32) -> Option<Source> {
    if is_inherited(path) {
        return File::open(path).ok().map(Source::File);
    }
    let way = Way::to(path, Whom::User(user)).ok()?;
    if way.weak.is_some() {
        return None;
    }
    match FileType::from_raw_mode(way.stat.st_mode) {
        FileType::RegularFile => opened(&way.end, OFlags::empty())
            .ok()
            .map(|handle| Source::File(handle.into())),
        // In a folder of the user's own anything may lie.
        FileType::Directory if way.stat.st_uid == user || others_write(&way.end, &way.stat) => None,
        FileType::Directory => {
            let handle = opened(&way.end, OFlags::DIRECTORY).ok()?;
            Some(Source::Folder(Folder::of_handle(handle, path.to_owned())))
        }
        _ => None,
    }
}

/// The same thing again, for reading.
fn opened(end: &OwnedFd, flags: OFlags) -> rustix::io::Result<OwnedFd> {
    let flags = flags | OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let path = format!("/proc/self/fd/{}", end.as_raw_fd());
    rustix::fs::open(path, flags, Mode::empty())
}

/// What root's shell has opened for this command.
fn is_inherited(path: &Path) -> bool {
    path == Path::new("/dev/stdin")
        || ["/dev/fd", "/proc/self/fd"]
            .iter()
            .any(|folder| path.parent() == Some(Path::new(folder)))
}
