//! A folder by its handle, and what is beneath it by plain names. Each folder on the way is opened from the one
//! above it, and never through a link, so nobody who exchanges names meanwhile leads out of it.

use std::{
    error::Error,
    ffi::{OsStr, OsString},
    fmt,
    fs::{File, Metadata, Permissions},
    io::{self, Read as _, Write as _},
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::{
            ffi::OsStrExt as _,
            fs::{MetadataExt as _, PermissionsExt as _, fchown},
        },
    },
    path::{Component, Path, PathBuf},
};

use rustix::{
    fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, mkdirat, openat, renameat, statat, unlinkat},
    io::Errno,
};

/// No file of an installation is larger.
const MOST_BYTES: u64 = 64 << 20;

/// An open folder.
#[derive(Debug)]
pub struct Folder {
    handle: File,
    /// For messages.
    path: PathBuf,
}

/// What a name stands for, links not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    Nothing,
    File,
    Folder,
    Link,
    /// A pipe, a socket, a device.
    Other,
}

/// Whose a file is that is written.
#[derive(Debug, Clone, Copy)]
pub enum Belongs {
    /// Whose the one was that it replaces; a new one this user's and this group's.
    AsBefore(u32, u32),
    /// The writer's.
    ToWriter,
}

/// A link where none is followed; the cause of an [`io::Error`].
#[derive(Debug)]
pub struct LinkInTheWay(pub PathBuf);

impl fmt::Display for LinkInTheWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.0.display();
        write!(
            f,
            "{path} is a link to another place, and none is followed here: remove it, or put what it leads to in its \
             place"
        )
    }
}

impl Error for LinkInTheWay {}

impl LinkInTheWay {
    /// Whether an error says that there was one.
    #[must_use]
    pub fn caused(error: &io::Error) -> bool {
        error
            .get_ref()
            .is_some_and(<dyn Error + Send + Sync>::is::<Self>)
    }
}

impl Folder {
    /// Opens a folder that is there. Its own path may hold links.
    ///
    /// # Errors
    /// When it cannot be opened, or is none.
    pub fn open(path: &Path) -> io::Result<Self> {
        let path = if path.as_os_str().is_empty() {
            Path::new(".")
        } else {
            path
        };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let handle = rustix::fs::open(path, flags, Mode::empty())?;
        Ok(Self {
            handle: handle.into(),
            path: path.to_owned(),
        })
    }

    /// One that was opened already.
    #[must_use]
    pub fn of_handle(handle: OwnedFd, path: PathBuf) -> Self {
        Self {
            handle: handle.into(),
            path,
        }
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The handle itself, to be locked.
    #[must_use]
    pub fn handle(&self) -> &File {
        &self.handle
    }

    /// # Errors
    /// When the system does not say.
    pub fn metadata(&self) -> io::Result<Metadata> {
        self.handle.metadata()
    }

    /// A folder beneath this one; itself for an empty name.
    ///
    /// # Errors
    /// When it is not there, is none, or a link is on the way.
    pub fn folder(&self, name: impl AsRef<Path>) -> io::Result<Self> {
        self.descend(&parts(name.as_ref())?)
    }

    /// The same; those that are not there are made, each for the owner of the one above it.
    ///
    /// # Errors
    /// When one cannot be made, or a link is on the way.
    pub fn make(&self, name: impl AsRef<Path>, mode: u32) -> io::Result<Self> {
        let mut folder = self.again()?;
        for part in parts(name.as_ref())? {
            folder = match folder.step(part) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    folder.new_step(part, mode)?
                }
                other => other?,
            };
        }
        Ok(folder)
    }

    /// Makes one that must not be there yet.
    ///
    /// # Errors
    /// When it is there, or cannot be made.
    pub fn make_new(&self, name: impl AsRef<Path>, mode: u32) -> io::Result<Self> {
        let (above, last) = self.place_of(name.as_ref())?;
        mkdirat(
            above.handle.as_fd(),
            last.as_os_str(),
            Mode::from_raw_mode(mode),
        )?;
        above.give(last.as_os_str())
    }

    /// What is there by this name.
    ///
    /// # Errors
    /// When a folder on the way cannot be opened, or is a link.
    pub fn find(&self, name: impl AsRef<Path>) -> io::Result<Found> {
        let found = match self.place_of(name.as_ref()) {
            Ok((above, last)) => above.stat(&last),
            Err(error) => Err(error),
        };
        match found {
            Ok(stat) => Ok(match FileType::from_raw_mode(stat.st_mode) {
                FileType::RegularFile => Found::File,
                FileType::Directory => Found::Folder,
                FileType::Symlink => Found::Link,
                _ => Found::Other,
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Found::Nothing),
            Err(error) => Err(error),
        }
    }

    /// Opens a file for reading.
    ///
    /// # Errors
    /// When it cannot be opened, is no file, or a link is on the way.
    pub fn open_file(&self, name: impl AsRef<Path>) -> io::Result<File> {
        let (above, last) = self.place_of(name.as_ref())?;
        let flags =
            OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(above.handle.as_fd(), last.as_os_str(), flags, Mode::empty());
        plain(file.map_err(|error| above.explained(&last, error))?.into())
    }

    /// All of a file, of at most 64 MiB.
    ///
    /// # Errors
    /// When it cannot be read, is no file, or a link is on the way.
    pub fn read(&self, name: impl AsRef<Path>) -> io::Result<Vec<u8>> {
        whole(&self.open_file(name)?)
    }

    /// The names in this folder, `.` and `..` aside, in their order.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn names(&self) -> io::Result<Vec<OsString>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(self.handle.as_fd())? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name != "." && name != ".." {
                names.push(name.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// Puts a file in place of what was there in one step: a reader, or a crash, finds the old or the new. The
    /// folders on the way must be there.
    ///
    /// # Errors
    /// When it cannot be written, or a link is in its place; what was there stays.
    pub fn place(
        &self,
        name: impl AsRef<Path>,
        content: &[u8],
        mut mode: u32,
        belongs: Belongs,
    ) -> io::Result<()> {
        let (above, end) = self.place_of(name.as_ref())?;
        let old = above.stat(&end).ok();
        if old.is_some_and(|old| FileType::from_raw_mode(old.st_mode) == FileType::Symlink) {
            return Err(above.link(&end));
        }
        let owner = match (belongs, old) {
            (Belongs::ToWriter, _) => None,
            (Belongs::AsBefore(user, group), None) => Some((user, group)),
            (Belongs::AsBefore(user, group), Some(old)) => {
                // Shared with a group and with nobody else: meant so.
                if old.st_mode & 0o044 == 0o040 {
                    mode |= 0o040;
                }
                // A file of root's in a service's folder that the service cannot read was left by mistake.
                let lost = old.st_uid == 0 && old.st_mode & 0o044 == 0;
                Some(if lost {
                    (user, group)
                } else {
                    (old.st_uid, old.st_gid)
                })
            }
        };
        let mut random = [0; 8];
        aws_lc_rs::rand::fill(&mut random)
            .map_err(|_| io::Error::other("there is no randomness"))?;
        // Two writers do not meet.
        let temporary = format!(".{}.{}.new", end.to_string_lossy(), hex::encode(random));
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let at = above.handle.as_fd();
        let mut file: File =
            openat(at, temporary.as_str(), flags, Mode::from_raw_mode(mode))?.into();
        let written = (|| {
            file.write_all(content)?;
            let new = file.metadata()?;
            if let Some(owner) = owner.filter(|owner| *owner != (new.uid(), new.gid())) {
                may_fail(fchown(&file, Some(owner.0), Some(owner.1)))?;
            }
            file.set_permissions(Permissions::from_mode(mode))?;
            file.sync_all()?;
            renameat(at, temporary.as_str(), at, end.as_os_str())?;
            // The name itself must reach the disk too.
            above.sync()
        })();
        if written.is_err() {
            // The first error is the one to report.
            let _ = unlinkat(at, temporary.as_str(), AtFlags::empty());
        }
        written
    }

    /// Removes a file, or a link itself.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove_file(&self, name: impl AsRef<Path>) -> io::Result<()> {
        let (above, last) = self.place_of(name.as_ref())?;
        Ok(unlinkat(
            above.handle.as_fd(),
            last.as_os_str(),
            AtFlags::empty(),
        )?)
    }

    /// Removes an empty folder.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove_folder(&self, name: impl AsRef<Path>) -> io::Result<()> {
        let (above, last) = self.place_of(name.as_ref())?;
        Ok(unlinkat(
            above.handle.as_fd(),
            last.as_os_str(),
            AtFlags::REMOVEDIR,
        )?)
    }

    /// Removes a folder and what is in it; of a link the link.
    ///
    /// # Errors
    /// When something in it cannot be removed.
    pub fn remove_all(&self, name: impl AsRef<Path>) -> io::Result<()> {
        let name = name.as_ref();
        match self.find(name)? {
            Found::Nothing => Ok(()),
            Found::Folder => {
                let folder = self.folder(name)?;
                for inner in folder.names()? {
                    folder.remove_all(&inner)?;
                }
                self.remove_folder(name)
            }
            Found::File | Found::Link | Found::Other => self.remove_file(name),
        }
    }

    /// Names that came and went reach the disk.
    ///
    /// # Errors
    /// When they do not.
    pub fn sync(&self) -> io::Result<()> {
        self.handle.sync_all()
    }

    fn again(&self) -> io::Result<Self> {
        Ok(Self {
            handle: self.handle.try_clone()?,
            path: self.path.clone(),
        })
    }

    /// The folder that a name is in, and the last part of it.
    fn place_of(&self, name: &Path) -> io::Result<(Self, OsString)> {
        let mut parts = parts(name)?;
        let last = parts.pop().ok_or(io::ErrorKind::InvalidInput)?;
        Ok((self.descend(&parts)?, last.to_owned()))
    }

    fn descend(&self, parts: &[&OsStr]) -> io::Result<Self> {
        let mut folder = self.again()?;
        for part in parts {
            folder = folder.step(part)?;
        }
        Ok(folder)
    }

    fn step(&self, part: &OsStr) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let handle = openat(self.handle.as_fd(), part, flags, Mode::empty());
        Ok(Self {
            handle: handle.map_err(|error| self.explained(part, error))?.into(),
            path: self.path.join(part),
        })
    }

    fn new_step(&self, part: &OsStr, mode: u32) -> io::Result<Self> {
        match mkdirat(self.handle.as_fd(), part, Mode::from_raw_mode(mode)) {
            // Another writer was quicker.
            Err(Errno::EXIST) => self.step(part),
            Err(error) => Err(error.into()),
            Ok(()) => self.give(part),
        }
    }

    /// A folder that root made is that of the owner of this one.
    fn give(&self, part: &OsStr) -> io::Result<Self> {
        let new = self.step(part)?;
        let (owner, made) = (self.metadata()?, new.metadata()?);
        if owner.uid() != made.uid() {
            may_fail(fchown(&new.handle, Some(owner.uid()), Some(owner.gid())))?;
        }
        Ok(new)
    }

    fn stat(&self, name: &OsStr) -> io::Result<Stat> {
        Ok(statat(
            self.handle.as_fd(),
            name,
            AtFlags::SYMLINK_NOFOLLOW,
        )?)
    }

    /// With a link named as what it is.
    fn explained(&self, name: &OsStr, error: Errno) -> io::Error {
        let refused = matches!(error, Errno::LOOP | Errno::NOTDIR);
        let is_link = |stat: Stat| FileType::from_raw_mode(stat.st_mode) == FileType::Symlink;
        if refused && self.stat(name).is_ok_and(is_link) {
            return self.link(name);
        }
        error.into()
    }

    fn link(&self, name: &OsStr) -> io::Error {
        io::Error::other(LinkInTheWay(self.path.join(name)))
    }
}

/// A pipe in its place would keep the reader waiting, and a device may do anything.
fn plain(file: File) -> io::Result<File> {
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

fn whole(file: &File) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut content)?;
    if content.len() as u64 > MOST_BYTES {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(content)
}

/// The parts of a name beneath a folder.
fn parts(name: &Path) -> io::Result<Vec<&OsStr>> {
    let plain = |part| match part {
        Component::Normal(part) => Ok(part),
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is no name beneath the folder",
        )),
    };
    name.components().map(plain).collect()
}

/// Only root may give files away; what others write is theirs, as ever.
fn may_fail(given: io::Result<()>) -> io::Result<()> {
    match given {
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::PermissionDenied | io::ErrorKind::InvalidInput
            ) =>
        {
            Ok(())
        }
        given => given,
    }
}

#[cfg(test)]
#[path = "folder_tests.rs"]
mod tests;
