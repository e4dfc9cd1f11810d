//! A unit that starts the service as a user who may not look into the home folder.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use super::unit::Unit;
use crate::{
    config::{Most, home::CONFIG_JSON, read_text},
    privileges::shell_word,
};

/// What the owner's bits let others do, that nobody beyond them may (acl(5): a mask stands in the group's place).
const OTHERS_PASS: u32 = 0o011;
const OTHERS_READ: u32 = 0o044;

/// The unit of a home folder, and its user, to whom the folder is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedToUnit {
    home: PathBuf,
    owner: u32,
    /// As messages have it.
    unit: String,
    user: String,
    /// Whether this machine has the user.
    has_user: bool,
    /// False for the shipped unit, which may come here later.
    pub is_installed: bool,
}

/// Whether the folder, or its `config.json`, is another user's and open to nobody else.
#[must_use]
pub fn closed_to_unit(home: &Path) -> Option<ClosedToUnit> {
    // Without a slash at the end.
    let home: PathBuf = std::path::absolute(home).ok()?.components().collect();
    let unit = Unit::of(&home)?;
    let user = unit.user()?.to_owned();
    let users = read_text(Path::new("/etc/passwd"), Most::ORDINARY);
    let number = number_of(&user, &users.unwrap_or_default());
    let closed = |path: &Path, open: u32| {
        let meta = fs::metadata(path).ok()?;
        // One of a directory service is not looked for; root is certainly another.
        let is_anothers = number.map_or(meta.uid() == 0, |number| number != meta.uid());
        (is_anothers && meta.mode() & open == 0).then_some(meta.uid())
    };
    let owner =
        closed(&home, OTHERS_PASS).or_else(|| closed(&home.join(CONFIG_JSON), OTHERS_READ))?;
    Some(ClosedToUnit {
        home,
        owner,
        unit: unit.name,
        user,
        has_user: number.is_some(),
        is_installed: unit.is_installed,
    })
}

/// By the user's name, or the number that it is already.
fn number_of(user: &str, passwd: &str) -> Option<u32> {
    user.parse().ok().or_else(|| {
        passwd.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next()? == user).then_some(())?;
            fields.nth(1)?.parse().ok()
        })
    })
}

impl ClosedToUnit {
    /// In a sentence.
    #[must_use]
    pub fn words(&self) -> String {
        let Self {
            home, owner, unit, ..
        } = self;
        format!(
            "{} is closed to {}, as whom {unit} runs the service: it belongs to user {owner}",
            home.display(),
            self.user
        )
    }

    /// The command that corrects it.
    #[must_use]
    pub fn fix(&self) -> String {
        let user = &self.user;
        let give = format!(
            "chown -hR {user}: {}",
            shell_word(&self.home.to_string_lossy())
        );
        if self.has_user {
            give
        } else {
            format!("useradd --system {user} && {give}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_makes_the_user_where_there_is_none() {
        let mut closed = ClosedToUnit {
            home: "/srv/my edge".into(),
            owner: 0,
            unit: "ad-edge.service".to_owned(),
            user: "ad-edge".to_owned(),
            has_user: true,
            is_installed: true,
        };
        assert_eq!(closed.fix(), "chown -hR ad-edge: '/srv/my edge'");
        closed.has_user = false;
        assert!(closed.fix().starts_with("useradd --system ad-edge && "));
        assert!(closed.words().contains("ad-edge.service"));
    }

    #[test]
    fn a_user_has_the_number_that_is_written() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nad-edge:x:998:997::/:/bin/false\n";
        assert_eq!(number_of("ad-edge", passwd), Some(998));
        assert_eq!(number_of("4711", passwd), Some(4711));
        assert_eq!(number_of("ad", passwd), None);
    }
}
