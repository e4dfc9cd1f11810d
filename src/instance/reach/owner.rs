//! The user of the service: the home folder's owner. What root does there is done as that user.

use std::{
    fs, io,
    os::unix::{fs::MetadataExt as _, process::CommandExt as _},
    path::Path,
    process::Command,
};

use procfs::process::Process;

/// A user and a group, by their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    pub user: u32,
    pub group: u32,
}

impl Owner {
    /// Of a folder that is there.
    #[must_use]
    pub fn of(folder: &Path) -> Option<Self> {
        let meta = fs::metadata(folder).ok()?;
        Some(Self {
            user: meta.uid(),
            group: meta.gid(),
        })
    }

    /// Whom root works for there: nobody where the folder is root's own, or this process is not root's.
    #[must_use]
    pub fn root_works_for(folder: &Path) -> Option<Self> {
        // Not the owner of /proc/self: root, for a program that its user may not read.
        let own = Process::myself().ok()?.status().ok()?.euid;
        Self::of(folder).filter(|owner| own == 0 && owner.user != 0)
    }

    /// This program as this user, who gets none of this process's groups.
    #[must_use]
    pub fn program(self) -> Command {
        let mut command = Command::new("/proc/self/exe");
        command.arg0("ad-edge").uid(self.user).gid(self.group);
        command
    }

    /// Begins this command anew as this user; comes back only when that fails.
    pub fn begin_anew(self) -> io::Error {
        self.program().args(std::env::args_os().skip(1)).exec()
    }
}
