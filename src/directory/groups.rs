//! The groups of a user, nested ones included, remembered for a while.

use std::{sync::Arc, time::Duration};

use ldap3::ldap_escape;
use moka::future::Cache;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::{
    connection::Search,
    entry::{Attribute, Entry},
    error::DirectoryError,
    servers::Servers,
};
use crate::{
    config::GroupsConfig,
    telemetry::{Held, event},
};

/// What the cache may hold.
const CACHE_BYTES: u64 = 64 * 1024 * 1024;
/// What an entry takes beside its text: the cache's own parts.
const ENTRY_BYTES: usize = 400;
/// Groups of one user, or in one list; a directory with more is asked for something else.
const MAX_GROUPS: usize = 10_000;
/// Without an answer for this long another server is asked as well. Matching nested groups may take
/// that long in a large directory: the first answer counts, whoever gives it.
const HEDGE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Groups {
    config: GroupsConfig,
    /// By the user's identity and DN: the one tells a user from who had the DN before, the other is what
    /// was searched. Equal lookups at the same time share one search; errors are not kept.
    cache: Option<Cache<String, Arc<[Value]>>>,
}

impl Groups {
    pub fn new(config: GroupsConfig) -> Self {
        // moka panics above a thousand years.
        let time = config.cache.min(Duration::from_hours(24 * 365));
        let cache = (!time.is_zero()).then(|| {
            Cache::builder()
                .max_capacity(CACHE_BYTES)
                .weigher(|key: &String, groups: &Arc<[Value]>| {
                    let text: usize = groups.iter().map(|group| 64 + weight(group)).sum();
                    u32::try_from(ENTRY_BYTES + key.len() + text).unwrap_or(u32::MAX)
                })
                .time_to_live(time)
                .build()
        });
        Self { config, cache }
    }

    /// How much is remembered.
    pub fn held(&self) -> Held {
        self.cache
            .as_ref()
            .map_or_else(Held::default, |cache| Held {
                entries: cache.entry_count(),
                bytes: cache.weighted_size(),
                budget: CACHE_BYTES,
            })
    }

    /// The groups of a user: names, or objects with `GROUP_PROPERTIES`.
    pub async fn of(
        &self,
        servers: &Servers,
        user: &Entry,
    ) -> Result<Arc<[Value]>, Arc<DirectoryError>> {
        let dn = user.dn();
        let search = async {
            let filter = self.config.filter.with_escaped(&ldap_escape(dn));
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
        };
        match &self.cache {
            Some(cache) => cache.try_get_with(key(user), search).await,
            None => search.await.map_err(Arc::new),
        }
    }

    /// The groups that `filter` finds.
    pub async fn list(
        &self,
        servers: &Servers,
        filter: &str,
        limit: usize,
    ) -> Result<Vec<Value>, DirectoryError> {
        let properties = if self.config.properties.is_empty() {
            vec![self.config.property.as_str()]
        } else {
            self.config.properties.iter().map(String::as_str).collect()
        };
        let search = Search {
            what: "a group search",
            base: &self.config.base,
            filter,
            attributes: &properties,
            limit: limit.min(MAX_GROUPS),
            deref_aliases: self.config.deref_aliases,
            hedge: HEDGE,
            timeout: self.config.timeout,
        };
        let found = servers
            .search(&search, Instant::now() + self.config.timeout)
            .await?;
        Ok(found.iter().filter_map(|group| self.value(group)).collect())
    }

    fn value(&self, group: &Entry) -> Option<Value> {
        // No attribute, and what the AD/LDAP Connector calls the name of an entry.
        let of = |property: &str| match property {
            dn if dn.eq_ignore_ascii_case("dn") => Some(Value::from(group.dn())),
            attribute => group.get(attribute).and_then(json),
        };
        if self.config.properties.is_empty() {
            return of(&self.config.property);
        }
        let mut object = Map::new();
        for property in &self.config.properties {
            if let Some(value) = of(property) {
                object.insert(property.clone(), value);
            }
        }
        Some(Value::Object(object))
    }
}

/// What a user's groups are remembered by. No DN holds a NUL (RFC 4514, section 2.4).
fn key(user: &Entry) -> String {
    format!("{}\0{}", user.identity(), user.dn())
}

/// An attribute as JSON; bytes have no place there.
fn json(attribute: &Attribute) -> Option<Value> {
    match attribute {
        Attribute::Text(text) => Some(Value::from(text.as_str())),
        Attribute::List(list) => Some(Value::from(list.as_slice())),
        Attribute::Bytes(_) => None,
    }
}

fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(list) => list.iter().map(|item| 32 + weight(item)).sum(),
        Value::Object(object) => object
            .iter()
            .map(|(key, item)| 64 + key.len() + weight(item))
            .sum(),
        _ => 8,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::FilterTemplate;

    fn groups(properties: &[&str]) -> Groups {
        Groups::new(config(properties))
    }

    fn config(properties: &[&str]) -> GroupsConfig {
        GroupsConfig {
            of_users: true,
            base: "DC=corp,DC=example".to_owned(),
            filter: FilterTemplate::parse("(member={0})").expect("holds {0}"),
            property: "CN".to_owned(),
            properties: properties.iter().map(|p| (*p).to_owned()).collect(),
            timeout: Duration::from_secs(1),
            cache: Duration::from_secs(1),
            deref_aliases: 0,
        }
    }

    #[tokio::test]
    async fn what_is_remembered_has_a_budget() {
        let groups = Groups::new(GroupsConfig {
            cache: Duration::from_secs(60),
            ..groups(&[]).config
        });
        let cache = groups.cache.as_ref().expect("a cache");
        // A megabyte each, as it is reckoned.
        let list: Arc<[Value]> = (0..100).map(|_| Value::from("g".repeat(10_000))).collect();
        for number in 0..200 {
            cache.insert(number.to_string(), Arc::clone(&list)).await;
        }
        cache.run_pending_tasks().await;
        let held = groups.held();
        assert!(held.bytes <= held.budget, "{held:?}");
        assert!(held.bytes > held.budget / 2, "{held:?}");
    }

    fn staff() -> Entry {
        let raw = vec![
            ("cn".to_owned(), vec![b"Staff".to_vec()]),
            (
                "member".to_owned(),
                vec![b"CN=a".to_vec(), b"CN=b".to_vec()],
            ),
        ];
        Entry::new("CN=Staff,DC=corp".to_owned(), raw)
    }

    #[test]
    fn a_group_is_its_property_or_an_object_of_properties() {
        assert_eq!(groups(&[]).value(&staff()), Some(json!("Staff")));
        let by_name = Groups::new(GroupsConfig {
            property: "dn".to_owned(),
            ..config(&[])
        });
        assert_eq!(by_name.value(&staff()), Some(json!("CN=Staff,DC=corp")));
        assert_eq!(
            groups(&["cn", "dn", "member", "absent"]).value(&staff()),
            Some(json!({"cn": "Staff", "dn": "CN=Staff,DC=corp", "member": ["CN=a", "CN=b"]}))
        );
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
