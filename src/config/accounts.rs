//! Keys about accounts: what a password login may pass over, how users and groups are searched, how
//! passwords are changed, and what makes a profile.

use std::path::PathBuf;

use super::{filter::FilterTemplate, home::Home, keys, reader::Reader};

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

pub(super) fn accounts(home: &Home, r: &mut Reader) -> AccountsConfig {
    let write_back = WriteBackConfig {
        unicode: r.read(&keys::ENABLE_ACTIVE_DIRECTORY_UNICODE_PASSWORD),
        unlock: r.read(&keys::AUTO_UNLOCK_ON_PASSWORD_CHANGE),
    };
    AccountsConfig {
        allow_expired: r.read(&keys::ALLOW_PASSWORD_EXPIRED),
        allow_change_required: r.read(&keys::ALLOW_PASSWORD_CHANGE_REQUIRED),
        search: r.read(&keys::LDAP_SEARCH_QUERY),
        search_all: r.read(&keys::LDAP_SEARCH_ALL_QUERY),
        list_groups: r.read(&keys::LDAP_SEARCH_LIST_GROUPS_QUERY),
        omit_groups: r.read(&keys::LDAP_SEARCH_RESULTS_OMIT_GROUPS),
        write_back: r.read(&keys::ENABLE_WRITE_BACK).then_some(write_back),
        mapper: mapper(home, r),
    }
}

fn mapper(home: &Home, r: &mut Reader) -> Option<MapperSource> {
    let (text, file) = (
        r.read(&keys::PROFILE_MAPPER),
        r.read_or_usual(&keys::PROFILE_MAPPER_FILE),
    );
    text.map(MapperSource::Text)
        .or_else(|| Some(MapperSource::File(home.path(file?))))
}
