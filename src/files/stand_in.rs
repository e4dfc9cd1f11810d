//! Content that was read already, for code that takes the path of a file.

use std::{
    fs::File,
    io::{self, Write as _},
    os::fd::AsRawFd as _,
};

use rustix::fs::{MemfdFlags, memfd_create};

/// A file in memory (memfd_create(2)), there as long as this is.
#[derive(Debug)]
pub struct StandIn(File);

impl StandIn {
    /// # Errors
    /// When there is no memory for it.
    pub fn of(content: &[u8]) -> io::Result<Self> {
        let mut file: File = memfd_create("ad-edge", MemfdFlags::CLOEXEC)?.into();
        file.write_all(content)?;
        Ok(Self(file))
    }

    /// For this process only.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{FOLDER}/{}", self.0.as_raw_fd())
    }

    /// Whether a path is that of one, which tells nobody anything.
    #[must_use]
    pub fn is_at(path: &str) -> bool {
        path.starts_with(FOLDER)
    }
}

const FOLDER: &str = "/proc/self/fd";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_like_a_file_again_and_again() {
        let file = StandIn::of(b"content").expect("made");
        for _ in 0..2 {
            assert_eq!(std::fs::read(file.path()).expect("read"), b"content");
        }
        assert!(StandIn::is_at(&file.path()));
    }
}
