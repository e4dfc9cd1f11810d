//! What a search for a user's groups costs, and whether it finds any.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    context::Context,
    finding::{Area, Finding, Findings},
};
use crate::directory::{Directory, ldap_escape};

const AREA: Area = Area::Groups;
const SLOW: Duration = Duration::from_millis(500);
/// Users whose groups are looked up, and groups read of each.
const USERS: usize = 5;
const GROUPS: usize = 1000;

pub(super) async fn examine(context: &Context, directory: &Directory, findings: &Findings) {
    let config = &context.config.directory.groups;
    if !config.of_users {
        findings.add(Finding::ok(
            AREA,
            "groups-off",
            "groups are off (GROUPS is false)",
        ));
        return;
    }
    let found = directory
        .search("(&(objectClass=person)(memberOf=*))", USERS)
        .await;
    let users = match found {
        Ok(users) => users,
        Err(error) => {
            findings.add(
                Finding::fail(AREA, "groups-search", error.to_string())
                    .note("the users of groups cannot be searched: see the directory's log"),
            );
            return;
        }
    };
    let (mut slowest, mut most) = (Duration::ZERO, 0);
    for user in &users {
        let start = Instant::now();
        let filter = config.filter.with_escaped(&ldap_escape(user.dn()));
        match directory.list_groups(&filter, GROUPS).await {
            Ok(groups) => most = most.max(groups.len()),
            Err(error) => {
                let text = format!("{}: {error}", user.dn());
                findings.add(Finding::fail(AREA, "groups-search", text).note(
                    if context.config.accounts.groups_required {
                        "correct LDAP_BASE_GROUPS and LDAP_SEARCH_GROUPS; until then nobody signs in (GROUPS_REQUIRED)"
                    } else {
                        "correct LDAP_BASE_GROUPS and LDAP_SEARCH_GROUPS; until then logins go on without groups"
                    },
                ));
                return;
            }
        }
        slowest = slowest.max(start.elapsed());
    }
    let text = format!(
        "the groups of {} users took {} ms at most",
        users.len(),
        slowest.as_millis()
    );
    findings.add(if users.is_empty() {
        Finding::ok(
            AREA,
            "groups",
            "no user shows a group (memberOf): not measured",
        )
    } else if most == 0 {
        let text = format!(
            "no group is found under {} for {} users who are in some",
            config.base,
            users.len()
        );
        Finding::fail(AREA, "groups-none", text)
            .note("correct LDAP_BASE_GROUPS, or let the service account read there")
    } else {
        Finding::ok(AREA, "groups", text.clone())
    });
    if slowest > SLOW {
        let text = format!("{text}: users wait as long at their first login");
        findings.add(
            Finding::warn(AREA, "groups-slow", text)
                .note("narrow LDAP_BASE_GROUPS, or raise GROUPS_CACHE_SECONDS"),
        );
    }
}
