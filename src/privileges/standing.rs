//! For whom a command works, and how it becomes that user.

use std::{
    fs, io,
    os::fd::AsFd as _,
    path::{Path, PathBuf},
};

use rustix::fs::{FileType, Mode, OFlags, Stat, fstat, openat};

use super::{
    error::PrivilegeError,
    give_up::{Keeps, give_up},
    handed::{Handed, Source, as_root},
    owner::Owner,
    way::{STICKY, Way, Weak, Whom, others_write},
};
use crate::config::home;

/// What a home folder of root's is looked through for; no installation has as many files.
const MOST_FILES: usize = 10_000;

/// A process before it looks at a home folder.
#[derive(Debug)]
pub struct Standing {
    home: PathBuf,
    /// Whom root works for; `None`: the process stays what it is.
    owner: Option<Owner>,
    /// What is the owner's, where that is not the home folder.
    of: PathBuf,
}

impl Standing {
    /// A process that looks at no home folder.
    #[must_use]
    pub fn without_home(home: &Path) -> Self {
        Self {
            home: home.to_owned(),
            owner: None,
            of: home.to_owned(),
        }
    }

    /// Finds whom this process works for in a home folder, or where there is none yet, in the folder in which it will
    /// be. Nothing is read there but whose it is.
    ///
    /// # Errors
    /// When the folder is root's and others may change it, or another user may put a different one in its place.
    pub fn before(home: &Path) -> Result<Self, PrivilegeError> {
        let stays = |owner, of: &Path| Self {
            home: home.to_owned(),
            owner,
            of: of.to_owned(),
        };
        if !rustix::process::geteuid().is_root() {
            return Ok(stays(None, home));
        }
        let (at, way) = existing(home, Whom::Everybody).map_err(|source| PrivilegeError::Look {
            path: home.to_owned(),
            source,
        })?;
        let Stat { st_uid, st_gid, .. } = way.stat;
        let redirects = way.weak.as_ref().and_then(|weak| weak.user);
        if st_uid != 0 && redirects.is_none_or(|user| user == st_uid) {
            return Ok(stays(Some(Owner::whose(st_uid, st_gid)), &at));
        }
        if let Some(Weak { at, user }) = way.weak {
            let home = home.to_owned();
            return Err(match user {
                Some(user) => PrivilegeError::OthersWay {
                    home,
                    at,
                    user,
                    whose: st_uid,
                },
                None => PrivilegeError::OthersWrite { home, at },
            });
        }
        let is_home = at == home;
        // A new folder may be made where /tmp is.
        if others_write(&way.end, &way.stat) && (is_home || way.stat.st_mode & STICKY == 0) {
            return Err(PrivilegeError::OthersWrite {
                home: home.to_owned(),
                at,
            });
        }
        if !is_home {
            return Ok(stays(None, home));
        }
        let mut found = Inside::default();
        found.look(home, home, &|name| home::OWN.contains(&name))?;
        match found.foreign {
            Some((path, owner)) => {
                eprintln!(
                    "note: {} is root's and {} is user {}'s: as that user",
                    home.display(),
                    path.display(),
                    owner.user
                );
                Ok(stays(Some(owner), &path))
            }
            None => Ok(stays(None, home)),
        }
    }

    /// Whom root works for.
    #[must_use]
    pub fn owner(&self) -> Option<Owner> {
        self.owner
    }

    /// Opens files that are given to a command by their paths: as root where their user has no hand in it.
    #[must_use]
    pub fn hand<'a>(&self, paths: impl IntoIterator<Item = &'a Path>) -> Handed {
        match self.owner {
            Some(owner) => Handed::of_root(owner.user, paths),
            None => Handed::default(),
        }
    }

    /// The same of one that may be a folder. `None`: it is opened later, with the owner's rights.
    #[must_use]
    pub fn open(&self, path: &Path) -> Option<Source> {
        as_root(path, self.owner?.user)
    }

    /// Whether root may write into a folder: its owner has no hand in where that is. Not asked of who is not root.
    #[must_use]
    pub fn may_write_as_root(&self, folder: &Path) -> bool {
        let Some(owner) = self.owner else {
            return false;
        };
        let way = existing(folder, Whom::User(owner.user));
        way.is_ok_and(|(_, Way { end, stat, weak })| {
            let open = others_write(&end, &stat) && stat.st_mode & STICKY == 0;
            weak.is_none() && stat.st_uid != owner.user && !open
        })
    }

    /// Gives root up; nothing of the home folder was read before.
    ///
    /// # Errors
    /// When that is not possible, or leaves no way to the home folder.
    pub fn work(self, keeps: Keeps) -> Result<(), PrivilegeError> {
        let Some(owner) = self.owner else {
            return Ok(());
        };
        give_up(owner, keeps).map_err(|source| PrivilegeError::Become {
            owner,
            path: self.of,
            source,
        })?;
        match closed(&self.home) {
            None => Ok(()),
            Some(at) => Err(PrivilegeError::NoWay {
                owner,
                home: self.home,
                at,
            }),
        }
    }
}

/// The folder, or the first above it that is there.
fn existing(home: &Path, whom: Whom) -> io::Result<(PathBuf, Way)> {
    let mut at = std::path::absolute(home)?;
    let given = home;
    loop {
        match Way::to(&at, whom) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && at.pop() => {}
            way => {
                let is_home = std::path::absolute(given)? == at;
                let at = if is_home { given.to_owned() } else { at };
                return Ok((at, way?));
            }
        }
    }
}

/// The first folder on the way that may not be passed.
fn closed(home: &Path) -> Option<PathBuf> {
    let home = std::path::absolute(home).ok()?;
    let mut folders: Vec<_> = home.ancestors().collect();
    folders.reverse();
    let denied = |folder: &&Path| {
        fs::metadata(folder.join("."))
            .is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
    };
    folders.into_iter().find(denied).map(Path::to_owned)
}

/// What is in a folder of root's.
#[derive(Default)]
struct Inside {
    foreign: Option<(PathBuf, Owner)>,
    count: usize,
}

impl Inside {
    /// Of the folder those that count; all that is in one of them counts.
    fn look(
        &mut self,
        home: &Path,
        folder: &Path,
        counts: &dyn Fn(&str) -> bool,
    ) -> Result<(), PrivilegeError> {
        let failed = |source| PrivilegeError::Look {
            path: folder.to_owned(),
            source,
        };
        let entries = fs::read_dir(folder).map_err(failed)?;
        let handle = fs::File::open(folder).map_err(failed)?;
        for entry in entries {
            let name = entry.map_err(failed)?.file_name();
            if !counts(&name.to_string_lossy()) {
                continue;
            }
            self.count += 1;
            let path = folder.join(&name);
            let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let entry = match openat(handle.as_fd(), &name, flags, Mode::empty()) {
                Ok(entry) => entry,
                Err(rustix::io::Errno::NOENT) => continue,
                Err(error) => return Err(failed(error.into())),
            };
            let stat = fstat(&entry).map_err(|error| failed(error.into()))?;
            let kind = FileType::from_raw_mode(stat.st_mode);
            if stat.st_uid != 0 {
                self.add(home, path, Owner::whose(stat.st_uid, stat.st_gid))?;
                continue;
            }
            if kind != FileType::Symlink && others_write(&entry, &stat) {
                return Err(PrivilegeError::OthersWrite {
                    home: home.to_owned(),
                    at: path,
                });
            }
            if kind == FileType::Directory && self.count < MOST_FILES {
                self.look(home, &path, &|_| true)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, home: &Path, path: PathBuf, owner: Owner) -> Result<(), PrivilegeError> {
        match &self.foreign {
            Some((first, known)) if known.user != owner.user => Err(PrivilegeError::Several {
                home: home.to_owned(),
                one: first.clone(),
                first: known.user,
                other: path,
                second: owner.user,
            }),
            Some(_) => Ok(()),
            None => {
                self.foreign = Some((path, owner));
                Ok(())
            }
        }
    }
}
