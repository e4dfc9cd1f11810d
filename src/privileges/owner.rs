//! The user of the service: the home folder's owner. What root does there is done as that user.

use std::{fs, os::unix::fs::MetadataExt as _, path::Path};

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

    /// Whether this process is that user's.
    #[must_use]
    pub fn is_this_process(self) -> bool {
        rustix::process::geteuid().as_raw() == self.user
    }

    /// For root's shell: the command as this user's, which a link in that user's folder does not lead astray.
    #[must_use]
    pub fn command(self, command: &str) -> String {
        let Self { user, group } = self;
        if user == 0 {
            return command.to_owned();
        }
        format!("setpriv --reuid={user} --regid={group} --clear-groups {command}")
    }

    /// For root's shell: copies a file into this user's folder.
    #[must_use]
    pub fn copy_command(self, from: &Path, to: &Path) -> String {
        let word = |path: &Path| shell_word(&path.to_string_lossy());
        let (from, to) = (word(from), word(to));
        if self.user == 0 {
            return format!("install -m 600 {from} {to}");
        }
        let copy = format!(r#"sh -c 'umask 077; cat >"$0"' {to}"#);
        format!("{} <{from}", self.command(&copy))
    }

    /// Of a file that is this user's and this group's. Root's group is nobody else's to have: the user's own
    /// counts in its place.
    pub(super) fn whose(user: u32, group: u32) -> Self {
        let own = || account(user).map_or(user, |(_, own)| own);
        Self {
            user,
            group: if group == 0 { own() } else { group },
        }
    }

    /// The further groups that this machine gives to the user (group(5)), as the service has them.
    pub(super) fn further_groups(self) -> Vec<u32> {
        let Some((name, own)) = account(self.user) else {
            return Vec::new();
        };
        let text = fs::read_to_string("/etc/group").unwrap_or_default();
        let mut groups = groups_of(&text, &name);
        groups.push(own);
        groups.retain(|group| *group != 0);
        groups.sort_unstable();
        groups.dedup();
        groups
    }
}

/// As a shell takes it for one word.
#[must_use]
pub fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:@=,+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Name and group of a user (passwd(5)); one of a directory service is not looked for.
fn account(user: u32) -> Option<(String, u32)> {
    let text = fs::read_to_string("/etc/passwd").ok()?;
    account_in(&text, user)
}

fn account_in(passwd: &str, user: u32) -> Option<(String, u32)> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let is_it = fields.nth(1)?.parse() == Ok(user);
        let group = fields.next()?.parse().ok()?;
        is_it.then(|| (name.to_owned(), group))
    })
}

fn groups_of(group: &str, name: &str) -> Vec<u32> {
    let of_line = |line: &str| {
        let mut fields = line.split(':').skip(2);
        let number = fields.next()?.parse().ok()?;
        let mut members = fields.next()?.split(',');
        members.any(|member| member == name).then_some(number)
    };
    group.lines().filter_map(of_line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_groups_of_an_account_are_those_that_name_it() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nedge:x:998:997::/:/bin/false\nbroken\n";
        assert_eq!(account_in(passwd, 998), Some(("edge".to_owned(), 997)));
        assert_eq!(account_in(passwd, 997), None);
        let group = "root:x:0:\nssl-cert:x:110:postgres,edge\nedges:x:111:edges\nadm:x:4:edge\n";
        assert_eq!(groups_of(group, "edge"), [110, 4]);
        assert_eq!(Owner::whose(4711, 0).group, 4711);
        assert_eq!(Owner::whose(4711, 42).group, 42);
    }
}
