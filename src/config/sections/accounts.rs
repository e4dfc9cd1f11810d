//! Accounts: credential logins, searches, write-back, the profile mapper.

use super::{
    super::{AccountsConfig, Home, MapperSource, WriteBackConfig, reader::Reader},
    directory::filter,
};

/// The mapper of an installation, unless a key gives another.
const MAPPER_FILE: &str = "lib/profileMapper.js";

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
