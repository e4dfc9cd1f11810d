//! Reads the files that keys name: each read has an end in time and in size. A pipe is read to its end, as a
//! shell gives one in place of a file; what never ends, or never begins, is an error.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::OFlags,
};
use tokio::time::Instant;
use zeroize::{Zeroize as _, Zeroizing};

/// For a pipe, from opening it to its end.
const LIMIT: Duration = Duration::from_secs(5);
/// What is taken at once.
const PIECE: usize = 64 * 1024;

/// How large a file may be, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Most(pub u64);

impl Most {
    /// A password or a key.
    pub const SECRET: Self = Self(1 << 20);
    /// `config.json`, a script, certificates, a keytab.
    pub const ORDINARY: Self = Self(16 << 20);
    /// A revocation list: those of large issuers hold millions of numbers.
    pub const REVOCATION_LIST: Self = Self(256 << 20);
}

/// Why a file is not read to its end, or not taken.
#[derive(Debug, thiserror::Error)]
enum Unread {
    #[error("it is larger than {}", size(*.0))]
    TooLarge(u64),
    #[error("it has no end: nothing more came for {} s", LIMIT.as_secs())]
    Silent,
    #[error("it is a pipe or a device, and not a file that can be read again and again")]
    NoFile,
    #[error("it is not text in UTF-8")]
    NotText,
}

fn size(bytes: u64) -> String {
    match bytes >> 20 {
        0 => format!("{} KiB", bytes >> 10),
        mebibytes => format!("{mebibytes} MiB"),
    }
}

impl From<Unread> for io::Error {
    fn from(endless: Unread) -> Self {
        let kind = match endless {
            Unread::TooLarge(_) => io::ErrorKind::FileTooLarge,
            Unread::Silent => io::ErrorKind::TimedOut,
            Unread::NoFile => io::ErrorKind::InvalidInput,
            Unread::NotText => io::ErrorKind::InvalidData,
        };
        Self::new(kind, endless)
    }
}

/// The whole content of a file, or of a pipe.
///
/// # Errors
/// When it cannot be read, is larger than `most`, or does not end within five seconds.
pub fn read_file(path: &Path, most: Most) -> io::Result<Vec<u8>> {
    read_within(path, most, LIMIT)
}

/// The same as text.
///
/// # Errors
/// Those of [`read_file`], and when it is not UTF-8.
pub fn read_text(path: &Path, most: Most) -> io::Result<String> {
    String::from_utf8(read_file(path, most)?).map_err(|error| {
        error.into_bytes().zeroize();
        Unread::NotText.into()
    })
}

/// Whether a file can be opened for reading, and is one that can be read again: no pipe and no device.
///
/// # Errors
/// Why not.
pub fn openable(path: &Path) -> io::Result<()> {
    // Opening a pipe would tell its writer that somebody reads.
    let meta = std::fs::metadata(path)?;
    if meta.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !meta.is_file() {
        return Err(Unread::NoFile.into());
    }
    open(path).map(drop)
}

/// Without waiting for a writer.
fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

fn read_within(path: &Path, most: Most, limit: Duration) -> io::Result<Vec<u8>> {
    let mut file = open(path)?;
    let meta = file.metadata()?;
    let waits = !meta.is_file();
    let Most(most) = most;
    if meta.len() > most {
        return Err(Unread::TooLarge(most).into());
    }
    let end = Instant::now() + limit;
    // Enough at once where the size is known, so that a secret leaves no copies behind.
    let known = usize::try_from(meta.len()).unwrap_or_default();
    let mut content = Zeroizing::new(Vec::with_capacity(known + 1));
    let mut piece = Zeroizing::new(vec![0; PIECE]);
    loop {
        if waits && !has_more(&file, end)? {
            return Err(Unread::Silent.into());
        }
        match file.read(&mut piece) {
            Ok(0) => return Ok(std::mem::take(&mut *content)),
            Ok(count) => content.extend_from_slice(&piece[..count]),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock
                ) => {}
            Err(error) => return Err(error),
        }
        if content.len() as u64 > most {
            return Err(Unread::TooLarge(most).into());
        }
    }
}

/// Waits for more, or for the end; false when neither comes in time. A pipe that nobody writes to yet waits for
/// its writer.
fn has_more(file: &File, end: Instant) -> io::Result<bool> {
    let left = end.saturating_duration_since(Instant::now());
    let left = Timespec::try_from(left).unwrap_or_default();
    let mut waited = [PollFd::new(file, PollFlags::IN)];
    match poll(&mut waited, Some(&left)) {
        Ok(count) => Ok(count > 0 && Instant::now() < end),
        Err(rustix::io::Errno::INTR) => Ok(Instant::now() < end),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write as _, process::Command, thread};

    use super::*;

    fn pipe(folder: &Path) -> std::path::PathBuf {
        let path = folder.join("pipe");
        let made = Command::new("mkfifo").arg(&path).status();
        assert!(made.expect("mkfifo").success());
        path
    }

    #[test]
    fn a_pipe_is_read_to_its_end_and_one_without_an_end_is_given_up() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let path = pipe(folder.path());
        let silent = read_within(&path, Most::SECRET, Duration::from_millis(50));
        let silent = silent.expect_err("nobody writes");
        assert_eq!(silent.kind(), io::ErrorKind::TimedOut);
        assert!(silent.to_string().contains("has no end"), "{silent}");
        let late = path.clone();
        let writer = thread::spawn(move || {
            let mut file = OpenOptions::new().write(true).open(late).expect("a reader");
            for part in ["pass", "word\n"] {
                file.write_all(part.as_bytes()).expect("written");
                thread::yield_now();
            }
        });
        let read = read_text(&path, Most::SECRET);
        writer.join().expect("it has written");
        assert_eq!(read.expect("read"), "password\n");
        assert!(openable(&path).is_err());
    }

    #[test]
    fn what_is_larger_than_it_may_be_is_not_read() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let huge = folder.path().join("huge");
        let file = File::create(&huge).expect("a file");
        file.set_len(1 << 40).expect("a hole");
        for (path, words) in [
            (huge.as_path(), "16 MiB"),
            (Path::new("/dev/zero"), "16 MiB"),
        ] {
            let error = read_file(path, Most::ORDINARY).expect_err("too large");
            assert!(error.to_string().contains(words), "{error}");
        }
        let whole = folder.path().join("whole");
        fs::write(&whole, "0123").expect("written");
        assert_eq!(read_file(&whole, Most(4)).expect("read"), b"0123");
        assert!(read_file(&whole, Most(3)).is_err());
    }

    #[test]
    fn a_folder_and_a_device_are_no_files() {
        assert!(read_file(Path::new("/"), Most::SECRET).is_err());
        assert!(read_file(Path::new("/dev/null"), Most::SECRET).is_ok_and(|read| read.is_empty()));
        assert!(openable(Path::new("/dev/null")).is_err());
    }
}
