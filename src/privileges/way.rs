//! The way to a file, folder by folder and link by link: who may change where it leads.

use std::{
    collections::VecDeque,
    ffi::OsString,
    io,
    os::{
        fd::{AsFd, OwnedFd},
        unix::ffi::OsStringExt as _,
    },
    path::{Component, Path, PathBuf},
};

use rustix::{
    fs::{FileType, Mode, OFlags, Stat, fstat, openat, readlinkat},
    io::Errno,
};

use super::access_list;

/// As many as the kernel follows (path_resolution(7)).
const MOST_LINKS: usize = 40;
/// Of a folder: what is in it is for its owner alone to replace (inode(7)).
pub(super) const STICKY: u32 = 0o1000;

/// Where a path leads.
#[derive(Debug)]
pub(super) struct Way {
    /// What is there; opened for nothing but its name.
    pub end: OwnedFd,
    pub stat: Stat,
    /// The first folder or link on the way that somebody may change.
    pub weak: Option<Weak>,
}

/// A place where a path may be led elsewhere.
#[derive(Debug, Clone)]
pub(super) struct Weak {
    pub at: PathBuf,
    /// Whose it is; `None`: others than its owner may write there.
    pub user: Option<u32>,
}

/// Who is looked out for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Whom {
    Everybody,
    /// This user, and those whom nobody can name: who may write where a group or all may.
    User(u32),
}

impl Whom {
    fn is(self, user: u32) -> bool {
        match self {
            Self::Everybody => user != 0,
            Self::User(it) => user == it,
        }
    }
}

impl Way {
    /// # Errors
    /// When something on it is not there, or may not be passed.
    pub fn to(path: &Path, whom: Whom) -> io::Result<Self> {
        let path = std::path::absolute(path)?;
        let mut left: VecDeque<OsString> = parts(&path).collect();
        let (mut folder, mut shown) = (root()?, PathBuf::from("/"));
        let mut folder_stat = fstat(&folder)?;
        let (mut weak, mut links) = (None, 0);
        while let Some(part) = left.pop_front() {
            let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let next = openat(folder.as_fd(), part.as_os_str(), flags, Mode::empty())?;
            let stat = fstat(&next)?;
            let at = if part == ".." {
                shown.parent().unwrap_or(Path::new("/")).to_owned()
            } else {
                shown.join(&part)
            };
            if part != ".." {
                weak = weak.or_else(|| weakness((&folder, &folder_stat), &shown, &stat, &at, whom));
            }
            match FileType::from_raw_mode(stat.st_mode) {
                FileType::Symlink => {
                    links += 1;
                    if links > MOST_LINKS {
                        return Err(Errno::LOOP.into());
                    }
                    let to = readlinkat(&next, "", Vec::new())?.into_bytes();
                    let to = PathBuf::from(OsString::from_vec(to));
                    if to.is_absolute() {
                        (folder, shown) = (root()?, PathBuf::from("/"));
                        folder_stat = fstat(&folder)?;
                    }
                    for part in parts(&to).collect::<Vec<_>>().into_iter().rev() {
                        left.push_front(part);
                    }
                }
                FileType::Directory => {
                    (folder, folder_stat, shown) = (next, stat, at);
                }
                _ if left.is_empty() => {
                    return Ok(Self {
                        end: next,
                        stat,
                        weak,
                    });
                }
                _ => return Err(io::ErrorKind::NotADirectory.into()),
            }
        }
        Ok(Self {
            end: folder,
            stat: folder_stat,
            weak,
        })
    }
}

/// Whether somebody may put another thing in the place of an entry of a folder.
fn weakness(
    (handle, folder): (&OwnedFd, &Stat),
    folder_path: &Path,
    entry: &Stat,
    entry_path: &Path,
    whom: Whom,
) -> Option<Weak> {
    let of = |at: &Path, user| {
        Some(Weak {
            at: at.to_owned(),
            user,
        })
    };
    if whom.is(folder.st_uid) {
        return of(folder_path, Some(folder.st_uid));
    }
    // In a folder like /tmp each entry is its owner's to change.
    if folder.st_mode & STICKY == 0 && others_write(handle, folder) {
        return of(folder_path, None);
    }
    // A link, or a file, that is whose it is: it need not be there long.
    let is_folder = FileType::from_raw_mode(entry.st_mode) == FileType::Directory;
    if !is_folder && whom.is(entry.st_uid) {
        return of(entry_path, Some(entry.st_uid));
    }
    None
}

/// Whether others than the owner, and root's group, may write there.
pub(super) fn others_write(handle: impl AsFd, stat: &Stat) -> bool {
    // With an access list, these are the bits of its mask: nobody who is named there may do more (acl(5)).
    let some_group = stat.st_mode & 0o020 != 0;
    stat.st_mode & 0o002 != 0
        || some_group && (stat.st_gid != 0 || access_list::lets_others_write(handle))
}

fn root() -> io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(rustix::fs::open("/", flags, Mode::empty())?)
}

fn parts(path: &Path) -> impl Iterator<Item = OsString> {
    path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, Permissions},
        os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink},
    };

    use super::*;

    #[test]
    fn a_way_is_weak_where_somebody_may_lead_it_elsewhere() {
        let above = tempfile::TempDir::new().expect("a folder");
        let own = fs::metadata(above.path()).expect("there").uid();
        let at = |name: &str| above.path().join(name);
        let mode = |name: &str, mode| {
            fs::set_permissions(at(name), Permissions::from_mode(mode)).expect("set");
        };
        for folder in ["plain", "open", "sticky"] {
            fs::create_dir(at(folder)).expect("a folder");
            fs::write(at(folder).join("file"), "").expect("written");
            mode(folder, 0o755);
        }
        mode("open", 0o777);
        mode("sticky", 0o1777);
        symlink(at("open/file"), at("plain/link")).expect("a link");
        symlink("../sticky/file", at("plain/other")).expect("a link");
        let stranger = Whom::User(own + 1);
        let weak = |name: &str, whom| {
            let way = Way::to(&at(name), whom).expect("a way");
            way.weak.map(|weak| weak.at)
        };
        for name in ["plain/file", "plain", "sticky/file", "plain/other", "open"] {
            assert_eq!(weak(name, stranger), None, "{name}");
        }
        for name in ["open/file", "plain/link", "plain/../open/file"] {
            assert_eq!(weak(name, stranger), Some(at("open")), "{name}");
        }
        assert!(weak("plain/file", Whom::User(own)).is_some());
        assert!(Way::to(&at("none/file"), stranger).is_err());
        assert!(Way::to(&at("plain/file/x"), stranger).is_err());
        symlink("loop", at("loop")).expect("a link");
        assert!(Way::to(&at("loop"), stranger).is_err());
    }
}
