//! Files that the configuration names and that the service cannot read: what root sees is not what its user
//! sees.

mod named;
mod unit;
mod unit_user;

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

pub use self::unit_user::closed_to_unit;
use self::{named::named_files, unit::Unit};
use crate::{
    config::{Settings, keys, openable},
    privileges::{Owner, shell_word},
};

/// A file, or a folder, that is out of the service's reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutOfReach {
    /// The key that names it; empty for what has its place in the home folder.
    pub key: String,
    pub path: PathBuf,
    pub why: Why,
}

/// What is in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// This file may not be read, or this folder not be passed.
    Denied { at: PathBuf },
    /// The service does not see what lies there.
    Hidden { setting: String, unit: String },
}

/// What this process's user cannot read of what the configuration names, and what the unit hides.
#[must_use]
pub fn out_of_reach(settings: &Settings) -> Vec<OutOfReach> {
    let folder = absolute(&settings.home().path(""));
    let unit = Unit::of(&folder);
    let mut found = Vec::new();
    for (key, path) in named_files(settings) {
        let path = absolute(&path);
        let hidden = unit.as_ref().filter(|_| !path.starts_with(&folder));
        let hidden = hidden.and_then(|unit| Some((unit, unit.hides(&path)?)));
        let why = if let Some((unit, setting)) = hidden {
            Why::Hidden {
                setting: setting.to_owned(),
                unit: unit.name.clone(),
            }
        } else if is_denied(&path) {
            Why::Denied {
                at: in_the_way(&path),
            }
        } else {
            continue;
        };
        // In the home folder one command mends all that lies behind the same folder.
        let mended = |other: &OutOfReach| {
            other.path == path || other.why == why && path.starts_with(&folder)
        };
        if !found.iter().any(mended) {
            found.push(OutOfReach { key, path, why });
        }
    }
    found
}

fn absolute(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    // Without a slash at the end.
    path.components().collect()
}

fn denied<T>(result: &io::Result<T>) -> bool {
    matches!(result, Err(error) if error.kind() == io::ErrorKind::PermissionDenied)
}

fn is_denied(path: &Path) -> bool {
    denied(&openable(path))
}

/// The first folder on the way that may not be passed, else the file.
fn in_the_way(path: &Path) -> PathBuf {
    let mut folders: Vec<_> = path.ancestors().skip(1).collect();
    folders.reverse();
    let closed = |folder: &&Path| denied(&fs::metadata(folder.join(".")));
    folders.into_iter().find(closed).unwrap_or(path).to_owned()
}

impl OutOfReach {
    /// In a sentence.
    #[must_use]
    pub fn words(&self, owner: Owner) -> String {
        let Self { key, path, why } = self;
        let named = if key.is_empty() {
            path.display().to_string()
        } else {
            format!("{key}: {}", path.display())
        };
        let to = |to: PathBuf| format!(", a link to {},", to.display());
        let link = fs::read_link(path).map_or_else(|_| String::new(), to);
        match why {
            Why::Denied { at } if at == path => format!(
                "{named}{link} cannot be read by the service's user ({}, the home folder's owner)",
                owner.user
            ),
            Why::Denied { at } => format!(
                "{named} cannot be read by the service's user ({}, the home folder's owner), who may not pass {}",
                owner.user,
                at.display()
            ),
            Why::Hidden { setting, unit } => {
                format!("{named} is hidden from the service by {setting} of {unit}")
            }
        }
    }

    /// The command that corrects it, and what is to be written then.
    #[must_use]
    pub fn fix(&self, home: &Path, owner: Owner) -> (String, Option<String>) {
        let Owner { user, group } = owner;
        let home = absolute(home);
        let path = shell(&self.path);
        if self.path.starts_with(&home) {
            let Why::Denied { at } = &self.why else {
                return (format!("ls -l {path}"), None);
            };
            if let Ok(to) = fs::read_link(&self.path).map(|to| self.path.with_file_name(to)) {
                let copy = format!(r#"sh -c 'umask 077; rm "$0"; cat >"$0"' {path}"#);
                let then = "each time that it is renewed: the file takes the place of the link";
                let command = format!("{} <{}", owner.command(&copy), shell(&to));
                return (command, Some(then.to_owned()));
            }
            let at_word = shell(at);
            if fs::metadata(at).is_ok_and(|meta| meta.uid() == user) {
                return (owner.command(&format!("chmod u+rX {at_word}")), None);
            }
            // By its name in the folder that find has opened: nobody leads root elsewhere meanwhile.
            let home = shell(&home);
            let command =
                format!("find {home} -path {at_word} -execdir chown -h {user}:{group} {{}} \\;");
            return (command, None);
        }
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let mut copy = Path::new("certs").join(&*name);
        // Not in place of the signing certificate, for instance.
        if home.join(&copy).exists() {
            copy = Path::new("certs").join(format!("{}-{name}", self.key.to_ascii_lowercase()));
        }
        // Behind a folder that may not be passed, the key alone tells it.
        let command = if self.path.is_dir() || self.key == keys::SSL_CA_PATH.name {
            let to = shell(&home.join(&copy));
            let unpack = format!(r#"sh -c 'umask 077; mkdir "$0" && tar -xC "$0"' {to}"#);
            format!("tar -cC {path} . | {}", owner.command(&unpack))
        } else {
            owner.copy_command(&self.path, &home.join(&copy))
        };
        let then = format!(
            "then write {} in place of {} in {}",
            copy.display(),
            self.path.display(),
            self.key
        );
        (command, Some(then))
    }
}

fn shell(path: &Path) -> String {
    shell_word(&path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: Owner = Owner {
        user: 4711,
        group: 4712,
    };

    #[test]
    fn each_kind_has_the_command_that_corrects_it() {
        let home = Path::new("/var/lib/ad-edge");
        let denied = |key: &str, path: &str, at: &str| OutOfReach {
            key: key.to_owned(),
            path: path.into(),
            why: Why::Denied { at: at.into() },
        };
        let outside = denied("SSL_CA_FILE", "/srv/my ca.pem", "/srv");
        let (command, then) = outside.fix(home, SERVICE);
        assert_eq!(
            command,
            "setpriv --reuid=4711 --regid=4712 --clear-groups sh -c 'umask 077; cat >\"$0\"' \
             '/var/lib/ad-edge/certs/my ca.pem' <'/srv/my ca.pem'"
        );
        assert!(then.expect("more").ends_with("in SSL_CA_FILE"));
        assert!(outside.words(SERVICE).contains("may not pass /srv"));
        let taken = tempfile::TempDir::new().expect("a folder");
        fs::create_dir(taken.path().join("certs")).expect("a folder");
        fs::write(taken.path().join("certs/cert.pem"), "").expect("written");
        let (command, then) =
            denied("TLS_CERT_FILE", "/srv/cert.pem", "/srv").fix(taken.path(), SERVICE);
        assert!(
            command.ends_with("/certs/tls_cert_file-cert.pem </srv/cert.pem"),
            "{command}"
        );
        assert!(
            then.expect("more")
                .contains("write certs/tls_cert_file-cert.pem")
        );
        let (command, _) = denied("SSL_CA_PATH", "/root/cas", "/root").fix(home, SERVICE);
        assert!(
            command.starts_with("tar -cC /root/cas . | setpriv "),
            "{command}"
        );
        let link = taken.path().join("certs/tls.key");
        std::os::unix::fs::symlink("/root/live/privkey.pem", &link).expect("a link");
        let link = link.display().to_string();
        let link = denied("", &link, &link);
        let words = link.words(SERVICE);
        assert!(
            words.contains("a link to /root/live/privkey.pem, cannot be read"),
            "{words}"
        );
        let (command, then) = link.fix(taken.path(), SERVICE);
        assert!(command.contains(r#"rm "$0"; cat >"$0""#), "{command}");
        assert!(command.ends_with("</root/live/privkey.pem"), "{command}");
        assert!(then.expect("more").contains("each time that it is renewed"));
        let inside = "/var/lib/ad-edge/certs/cert.key";
        let inside = denied("", inside, inside);
        assert_eq!(
            inside.fix(home, SERVICE),
            (
                "find /var/lib/ad-edge -path /var/lib/ad-edge/certs/cert.key -execdir chown -h \
                 4711:4712 {} \\;"
                    .to_owned(),
                None
            )
        );
        let hidden = OutOfReach {
            why: Why::Hidden {
                setting: "ProtectHome".to_owned(),
                unit: "ad-edge.service".to_owned(),
            },
            ..denied("KERBEROS_KEYTAB", "/root/krb5.keytab", "/root")
        };
        assert!(
            hidden
                .words(SERVICE)
                .contains("by ProtectHome of ad-edge.service")
        );
        assert!(
            hidden
                .fix(home, SERVICE)
                .0
                .starts_with("setpriv --reuid=4711 ")
        );
    }
}
