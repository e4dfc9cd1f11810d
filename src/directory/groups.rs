//! The groups of a user, nested ones included, remembered for a while.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ldap3::ldap_escape;
use moka::future::Cache;
use serde_json::Value;
use tokio::time::Instant;

use super::{
    entry::Entry,
    error::DirectoryError,
    graph::{Above, Graph},
    group::{member_of, shown, weight},
    group_queries::{Cost, GroupQueries, GroupQuery},
    servers::Servers,
};
use crate::{
    config::GroupsConfig,
    telemetry::{Held, event},
};

/// What the cache of users' groups may hold; beside it there is that of single groups.
const CACHE_BYTES: u64 = 32 * 1024 * 1024;
/// What an entry takes beside its text: the cache's own parts.
const ENTRY_BYTES: usize = 400;
/// Groups of one user, or in one list; a directory with more is asked for something else.
const MAX_GROUPS: usize = 10_000;

#[derive(Debug)]
pub(super) struct Groups {
    queries: Arc<GroupQueries>,
    /// For Active Directory and the usual `LDAP_SEARCH_GROUPS`.
    graph: Option<Arc<Graph>>,
    /// What a search found, by the user's identity and DN: the one tells a user from who had the DN before, the
    /// other is what was searched. Equal lookups at the same time share one search; errors are not kept.
    cache: Option<Cache<String, Remembered>>,
    /// Users whose groups are being searched anew.
    renewed: Mutex<HashSet<String>>,
}

#[derive(Debug, Clone)]
struct Remembered {
    groups: Arc<[Value]>,
    since: Instant,
}

impl Groups {
    pub fn new(config: GroupsConfig) -> Self {
        let cache = (!config.cache.is_zero()).then(|| {
            Cache::builder()
                .max_capacity(CACHE_BYTES)
                .weigher(|key: &String, remembered: &Remembered| {
                    let groups = remembered.groups.iter();
                    let text: usize = groups.map(|group| 64 + weight(group)).sum();
                    u32::try_from(ENTRY_BYTES + key.len() + text).unwrap_or(u32::MAX)
                })
                .time_to_live(config.kept())
                .build()
        });
        let is_usual = config.is_usual;
        let queries = Arc::new(GroupQueries::new(config));
        Self {
            graph: is_usual
                .then(|| Graph::new(&queries))
                .flatten()
                .map(Arc::new),
            queries,
            cache,
            renewed: Mutex::default(),
        }
    }

    /// How much is remembered.
    pub fn held(&self) -> Held {
        let users = self
            .cache
            .as_ref()
            .map_or_else(Held::default, |cache| Held {
                entries: cache.entry_count(),
                bytes: cache.weighted_size(),
                budget: CACHE_BYTES,
            });
        let groups = self
            .graph
            .as_ref()
            .map_or_else(Held::default, |graph| graph.held());
        Held {
            entries: users.entries + groups.entries,
            bytes: users.bytes + groups.bytes,
            budget: users.budget + groups.budget,
        }
    }

    /// The groups of a user: names, or objects with `GROUP_PROPERTIES`. None is older than
    /// `GROUPS_CACHE_SECONDS`; from half of that on they are asked for anew, behind a login that gets what is
    /// known.
    pub async fn of(
        self: &Arc<Self>,
        servers: &Arc<Servers>,
        user: &Entry,
    ) -> Result<Arc<[Value]>, DirectoryError> {
        // Of the entry that was just read: who has lost a group has lost it now.
        if !member_of(user).is_empty()
            && let Some(graph) = self.graph_of(servers)
            && let Above::Groups(groups) = Box::pin(graph.above(servers, user)).await?
        {
            return Ok(groups.into());
        }
        let Some(cache) = &self.cache else {
            return self.searched(servers, user).await;
        };
        let key = key(user);
        let search = async {
            let groups = self.searched(servers, user).await?;
            let since = Instant::now();
            Ok(Remembered { groups, since })
        };
        let found = cache.try_get_with_by_ref(&key, search).await;
        let Remembered { groups, since } =
            found.map_err(|error: Arc<DirectoryError>| DirectoryError::clone(&error))?;
        if since.elapsed() > self.queries.config.kept() / 2 {
            self.renew(servers, user, key);
        }
        Ok(groups)
    }

    /// The groups that `filter` finds.
    pub async fn list(
        &self,
        servers: &Servers,
        filter: &str,
        limit: usize,
    ) -> Result<Vec<Value>, DirectoryError> {
        let config = &self.queries.config;
        let properties = if config.properties.is_empty() {
            vec![config.property.as_str()]
        } else {
            config.properties.iter().map(String::as_str).collect()
        };
        let query = GroupQuery {
            base: &config.base,
            filter,
            attributes: &properties,
            limit: limit.min(MAX_GROUPS),
            deref_aliases: config.deref_aliases,
            cost: Cost::Search,
        };
        let found = self.queries.ask(servers, &query).await?;
        Ok(found
            .iter()
            .filter_map(|group| shown(group, config))
            .collect())
    }

    /// Where groups are walked instead of searched.
    pub fn graph_of(&self, servers: &Servers) -> Option<&Arc<Graph>> {
        let graph = self.graph.as_ref();
        graph.filter(|_| servers.is_active_directory())
    }

    /// What `LDAP_SEARCH_GROUPS` finds.
    async fn searched(
        &self,
        servers: &Arc<Servers>,
        user: &Entry,
    ) -> Result<Arc<[Value]>, DirectoryError> {
        if member_of(user).is_empty()
            && let Some(graph) = self.graph_of(servers)
            && let Above::None = Box::pin(graph.above(servers, user)).await?
            && graph.is_in_none(servers, user).await?
        {
            return Ok(Arc::default());
        }
        let dn = user.dn();
        let filter = self.queries.config.filter.with_escaped(&ldap_escape(dn));
        let found = self.list(servers, &filter, MAX_GROUPS).await?;
        if found.len() == MAX_GROUPS {
            tracing::warn!(
                event = event::DIRECTORY_GROUPS_CUT,
                user = dn,
                groups = MAX_GROUPS,
                "the user is in more groups than are read"
            );
        }
        Ok(Arc::from(found))
    }

    fn renew(self: &Arc<Self>, servers: &Arc<Servers>, user: &Entry, key: String) {
        if !self.renewed().insert(key.clone()) {
            return;
        }
        let (all, servers, user) = (Arc::clone(self), Arc::clone(servers), user.clone());
        tokio::spawn(async move {
            let begun = Renewal { all: &all, key };
            // What fails is tried again by the next login, and when it has become too old, for that login.
            if let (Ok(groups), Some(cache)) = (all.searched(&servers, &user).await, &all.cache) {
                let since = Instant::now();
                let key = begun.key.clone();
                cache.insert(key, Remembered { groups, since }).await;
            }
        });
    }

    fn renewed(&self) -> MutexGuard<'_, HashSet<String>> {
        self.renewed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Renewal<'a> {
    all: &'a Groups,
    key: String,
}

impl Drop for Renewal<'_> {
    fn drop(&mut self) {
        self.all.renewed().remove(&self.key);
    }
}

/// What a user's groups are remembered by. No DN holds a NUL (RFC 4514, section 2.4).
fn key(user: &Entry) -> String {
    format!("{}\0{}", user.identity(), user.dn())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::FilterTemplate;

    #[tokio::test]
    async fn what_is_remembered_has_a_budget() {
        let groups = Groups::new(GroupsConfig {
            of_users: true,
            base: "DC=corp,DC=example".to_owned(),
            filter: FilterTemplate::parse("(member={0})").expect("holds {0}"),
            is_usual: false,
            property: "CN".to_owned(),
            properties: Vec::new(),
            timeout: Duration::from_secs(1),
            cache: Duration::from_secs(60),
            deref_aliases: 0,
        });
        let cache = groups.cache.as_ref().expect("a cache");
        // A megabyte each, as it is reckoned.
        let list: Arc<[Value]> = (0..100).map(|_| Value::from("g".repeat(10_000))).collect();
        for number in 0..200 {
            let (groups, since) = (Arc::clone(&list), Instant::now());
            let remembered = Remembered { groups, since };
            cache.insert(number.to_string(), remembered).await;
        }
        cache.run_pending_tasks().await;
        let held = groups.held();
        assert!(held.bytes <= held.budget, "{held:?}");
        assert!(held.bytes > held.budget / 2, "{held:?}");
    }

    #[test]
    fn an_account_is_remembered_apart_from_others_of_its_name_and_from_itself_elsewhere() {
        let user = |dn: &str, guid: &[u8; 16]| {
            let raw = vec![("objectGUID".to_owned(), vec![guid.to_vec()])];
            key(&Entry::new(dn.to_owned(), raw))
        };
        let (old, new) = (b"0123456789abcdef", b"0123456789abcdeF");
        assert_eq!(user("CN=a,DC=corp", old), user("CN=a,DC=corp", old));
        assert_ne!(user("CN=a,DC=corp", old), user("CN=a,DC=corp", new));
        // Groups that were searched by a DN that had just gone are found anew.
        assert_ne!(user("CN=a,DC=corp", old), user("CN=b,DC=corp", old));
    }
}
