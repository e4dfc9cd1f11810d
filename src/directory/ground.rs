//! Whether the groups of a domain can be walked.

use std::{sync::Arc, time::Duration};

use ldap3::ldap_escape;
use moka::future::Cache;

use super::{
    dn,
    entry::Entry,
    error::DirectoryError,
    group::MEMBER_OF,
    group_queries::{Cost, GroupQueries, GroupQuery},
    servers::Servers,
};

/// How long it is remembered at least.
const KEPT: Duration = Duration::from_mins(1);
/// No forest has more.
const DOMAINS: u64 = 500;
/// A group within a group, which every domain has many of.
const NESTED: &str = "(&(objectCategory=group)(memberOf=*))";

/// A domain in which groups show in which groups they are.
#[derive(Debug, Clone)]
pub(super) struct Ground {
    /// As in the ends of DNs.
    pub domain: Arc<str>,
    /// `LDAP_BASE_GROUPS`, as the directory writes it.
    pub base: Arc<str>,
}

/// By domain; `None` where the service account may not see it.
#[derive(Debug)]
pub(super) struct Grounds(Cache<String, Option<Ground>>);

impl Grounds {
    pub fn new(kept: Duration) -> Self {
        let cache = Cache::builder().max_capacity(DOMAINS);
        Self(cache.time_to_live(kept.max(KEPT)).build())
    }

    /// That of the user's domain.
    pub async fn of(
        &self,
        queries: &GroupQueries,
        servers: &Servers,
        user: &Entry,
    ) -> Result<Option<Ground>, DirectoryError> {
        let Some(domain) = domain_of(user.dn()) else {
            return Ok(None);
        };
        let look = look(queries, servers, &domain);
        let ground = self.0.try_get_with_by_ref(&domain, look).await;
        ground.map_err(|error: Arc<DirectoryError>| DirectoryError::clone(&error))
    }
}

async fn look(
    queries: &GroupQueries,
    servers: &Servers,
    domain: &str,
) -> Result<Option<Ground>, DirectoryError> {
    let query = |base, filter, attributes| GroupQuery {
        base,
        filter,
        attributes,
        limit: 1,
        deref_aliases: 0,
        cost: Cost::Step,
    };
    let base = &queries.config.base;
    let name = format!("(distinguishedName={})", ldap_escape(base.as_str()));
    let based = queries.ask(servers, &query(base, &name, &["1.1"])).await?;
    let Some(based) = based.first() else {
        return Ok(None);
    };
    let nested = query(domain, NESTED, &[MEMBER_OF]);
    let nested = queries.ask(servers, &nested).await?;
    let shows = nested.iter().any(|group| group.get(MEMBER_OF).is_some());
    Ok(shows.then(|| Ground {
        domain: domain.into(),
        base: based.dn().into(),
    }))
}

/// The DN of the domain that the DN is in.
pub(super) fn domain_of(dn: &str) -> Option<String> {
    let domain = dn::domain(dn)?;
    let labels: Vec<_> = domain
        .split('.')
        .map(|label| format!("DC={label}"))
        .collect();
    Some(labels.join(","))
}
