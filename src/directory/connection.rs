//! One LDAP connection: searches side by side, or binds one after the other.

use std::{
    collections::HashSet,
    panic::AssertUnwindSafe,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt as _;
use ldap3::{
    DerefAliases, Ldap, LdapConnAsync, LdapError, LdapResult, Mod, Scope, SearchOptions,
    controls::{Control, ControlType, PagedResults, RawControl},
};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};

use time::OffsetDateTime;

use super::{
    account_time::generalized_time,
    entry::{Attribute, Entry},
    error::{DirectoryError, LostCause},
};
use crate::{config::filter_parses, telemetry::event};

/// Below AD's `MaxPageSize` of 1000; a search for more is asked for in pages (RFC 2696).
const PAGE: usize = 500;
const CAPABILITIES: &str = "supportedCapabilities";
/// `LDAP_CAP_ACTIVE_DIRECTORY_OID` ([MS-ADTS] 3.1.1.3.4.3.1).
const ACTIVE_DIRECTORY: &str = "1.2.840.113556.1.4.800";

/// What to search.
#[derive(Debug, Clone)]
pub(super) struct Search<'a> {
    /// For errors: `a user search`.
    pub what: &'static str,
    pub base: &'a str,
    pub filter: &'a str,
    pub attributes: &'a [&'a str],
    /// Entries wanted at most, held here whatever the server does.
    pub limit: usize,
    pub deref_aliases: u8,
    /// Without an answer for this long another server is asked as well.
    pub hedge: Duration,
    pub timeout: Duration,
}

/// A connection and the task that drives it; closed when the last handle is gone.
#[derive(Debug)]
pub(super) struct Connection {
    server: String,
    ldap: Ldap,
    opened: Instant,
    operations: AtomicU32,
    died: CancellationToken,
    cause: Arc<OnceLock<LostCause>>,
}

impl Connection {
    /// `cause` is set when something is known to end it.
    pub fn start(
        server: String,
        driver: LdapConnAsync,
        ldap: Ldap,
        cause: Arc<OnceLock<LostCause>>,
    ) -> Self {
        let died = CancellationToken::new();
        // The guard also reports a driver that panics over malformed data.
        let (guard, end) = (died.clone().drop_guard(), Arc::clone(&cause));
        tokio::spawn(async move {
            let _guard = guard;
            let cause = match driver.drive().await {
                Ok(()) => LostCause::Ended,
                Err(error) => LostCause::Library(Arc::new(error)),
            };
            let _ = end.set(cause);
        });
        Self {
            server,
            ldap,
            opened: Instant::now(),
            operations: AtomicU32::new(0),
            died,
            cause,
        }
    }

    /// The server's URL.
    pub fn server(&self) -> &str {
        &self.server
    }

    pub fn age(&self) -> Duration {
        self.opened.elapsed()
    }

    /// How many operations were started.
    pub fn operations(&self) -> u32 {
        self.operations.load(Ordering::Relaxed)
    }

    pub fn is_dead(&self) -> bool {
        self.died.is_cancelled()
    }

    /// Waits until the connection has ended.
    pub fn died(&self) -> WaitForCancellationFuture<'_> {
        self.died.cancelled()
    }

    /// What ended the connection.
    pub fn lost(&self) -> DirectoryError {
        let cause = self.cause.get().cloned().unwrap_or(LostCause::NotLdap);
        DirectoryError::lost(&self.server, cause)
    }

    /// A simple bind, whatever its result: it changes whose connection this is.
    pub async fn bind(
        &self,
        dn: &str,
        password: &str,
        deadline: Instant,
    ) -> Result<LdapResult, DirectoryError> {
        let mut ldap = self.ldap.clone();
        let bind = async move { ldap.simple_bind(dn, password).await };
        let limit = deadline.saturating_duration_since(Instant::now());
        self.guarded("a bind", limit, deadline, bind).await
    }

    /// Replaces attributes of `dn`, whatever the result.
    pub async fn replace(
        &self,
        what: &'static str,
        dn: &str,
        attributes: Vec<(&str, Vec<u8>)>,
        limit: Duration,
    ) -> Result<LdapResult, DirectoryError> {
        let changes = attributes
            .into_iter()
            .map(|(name, value)| Mod::Replace(name.as_bytes().to_vec(), HashSet::from([value])))
            .collect();
        let mut ldap = self.ldap.clone();
        let modify = async move { ldap.modify(dn, changes).await };
        self.guarded(what, limit, Instant::now() + limit, modify)
            .await
    }

    /// The entries found, at most `limit`. A filter that does not parse finds nothing.
    pub async fn search(
        &self,
        search: &Search<'_>,
        deadline: Instant,
    ) -> Result<Vec<Entry>, DirectoryError> {
        if !filter_parses(search.filter) {
            return Ok(Vec::new());
        }
        let mut entries = Vec::new();
        let mut cookie = Vec::new();
        loop {
            let work = self.page(search, &mut entries, cookie);
            let result = self
                .guarded(search.what, search.timeout, deadline, work)
                .await?;
            // 4: the server cut the list at our size limit.
            if result.rc != 0 && result.rc != 4 {
                let text = match result.refs.first() {
                    Some(referral) => format!("{} referral to {referral}", result.text),
                    None => result.text,
                };
                return Err(DirectoryError::refused(
                    &self.server,
                    search.what,
                    result.rc,
                    &text,
                ));
            }
            cookie = next_page(result.ctrls);
            if cookie.is_empty() || entries.len() >= search.limit {
                return Ok(entries);
            }
        }
    }

    /// What the server says of itself, whoever asks.
    pub async fn root(&self, limit: Duration) -> Result<RootDse, DirectoryError> {
        let mut ldap = self.ldap.clone();
        let names = [
            "currentTime",
            "defaultNamingContext",
            "namingContexts",
            "configurationNamingContext",
        ];
        let asked = names.into_iter().chain([CAPABILITIES]).collect::<Vec<_>>();
        let work = async move {
            let mut stream = ldap
                .streaming_search("", Scope::Base, "(objectClass=*)", asked)
                .await?;
            let mut root = RootDse::default();
            while let Some(item) = stream.next().await? {
                let Some(entry) = Entry::decode(item) else {
                    continue;
                };
                let [time, base, contexts, configuration] = names.map(|name| entry.text(name));
                root.time = time.and_then(generalized_time);
                root.base = base.or(contexts).map(str::to_owned);
                root.configuration = configuration.map(str::to_owned);
                root.active_directory = match entry.get(CAPABILITIES) {
                    Some(Attribute::Text(one)) => one == ACTIVE_DIRECTORY,
                    Some(Attribute::List(all)) => all.iter().any(|one| one == ACTIVE_DIRECTORY),
                    Some(Attribute::Bytes(_)) | None => false,
                };
            }
            Ok((root, stream.finish().await))
        };
        let what = "reading the root DSE";
        let (root, result) = self
            .guarded(what, limit, Instant::now() + limit, work)
            .await?;
        // 32 and 50: it is hidden, which that of Active Directory never is. What a server has no time to say must not
        // make another kind of directory of it.
        match result.rc {
            0 | 32 | 50 => Ok(root),
            code => Err(DirectoryError::refused(
                &self.server,
                what,
                code,
                &result.text,
            )),
        }
    }

    /// One page of a search, or all of a short one.
    async fn page(
        &self,
        search: &Search<'_>,
        entries: &mut Vec<Entry>,
        cookie: Vec<u8>,
    ) -> Result<LdapResult, LdapError> {
        let wanted = search.limit.saturating_sub(entries.len());
        let mut ldap = self.ldap.clone();
        let mut options = SearchOptions::new().deref(match search.deref_aliases {
            0 => DerefAliases::Never,
            1 => DerefAliases::Searching,
            2 => DerefAliases::Finding,
            _ => DerefAliases::Always,
        });
        if search.limit > PAGE {
            let size = i32::try_from(wanted.min(PAGE)).unwrap_or(i32::MAX);
            ldap.with_controls(RawControl::from(PagedResults { size, cookie }));
        } else {
            options = options.sizelimit(i32::try_from(wanted).unwrap_or(0));
        }
        ldap.with_search_options(options);
        // Not search(): that one never frees its message id.
        let mut stream = ldap
            .streaming_search(
                search.base,
                Scope::Subtree,
                search.filter,
                search.attributes,
            )
            .await?;
        while let Some(item) = stream.next().await? {
            // Referrals to other parts of the forest are not followed.
            if item.is_ref() || item.is_intermediate() {
                continue;
            }
            match Entry::decode(item) {
                Some(entry) => entries.push(entry),
                None => {
                    tracing::warn!(
                        event = event::DIRECTORY_ENTRY_SKIPPED,
                        server = %self.server,
                        "left out an entry that is not valid LDAP"
                    );
                }
            }
            if entries.len() >= search.limit {
                let id = stream.ldap_handle().last_id();
                let _ = stream.finish().await;
                // Tell a server that ignores the limit to stop.
                ldap.abandon(id).await?;
                return Ok(LdapResult {
                    rc: 4,
                    matched: String::new(),
                    text: String::new(),
                    refs: Vec::new(),
                    ctrls: Vec::new(),
                });
            }
        }
        Ok(stream.finish().await)
    }

    /// Runs one operation under its deadline; a panic over a malformed answer becomes an error.
    async fn guarded<T>(
        &self,
        what: &'static str,
        limit: Duration,
        deadline: Instant,
        work: impl Future<Output = Result<T, LdapError>>,
    ) -> Result<T, DirectoryError> {
        self.operations.fetch_add(1, Ordering::Relaxed);
        match timeout_at(deadline, AssertUnwindSafe(work).catch_unwind()).await {
            Ok(Ok(Ok(value))) => Ok(value),
            // The task that writes was gone already.
            Ok(Ok(Err(LdapError::OpSend { .. }))) => {
                Err(DirectoryError::lost(&self.server, LostCause::BeforeSending))
            }
            Ok(Ok(Err(_))) if self.is_dead() => Err(self.lost()),
            Ok(Ok(Err(error))) => Err(DirectoryError::during(what, &self.server, error)),
            Ok(Err(_panic)) => Err(DirectoryError::lost(&self.server, LostCause::NotLdap)),
            Err(_elapsed) => Err(DirectoryError::Timeout {
                server: self.server.clone(),
                operation: what,
                limit,
            }),
        }
    }
}

/// The root DSE (RFC 4512, section 5.1; [MS-ADTS] 3.1.1.3.2).
#[derive(Debug, Default)]
pub(super) struct RootDse {
    /// The server's clock, of those that tell.
    pub time: Option<OffsetDateTime>,
    pub base: Option<String>,
    /// The naming context of a forest's configuration, of Active Directory alone.
    pub configuration: Option<String>,
    pub active_directory: bool,
}

/// The cookie of the next page; empty after the last one.
fn next_page(controls: Vec<Control>) -> Vec<u8> {
    controls
        .into_iter()
        .find_map(|Control(kind, raw)| {
            matches!(kind, Some(ControlType::PagedResults))
                .then(|| raw.parse::<PagedResults>().cookie)
        })
        .unwrap_or_default()
}
