//! What a search for a user's groups costs, and whether it finds any.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    context::Context,
    finding::{Area, Finding, Findings},
};
use crate::{
    config::FilterTemplate,
    directory::{Directory, DirectoryError, Entry, ldap_escape},
};

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
    let measured = match measure(context, directory, &users).await {
        Ok(measured) => measured,
        Err(failed) => return findings.add(failed),
    };
    let text = format!(
        "the groups of {} users took {} ms at most",
        users.len(),
        measured.slowest.as_millis()
    );
    let walked = measured.query.map_or_else(String::new, |query| {
        format!(
            ", upward from memberOf; LDAP_SEARCH_GROUPS itself takes {} ms",
            query.as_millis()
        )
    });
    findings.add(if users.is_empty() {
        Finding::ok(
            AREA,
            "groups",
            "no user shows a group (memberOf): not measured",
        )
    } else if measured.most == 0 {
        let text = format!(
            "no group is found under {} for {} users who are in some",
            config.base,
            users.len()
        );
        Finding::fail(AREA, "groups-none", text)
            .note("correct LDAP_BASE_GROUPS, LDAP_SEARCH_GROUPS or GROUP_PROPERTY, or let the service account read there")
    } else {
        Finding::ok(AREA, "groups", format!("{text}{walked}"))
    });
    if let Some(user) = measured.differs {
        let text = format!("{user}: memberOf leads to other groups than LDAP_SEARCH_GROUPS finds");
        findings.add(Finding::fail(AREA, "groups-differ", text).note(
            "let the service account read memberOf and member of all groups, or write LDAP_SEARCH_GROUPS as \
             (&(objectCategory=group)(member:1.2.840.113556.1.4.1941:={0}))",
        ));
    }
    if measured.slowest > SLOW {
        let text = format!("{text}: users wait as long at their first login");
        findings.add(
            Finding::warn(AREA, "groups-slow", text)
                .note("narrow LDAP_BASE_GROUPS, or raise GROUPS_CACHE_SECONDS"),
        );
    }
    if let Some((query, of_class)) = measured.of_class {
        let text = format!(
            "LDAP_SEARCH_GROUPS looks at entries of every class: {} ms, and {} ms with (objectCategory=group)",
            query.as_millis(),
            of_class.as_millis()
        );
        let with_class = config.with_class().map_or_else(String::new, |filter| {
            format!(" or write {}", filter.with_escaped("{0}"))
        });
        findings.add(Finding::warn(AREA, "groups-class", text).note(format!(
            "take LDAP_SEARCH_GROUPS out, when it should find what its default does, which needs no such \
             search on Active Directory,{with_class}"
        )));
    }
}

/// What the groups of some users took.
#[derive(Debug, Default)]
struct Measured {
    /// As a login finds them.
    slowest: Duration,
    /// Groups of a user.
    most: usize,
    /// `LDAP_SEARCH_GROUPS`, when a login finds them in another way.
    query: Option<Duration>,
    /// A user for whom the two do not find the same.
    differs: Option<String>,
    /// The administrator's query, and the same for groups alone.
    of_class: Option<(Duration, Duration)>,
}

async fn measure(
    context: &Context,
    directory: &Directory,
    users: &[Entry],
) -> Result<Measured, Finding> {
    let config = &context.config.directory.groups;
    let failed = |user: &Entry, error: DirectoryError| {
        let until = if context.config.accounts.groups_required {
            "nobody signs in (GROUPS_REQUIRED)"
        } else {
            "logins go on without groups"
        };
        let text = format!("{}: {error}", user.dn());
        Finding::fail(AREA, "groups-search", text).note(format!(
            "correct LDAP_BASE_GROUPS and LDAP_SEARCH_GROUPS; until then {until}"
        ))
    };
    let mut measured = Measured::default();
    let walks = directory.walks_groups();
    let with_class = config.with_class();
    let with_class = with_class.filter(|_| !walks && directory.is_active_directory());
    for user in users {
        let ask = async |filter: &FilterTemplate| {
            let filter = filter.with_escaped(&ldap_escape(user.dn()));
            let start = Instant::now();
            let found = directory.list_groups(&filter, GROUPS).await;
            found
                .map(|groups| (groups, start.elapsed()))
                .map_err(|error| failed(user, error))
        };
        let (mut groups, took) = ask(&config.filter).await?;
        measured.most = measured.most.max(groups.len());
        if walks {
            measured.query = measured.query.max(Some(took));
            let start = Instant::now();
            let walked = directory.groups_of(user).await;
            let mut walked = walked
                .map_err(|error| failed(user, error))?
                .unwrap_or_default();
            measured.slowest = measured.slowest.max(start.elapsed());
            for list in [&mut groups, &mut walked] {
                list.sort_by_cached_key(ToString::to_string);
            }
            if groups.len() < GROUPS && walked != groups {
                measured.differs = Some(user.dn().to_owned());
            }
        } else {
            measured.slowest = measured.slowest.max(took);
        }
        if let Some(filter) = &with_class {
            let (_, of_class) = ask(filter).await?;
            if measured.of_class.is_none_or(|(slowest, _)| took > slowest) {
                measured.of_class = Some((took, of_class));
            }
        }
    }
    Ok(measured)
}
