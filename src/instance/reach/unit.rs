//! What the systemd unit of the service hides from it (systemd.exec(5)).

use std::{
    fs,
    path::{Path, PathBuf},
};

const NAME: &str = "ad-edge.service";
/// Where the shipped unit has the home folder.
const SHIPPED_HOME: &str = "/var/lib/ad-edge";
const SHIPPED: &str = include_str!("../../../deploy/systemd/ad-edge.service");
/// The first that has it counts, and the drop-ins of all.
const FOLDERS: [&str; 3] = [
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/lib/systemd/system",
];

/// The unit that serves a home folder.
#[derive(Debug)]
pub(super) struct Unit {
    /// As messages have it.
    pub name: String,
    /// Whether it is on this machine already.
    pub is_installed: bool,
    text: String,
}

impl Unit {
    /// The installed one, else the shipped one; `None` when that serves another folder.
    pub fn of(home: &Path) -> Option<Self> {
        let installed = FOLDERS.iter().find_map(|folder| {
            let path = Path::new(folder).join(NAME);
            Some((path.display().to_string(), fs::read_to_string(&path).ok()?))
        });
        let unit = match installed {
            Some((name, mut text)) => {
                for drop_in in drop_ins() {
                    text.push('\n');
                    text += &fs::read_to_string(drop_in).unwrap_or_default();
                }
                Self {
                    name,
                    is_installed: true,
                    text,
                }
            }
            None if home == Path::new(SHIPPED_HOME) => Self {
                name: NAME.to_owned(),
                is_installed: false,
                text: SHIPPED.to_owned(),
            },
            None => return None,
        };
        unit.serves(home).then_some(unit)
    }

    fn serves(&self, home: &Path) -> bool {
        let lines = self.text.lines().map(str::trim);
        let starts = lines.filter_map(|line| line.strip_prefix("ExecStart="));
        let mut words = starts
            .flat_map(|line| line.split([' ', '=', '"']))
            .map(Path::new);
        words.any(|word| word == home)
    }

    /// The last one counts.
    fn value(&self, setting: &str) -> Option<&str> {
        self.text.lines().rev().find_map(|line| {
            let (name, value) = line.split_once('=')?;
            (name.trim() == setting).then_some(value.trim())
        })
    }

    /// As whom the service runs, where that is a user with a name (`User=`, without `DynamicUser=`).
    pub fn user(&self) -> Option<&str> {
        let user = self.value("User").filter(|user| !user.is_empty())?;
        let is_made = self.value("DynamicUser").is_some_and(is_yes);
        (!is_made).then_some(user)
    }

    /// The setting that hides a path.
    pub fn hides(&self, path: &Path) -> Option<&'static str> {
        let real = fs::canonicalize(path).ok();
        let paths = [Some(path), real.as_deref()];
        let below = |folders: &[&str]| {
            let mut paths = paths.iter().flatten();
            paths.any(|path| folders.iter().any(|folder| path.starts_with(folder)))
        };
        let on = |setting, words: &[&str]| {
            self.value(setting).is_some_and(|value| {
                is_yes(value) || words.contains(&value.to_ascii_lowercase().as_str())
            })
        };
        if on("ProtectHome", &["tmpfs"]) && below(&["/home", "/root", "/run/user"]) {
            return Some("ProtectHome");
        }
        let tmp = on("PrivateTmp", &["disconnected"]) && below(&["/tmp", "/var/tmp"]);
        tmp.then_some("PrivateTmp")
    }
}

/// As systemd reads a switch (systemd.syntax(7)).
fn is_yes(value: &str) -> bool {
    ["yes", "true", "on", "1", "y", "t"].contains(&value.to_ascii_lowercase().as_str())
}

/// In the order in which they count.
fn drop_ins() -> Vec<PathBuf> {
    let folders = FOLDERS.iter().rev();
    let files = folders.filter_map(|folder| fs::read_dir(format!("{folder}/{NAME}.d")).ok());
    let mut files: Vec<_> = files
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "conf"));
    files.sort_by_key(|file| file.file_name().map(ToOwned::to_owned));
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped(more: &str) -> Unit {
        Unit {
            name: NAME.to_owned(),
            is_installed: false,
            text: format!("{SHIPPED}\n{more}"),
        }
    }

    #[test]
    fn the_shipped_unit_hides_homes_and_its_own_tmp() {
        let hidden = |more: &str, path: &str| shipped(more).hides(Path::new(path));
        for path in ["/root/ca.pem", "/home/admin/krb5.keytab", "/run/user/0/x"] {
            assert_eq!(hidden("", path), Some("ProtectHome"), "{path}");
            assert_eq!(hidden("ProtectHome=read-only", path), None, "{path}");
            assert_eq!(hidden("ProtectHome=tmpfs", path), Some("ProtectHome"));
        }
        assert_eq!(hidden("", "/tmp/ca.pem"), Some("PrivateTmp"));
        assert_eq!(hidden("PrivateTmp=no", "/tmp/ca.pem"), None);
        for path in [
            "/etc/ssl/ca.pem",
            "/var/lib/ad-edge/certs/ca.pem",
            "/rooted",
        ] {
            assert_eq!(hidden("", path), None, "{path}");
        }
    }

    #[test]
    fn a_link_does_not_lead_around_it() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let link = Path::new("/dev/shm").join(folder.path().file_name().expect("a name"));
        std::os::unix::fs::symlink(folder.path(), &link).expect("a link");
        let hidden = shipped("").hides(&link);
        fs::remove_file(&link).expect("removed");
        let expected = folder.path().starts_with("/tmp").then_some("PrivateTmp");
        assert_eq!(hidden, expected);
    }

    #[test]
    fn its_user_is_known_unless_systemd_makes_one() {
        assert_eq!(shipped("").user(), Some("ad-edge"));
        assert_eq!(shipped("User=edge").user(), Some("edge"));
        assert_eq!(shipped("User=").user(), None);
        assert_eq!(shipped("DynamicUser=yes").user(), None);
    }

    #[test]
    fn a_unit_is_that_of_the_folder_that_it_starts_with() {
        assert!(shipped("").serves(Path::new(SHIPPED_HOME)));
        assert!(!shipped("").serves(Path::new("/var/lib/ad")));
        assert!(shipped("ExecStart=/bin/x --home=/srv/edge serve").serves(Path::new("/srv/edge")));
    }
}
