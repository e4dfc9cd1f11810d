//! Keys about accounts: what a password login may pass over, how users and groups are searched, how
//! passwords are changed, and what makes a profile.

use std::path::PathBuf;

use super::{
    directory::{FilterTemplate, filter},
    home::Home,
    reader::Reader,
};

/// The mapper of an installation, unless a key gives another.
const MAPPER_FILE: &str = "lib/profileMapper.js";

/// What credential logins and the tenant's searches may do.
#[derive(Debug, Clone)]
pub struct AccountsConfig {
    /// `ALLOW_PASSWORD_EXPIRED`: a right password signs in although it has expired.
    pub allow_expired: bool,
    /// `ALLOW_PASSWORD_CHANGE_REQUIRED`: and although it must be changed.
    pub allow_change_required: bool,
    /// `LDAP_SEARCH_QUERY`: finds users by what the tenant's administrator types.
    pub search: FilterTemplate,
    /// `LDAP_SEARCH_ALL_QUERY`: the same when nothing was typed.
    pub search_all: String,
    /// `LDAP_SEARCH_LIST_GROUPS_QUERY`.
    pub list_groups: String,
    /// `LDAP_SEARCH_RESULTS_OMIT_GROUPS`: users found by a search carry no groups.
    pub omit_groups: bool,
    /// `None` unless `ENABLE_WRITE_BACK`.
    pub write_back: Option<WriteBackConfig>,
    /// `None`: the built-in profile mapper.
    pub mapper: Option<MapperSource>,
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

pub(super) fn accounts(files: Option<&Home>, home: &Home, r: &mut Reader) -> AccountsConfig {
    let write_back = WriteBackConfig {
        unicode: r.flag("ENABLE_ACTIVE_DIRECTORY_UNICODE_PASSWORD", false),
        unlock: r.flag("AUTO_UNLOCK_ON_PASSWORD_CHANGE", false),
    };
    AccountsConfig {
        allow_expired: r.flag("ALLOW_PASSWORD_EXPIRED", false),
        allow_change_required: r.flag("ALLOW_PASSWORD_CHANGE_REQUIRED", false),
        search: filter(
            "LDAP_SEARCH_QUERY",
            "(&(objectCategory=person)(anr={0}))",
            r,
        ),
        search_all: r
            .text("LDAP_SEARCH_ALL_QUERY")
            .unwrap_or_else(|| "(objectCategory=person)".to_owned()),
        list_groups: r
            .text("LDAP_SEARCH_LIST_GROUPS_QUERY")
            .unwrap_or_else(|| "(objectCategory=group)".to_owned()),
        omit_groups: r.flag("LDAP_SEARCH_RESULTS_OMIT_GROUPS", true),
        write_back: r.flag("ENABLE_WRITE_BACK", false).then_some(write_back),
        mapper: mapper(files, home, r),
    }
}

fn mapper(files: Option<&Home>, home: &Home, r: &mut Reader) -> Option<MapperSource> {
    if let Some(text) = r.text("PROFILE_MAPPER") {
        return Some(MapperSource::Text(text));
    }
    if let Some(file) = r.text("PROFILE_MAPPER_FILE") {
        return Some(MapperSource::File(home.path(file)));
    }
    let file = files?.path(MAPPER_FILE);
    file.exists().then_some(MapperSource::File(file))
}
