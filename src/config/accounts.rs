//! Keys about accounts: what a password login may pass over, how users and groups are searched, how
//! passwords are changed, and what makes a profile.

use std::{path::PathBuf, time::Duration};

use super::{
    effective::Effective, filter::FilterTemplate, home::Home, keys, problem::Concern,
    reader::Reader,
};

/// What credential logins and the tenant's searches may do.
#[derive(Debug, Clone)]
pub struct AccountsConfig {
    /// `ALLOW_PASSWORD_EXPIRED`: a right password signs in although it has expired.
    pub allow_expired: bool,
    /// `ALLOW_PASSWORD_CHANGE_REQUIRED`: and although it must be changed.
    pub allow_change_required: bool,
    /// `ALLOW_MACHINE_ACCOUNTS`: computers and managed service accounts sign in like users.
    pub allow_machines: bool,
    /// `LDAP_SEARCH_QUERY`: finds users by what the tenant's administrator types.
    pub search: FilterTemplate,
    /// `LDAP_SEARCH_ALL_QUERY`: the same when nothing was typed.
    pub search_all: String,
    /// `LDAP_SEARCH_LIST_GROUPS_QUERY`.
    pub list_groups: String,
    /// `LDAP_SEARCH_RESULTS_OMIT_GROUPS`: users found by a search carry no groups.
    pub omit_groups: bool,
    /// `GROUPS_REQUIRED`: nobody signs in without their groups because those cannot be had.
    pub groups_required: bool,
    /// `None` unless `ENABLE_WRITE_BACK`.
    pub write_back: Option<WriteBackConfig>,
    /// `None`: the built-in profile mapper.
    pub mapper: Option<MapperSource>,
    pub mapper_room: MapperRoom,
}

/// How passwords are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteBackConfig {
    /// `ENABLE_ACTIVE_DIRECTORY_UNICODE_PASSWORD`: write `unicodePwd`, else `userPassword`.
    pub unicode: bool,
    /// `AUTO_UNLOCK_ON_PASSWORD_CHANGE`.
    pub unlock: bool,
}

/// Where the profile mapper's JavaScript comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MapperSource {
    /// `PROFILE_MAPPER`.
    Text(String),
    /// `PROFILE_MAPPER_FILE`, or `lib/profileMapper.js` of the home folder.
    File(PathBuf),
}

/// What a profile mapper has to run in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapperRoom {
    /// `PROFILE_MAPPING_MEMORY_LIMIT_MB`, in bytes.
    pub memory: usize,
    /// `PROFILE_MAPPING_TIMEOUT_MS`.
    pub time: Duration,
    /// Where files are that it loads, when it is a text.
    pub folder: PathBuf,
}

impl MapperRoom {
    /// What these keys give a mapper of this home folder.
    #[must_use]
    pub fn of(values: &Effective, home: &Home) -> Self {
        Self::new(
            values.value(&keys::PROFILE_MAPPING_MEMORY_LIMIT_MB),
            values.value(&keys::PROFILE_MAPPING_TIMEOUT_MS),
            home,
        )
    }

    fn new(mebibytes: usize, time: Duration, home: &Home) -> Self {
        Self {
            memory: mebibytes << 20,
            time,
            folder: home.path("lib"),
        }
    }
}

pub(super) fn accounts(home: &Home, r: &mut Reader) -> AccountsConfig {
    let write_back = WriteBackConfig {
        unicode: r.read(&keys::ENABLE_ACTIVE_DIRECTORY_UNICODE_PASSWORD),
        unlock: r.read(&keys::AUTO_UNLOCK_ON_PASSWORD_CHANGE),
    };
    let search = r.read(&keys::LDAP_SEARCH_QUERY);
    if !search.requires_value() {
        let means = "it finds people whatever is typed";
        r.warn(&keys::LDAP_SEARCH_QUERY, Concern::EnoughWithout(means));
    }
    AccountsConfig {
        allow_expired: r.read(&keys::ALLOW_PASSWORD_EXPIRED),
        allow_change_required: r.read(&keys::ALLOW_PASSWORD_CHANGE_REQUIRED),
        allow_machines: r.read(&keys::ALLOW_MACHINE_ACCOUNTS),
        search,
        search_all: r.read(&keys::LDAP_SEARCH_ALL_QUERY),
        list_groups: r.read(&keys::LDAP_SEARCH_LIST_GROUPS_QUERY),
        omit_groups: r.read(&keys::LDAP_SEARCH_RESULTS_OMIT_GROUPS),
        groups_required: r.read(&keys::GROUPS_REQUIRED),
        write_back: r.read(&keys::ENABLE_WRITE_BACK).then_some(write_back),
        mapper: mapper(home, r),
        mapper_room: MapperRoom::new(
            r.read(&keys::PROFILE_MAPPING_MEMORY_LIMIT_MB),
            r.read(&keys::PROFILE_MAPPING_TIMEOUT_MS),
            home,
        ),
    }
}

fn mapper(home: &Home, r: &mut Reader) -> Option<MapperSource> {
    let (text, file) = (
        r.read(&keys::PROFILE_MAPPER),
        r.read_or_usual(&keys::PROFILE_MAPPER_FILE),
    );
    text.map(MapperSource::Text)
        .or_else(|| Some(MapperSource::File(mapper_file(home, &file?))))
}

/// The file by its path in the home folder. The legacy connector counts it from `lib/`, and adds the ending:
/// that counts where only such a file is there.
fn mapper_file(home: &Home, given: &str) -> PathBuf {
    let own = home.path(given);
    if own.is_file() {
        return own;
    }
    let lib = home.path("lib");
    let legacy = [given.to_owned(), format!("{given}.js")].map(|name| lib.join(name));
    legacy
        .into_iter()
        .find(|file| file.is_file())
        .unwrap_or(own)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_mapper_is_found_as_the_legacy_connector_names_it_too() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let home = Home::new(folder.path());
        fs::create_dir(home.path("lib")).expect("a folder");
        for name in ["lib/own.js", "lib/profileMapper.js", "top.js"] {
            fs::write(home.path(name), "").expect("written");
        }
        for (given, file) in [
            ("./own", "lib/own.js"),
            ("own.js", "lib/own.js"),
            ("./profileMapper", "lib/profileMapper.js"),
            ("lib/own.js", "lib/own.js"),
            ("../top.js", "top.js"),
        ] {
            let found = mapper_file(&home, given).canonicalize().expect("there");
            let file = home.path(file).canonicalize().expect("there");
            assert_eq!(found, file, "{given}");
        }
        // What is said to be missing is the path as it is written.
        assert_eq!(mapper_file(&home, "none.js"), home.path("none.js"));
    }
}
