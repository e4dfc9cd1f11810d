//! Reads a file, and nothing else: a pipe in its place would keep the reader waiting, and a device may do anything.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use rustix::fs::{Mode, OFlags};

/// No file of an installation is larger.
const MOST_BYTES: u64 = 64 << 20;

/// Opens a file for reading.
///
/// # Errors
/// When it cannot be opened, or is a folder, a pipe, a socket or a device.
pub fn open(path: impl AsRef<Path>) -> io::Result<File> {
    // A pipe without a writer is open at once.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = rustix::fs::open(path.as_ref(), flags, Mode::empty())?;
    plain(file.into())
}

/// All of it.
///
/// # Errors
/// When it cannot be opened or read, is larger than 64 MiB, or no file.
pub fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    whole(&open(path)?)
}

/// All of it as text.
///
/// # Errors
/// As for [`read`], and when it is not UTF-8.
pub fn read_to_string(path: impl AsRef<Path>) -> io::Result<String> {
    // The bytes may be a secret, which an error would carry along.
    String::from_utf8(read(path)?).map_err(|_| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            "stream did not contain valid UTF-8",
        )
    })
}

pub(super) fn plain(file: File) -> io::Result<File> {
    let kind = file.metadata()?.file_type();
    if kind.is_file() {
        Ok(file)
    } else if kind.is_dir() {
        Err(io::ErrorKind::IsADirectory.into())
    } else {
        Err(io::Error::other(
            "it is a pipe, a socket or a device, and no file",
        ))
    }
}

pub(super) fn whole(file: &File) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut content)?;
    if content.len() as u64 > MOST_BYTES {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "it is larger than 64 MiB",
        ));
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use rustix::fs::{CWD, mkfifoat};

    use super::*;

    #[test]
    fn a_pipe_is_refused_at_once_and_a_link_to_a_file_is_read() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let [pipe, file, link] = ["pipe", "file", "link"].map(|name| folder.path().join(name));
        mkfifoat(CWD, &pipe, Mode::from_raw_mode(0o600)).expect("a pipe");
        std::fs::write(&file, "text").expect("written");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        let error = read(&pipe).expect_err("refused").to_string();
        assert!(error.contains("no file"), "{error}");
        assert!(read("/dev/zero").is_err());
        let error = read(folder.path()).expect_err("refused");
        assert_eq!(error.kind(), io::ErrorKind::IsADirectory);
        assert_eq!(read_to_string(&link).expect("read"), "text");
        let missing = read(folder.path().join("none")).expect_err("refused");
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn an_error_about_a_text_does_not_hold_it() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let file = folder.path().join("file");
        std::fs::write(&file, b"secret\xff").expect("written");
        let error = read_to_string(&file).expect_err("refused");
        assert!(!format!("{error:?}").contains("115"), "{error:?}");
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }
}
