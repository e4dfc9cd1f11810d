//! The groups above a user of Active Directory: upward from the user's `memberOf`, and from that of each group.
//!
//! What is known of a group is shared by all users, so most logins ask nothing. The answer is that of the usual
//! `LDAP_SEARCH_GROUPS`, which takes a directory the longer, the more entries it has: all groups of whatever kind
//! that list the user or a group above the user in `member`, without the primary group. (`tokenGroups` would leave
//! out distribution groups, and add the primary group and all above it.) Where the service account sees too little
//! for that, the query is asked.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{
    FutureExt as _,
    future::{BoxFuture, Shared, WeakShared, try_join_all},
};
use ldap3::ldap_escape;
use moka::sync::Cache;
use serde_json::Value;

use super::{
    entry::Entry,
    error::DirectoryError,
    ground::{Ground, Grounds, domain_of},
    group::{A_MEMBER, Group, MEMBER_OF, member_of},
    group_queries::{Cost, GroupQueries, GroupQuery},
    servers::Servers,
};
use crate::telemetry::Held;

/// What may be remembered of groups.
const CACHE_BYTES: u64 = 32 * 1024 * 1024;
/// What one takes beside its text: the cache's own parts.
const ENTRY_BYTES: usize = 400;
/// Groups in one query.
const AT_ONCE: usize = 50;
/// More are left to the query.
const MAX_GROUPS: usize = 10_000;

/// By DN, in lower case.
type Groups = BTreeMap<String, Arc<Group>>;
type Reading = Shared<BoxFuture<'static, Result<Arc<Groups>, DirectoryError>>>;
type WeakReading = WeakShared<BoxFuture<'static, Result<Arc<Groups>, DirectoryError>>>;

pub(super) struct Graph {
    queries: Arc<GroupQueries>,
    attributes: Vec<String>,
    /// `None`: nothing is remembered (`GROUPS_CACHE_SECONDS` 0).
    known: Option<Cache<String, Arc<Group>>>,
    /// What is being read: who needs it too waits for that. When all who wait have left, it ends.
    under_way: Mutex<HashMap<String, WeakReading>>,
    grounds: Grounds,
}

/// What a walk found.
#[derive(Debug)]
pub(super) enum Above {
    Groups(Vec<Value>),
    /// The user is directly in none that can be seen.
    None,
    /// Too little can be seen: only the query knows.
    Unsure,
}

impl Graph {
    /// `None` where what profiles show of groups is in the way.
    pub fn new(queries: &Arc<GroupQueries>) -> Option<Self> {
        let config = &queries.config;
        let properties = if config.properties.is_empty() {
            std::slice::from_ref(&config.property)
        } else {
            &config.properties
        };
        let mut attributes = vec![MEMBER_OF.to_owned(), A_MEMBER.to_owned()];
        for property in properties {
            if property.eq_ignore_ascii_case("member") || property.contains(';') {
                return None;
            }
            if !property.eq_ignore_ascii_case(MEMBER_OF) {
                attributes.push(property.clone());
            }
        }
        let known = (!config.cache.is_zero()).then(|| {
            Cache::builder()
                .max_capacity(CACHE_BYTES)
                .weigher(|key: &String, group: &Arc<Group>| {
                    u32::try_from(ENTRY_BYTES + key.len() + group.weight()).unwrap_or(u32::MAX)
                })
                .time_to_live(config.kept())
                .build()
        });
        Some(Self {
            queries: Arc::clone(queries),
            attributes,
            known,
            under_way: Mutex::default(),
            grounds: Grounds::new(config.kept()),
        })
    }

    pub fn held(&self) -> Held {
        self.known
            .as_ref()
            .map_or_else(Held::default, |known| Held {
                entries: known.entry_count(),
                bytes: known.weighted_size(),
                budget: CACHE_BYTES,
            })
    }

    /// The groups above the user, by DN.
    pub async fn above(
        self: &Arc<Self>,
        servers: &Arc<Servers>,
        user: &Entry,
    ) -> Result<Above, DirectoryError> {
        let Some(ground) = self.grounds.of(&self.queries, servers, user).await? else {
            return Ok(Above::Unsure);
        };
        let mut next = keys(member_of(user));
        if next.is_empty() {
            return Ok(Above::None);
        }
        let (mut found, mut old) = (Groups::new(), Vec::new());
        while !next.is_empty() {
            let Some(step) = self.step(servers, &ground, next).await? else {
                return Ok(Above::Unsure);
            };
            next = BTreeSet::new();
            for (key, group) in step {
                if group.read.elapsed() > self.queries.config.kept() / 2 {
                    old.push(key.clone());
                }
                next.append(&mut keys(&group.parents));
                found.insert(key, group);
            }
            next.retain(|key| !found.contains_key(key));
            if found.len() > MAX_GROUPS {
                return Ok(Above::Unsure);
            }
        }
        if self.known.is_some() && !old.is_empty() {
            self.renew(servers, &ground, old);
        }
        let shown = found.into_values().filter_map(|group| group.shown.clone());
        Ok(Above::Groups(shown.collect()))
    }

    /// Whether no group at all lists the user as a member.
    pub async fn is_in_none(
        &self,
        servers: &Servers,
        user: &Entry,
    ) -> Result<bool, DirectoryError> {
        let Some(domain) = domain_of(user.dn()) else {
            return Ok(false);
        };
        let query = GroupQuery {
            base: &domain,
            filter: &format!("(member={})", ldap_escape(user.dn())),
            attributes: &["1.1"],
            limit: 1,
            deref_aliases: 0,
            cost: Cost::Search,
        };
        Ok(self.queries.ask(servers, &query).await?.is_empty())
    }

    /// These groups; `None` when one of them does not show enough.
    async fn step(
        self: &Arc<Self>,
        servers: &Arc<Servers>,
        ground: &Ground,
        keys: BTreeSet<String>,
    ) -> Result<Option<Groups>, DirectoryError> {
        let (mut step, mut unknown) = (Groups::new(), Vec::new());
        for key in keys {
            match self.known.as_ref().and_then(|known| known.get(&key)) {
                Some(group) => {
                    step.insert(key, group);
                }
                None if domain_of(&key).as_deref() == Some(&*ground.domain) => unknown.push(key),
                // Of another domain: this server may not have it.
                None => return Ok(None),
            }
        }
        if unknown.is_empty() {
            return Ok(Some(step));
        }
        let readings = self.readings(servers, ground, &unknown);
        let read = try_join_all(readings).await?;
        for (key, read) in unknown.into_iter().zip(read) {
            let Some(group) = read.get(&key) else {
                return Ok(None);
            };
            step.insert(key, Arc::clone(group));
        }
        Ok(Some(step))
    }

    /// What is known is served while it is read anew.
    fn renew(self: &Arc<Self>, servers: &Arc<Servers>, ground: &Ground, mut old: Vec<String>) {
        {
            let under_way = self.lock();
            old.retain(|key| under_way.get(key).and_then(WeakShared::upgrade).is_none());
        }
        if old.is_empty() {
            return;
        }
        let readings = self.readings(servers, ground, &old);
        tokio::spawn(async move {
            // What fails is tried again by the next login, and when it has become too old, for that login.
            let _renewed = try_join_all(readings).await;
        });
    }

    /// A reading for each of these groups: that which is under way already, or a new one of many at once.
    fn readings(
        self: &Arc<Self>,
        servers: &Arc<Servers>,
        ground: &Ground,
        wanted: &[String],
    ) -> Vec<Reading> {
        let mut under_way = self.lock();
        let mut readings: Vec<_> = wanted
            .iter()
            .map(|key| under_way.get(key).and_then(WeakShared::upgrade))
            .collect();
        let mut missing: Vec<_> = wanted
            .iter()
            .zip(&mut readings)
            .filter(|(_, reading)| reading.is_none())
            .collect();
        for part in missing.chunks_mut(AT_ONCE) {
            let keys: Vec<_> = part.iter().map(|(key, _)| (*key).clone()).collect();
            let (graph, servers) = (Arc::clone(self), Arc::clone(servers));
            let work = graph.read(servers, ground.clone(), keys);
            let new = work.boxed().shared();
            for (key, reading) in part {
                if let Some(weak) = new.downgrade() {
                    under_way.insert((*key).clone(), weak);
                }
                **reading = Some(new.clone());
            }
        }
        readings.into_iter().flatten().collect()
    }

    async fn read(
        self: Arc<Self>,
        servers: Arc<Servers>,
        ground: Ground,
        keys: Vec<String>,
    ) -> Result<Arc<Groups>, DirectoryError> {
        let mut filter = "(|".to_owned();
        for key in &keys {
            filter.push_str("(distinguishedName=");
            filter.push_str(&ldap_escape(key.as_str()));
            filter.push(')');
        }
        filter.push(')');
        let attributes: Vec<_> = self.attributes.iter().map(String::as_str).collect();
        let query = GroupQuery {
            base: &ground.domain,
            filter: &filter,
            attributes: &attributes,
            limit: AT_ONCE + 1,
            deref_aliases: 0,
            cost: Cost::Step,
        };
        let found = self.queries.ask(&servers, &query).await;
        let groups = found.map(|found| {
            let group = |entry: &Entry| {
                let group = Group::read(entry, &ground.base, &self.queries.config)?;
                Some((entry.dn().to_lowercase(), Arc::new(group)))
            };
            found.iter().filter_map(group).collect::<Groups>()
        });
        if let (Some(known), Ok(groups)) = (&self.known, &groups) {
            for key in &keys {
                match groups.get(key) {
                    Some(group) => known.insert(key.clone(), Arc::clone(group)),
                    None => known.invalidate(key),
                }
            }
        }
        let mut under_way = self.lock();
        for key in &keys {
            under_way.remove(key);
        }
        groups.map(Arc::new)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, WeakReading>> {
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Graph")
            .field("attributes", &self.attributes)
            .finish_non_exhaustive()
    }
}

fn keys(dns: &[String]) -> BTreeSet<String> {
    dns.iter().map(|dn| dn.to_lowercase()).collect()
}
