//! Keys of the directory: servers, service account, filters, groups.

use std::{
    fmt,
    net::{AddrParseError, SocketAddr},
    num::NonZeroUsize,
    time::Duration,
};

use url::{Host, Url};

use super::{
    credentials,
    filter::FilterTemplate,
    keys,
    problem::{Concern, Missing, Problem},
    reader::Reader,
    signing::SigningPem,
    value::without_userinfo,
};
use crate::secret::{ExposeSecret as _, SecretString};

/// How to reach and search Active Directory, or another LDAP directory.
#[derive(Debug, Clone)]
pub struct DirectoryConfig {
    /// `LDAP_URL`.
    pub servers: ServersConfig,
    /// `LDAP_STARTTLS`: upgrade `ldap://` connections before the bind.
    pub start_tls: bool,
    /// `LDAP_BASE`: where users are searched.
    pub base: String,
    /// Who searches.
    pub service: ServiceAccount,
    /// `LDAP_USER_BY_NAME`: finds one user by a login name; `None`: by all that people type.
    pub user_by_name: Option<FilterTemplate>,
    /// How groups are searched: those of users, and all of them for the tenant.
    pub groups: GroupsConfig,
    /// `LDAP_NUMBER_OF_PARALLEL_BINDS`: password binds under way at the same time.
    pub parallel_binds: NonZeroUsize,
    /// `LDAP_HEARTBEAT_SECONDS`: pause between two probes of the service connection.
    pub heartbeat: Duration,
    /// `LDAP_HEARTBEAT_SEARCH_QUERY`: what a probe searches.
    pub heartbeat_filter: String,
    /// `LDAP_TIMEOUT_SECONDS`: the limit of one connect, bind or search.
    pub timeout: Duration,
}

impl DirectoryConfig {
    /// Whether TLS leads to a server of it.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.start_tls
            || match &self.servers {
                ServersConfig::Fixed(urls) => urls.iter().any(|url| url.scheme == Scheme::Ldaps),
                ServersConfig::Srv { .. } => true,
            }
    }
}

/// Which servers there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServersConfig {
    /// In the order of preference; never empty.
    Fixed(Vec<ServerUrl>),
    /// `srv:corp.example`: those of the SRV records `_ldap._tcp.<domain>`, asked for again and again.
    /// With `LDAP_STARTTLS` at the record's port, else by LDAPS at the port that goes with it: 636 for 389.
    Srv {
        domain: String,
        /// `LDAP_SRV_NAMESERVERS`; empty: the system's.
        nameservers: Vec<SocketAddr>,
    },
}

/// The service account of `LDAP_BIND_USER`, or none with `ANONYMOUS_SEARCH_ENABLED`.
#[derive(Debug, Clone)]
pub enum ServiceAccount {
    Anonymous,
    Simple {
        user: String,
        password: SecretString,
    },
}

/// The keys `GROUPS…` and `LDAP_SEARCH_GROUPS`.
#[derive(Debug, Clone)]
pub struct GroupsConfig {
    /// `GROUPS`; false: profiles carry no groups.
    pub of_users: bool,
    /// `LDAP_BASE_GROUPS`.
    pub base: String,
    /// `LDAP_SEARCH_GROUPS`: finds the groups of the user whose DN replaces `{0}`.
    pub filter: FilterTemplate,
    /// The filter is the default: its answer counts, not the way to it.
    pub is_usual: bool,
    /// `GROUP_PROPERTY`: the attribute that names a group.
    pub property: String,
    /// `GROUP_PROPERTIES`: when not empty, each group is an object of these attributes.
    pub properties: Vec<String>,
    /// `GROUPS_TIMEOUT_SECONDS`: the limit of one group search.
    pub timeout: Duration,
    /// `GROUPS_CACHE_SECONDS`: how long a user's groups are remembered; zero: not at all.
    pub cache: Duration,
    /// `GROUPS_DEREF_ALIASES`: 0 never, 1 searching, 2 finding, 3 always (RFC 4511, 4.5.1.3).
    pub deref_aliases: u8,
}

impl GroupsConfig {
    /// How long groups are remembered. A thousand years are too many for what remembers them.
    #[must_use]
    pub fn kept(&self) -> Duration {
        self.cache.min(Duration::from_hours(24 * 365))
    }

    /// The filter with the class of groups, when it looks at entries of whatever class.
    #[must_use]
    pub fn with_class(&self) -> Option<FilterTemplate> {
        let text = self.filter.as_str();
        let lower = text.to_lowercase();
        let has_class = lower.contains("objectcategory=") || lower.contains("objectclass=");
        let of_groups = format!("(&(objectCategory=group){text})");
        (!has_class).then(|| FilterTemplate::parse(&of_groups).ok())?
    }
}

/// One server of `LDAP_URL`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ServerUrl {
    pub scheme: Scheme,
    /// A host name or address, without brackets.
    pub host: String,
    pub port: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    Ldap,
    Ldaps,
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Ldap => "ldap",
            Scheme::Ldaps => "ldaps",
        };
        if self.host.contains(':') {
            write!(f, "{scheme}://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{scheme}://{}:{}", self.host, self.port)
        }
    }
}

pub(super) fn directory(signing: Option<&SigningPem>, r: &mut Reader) -> Option<DirectoryConfig> {
    let servers = servers(r);
    let base = r.read(&keys::LDAP_BASE);
    if base.is_none() {
        r.missing(&keys::LDAP_BASE, Missing::Base);
    }
    let service = service(signing, r);
    let filter = r.read(&keys::LDAP_SEARCH_GROUPS);
    let groups = GroupsConfig {
        of_users: r.read(&keys::GROUPS),
        base: r.read_or_usual(&keys::LDAP_BASE_GROUPS).unwrap_or_default(),
        is_usual: filter.as_str() == keys::LDAP_SEARCH_GROUPS.kind.0,
        filter,
        property: r.read(&keys::GROUP_PROPERTY),
        properties: r.read(&keys::GROUP_PROPERTIES),
        timeout: r.read(&keys::GROUPS_TIMEOUT_SECONDS),
        cache: r.read(&keys::GROUPS_CACHE_SECONDS),
        deref_aliases: r.read(&keys::GROUPS_DEREF_ALIASES),
    };
    if !groups.filter.requires_value() {
        let means = "everybody is in the groups that it finds";
        r.warn(&keys::LDAP_SEARCH_GROUPS, Concern::EnoughWithout(means));
    }
    let user_by_name = r.read(&keys::LDAP_USER_BY_NAME);
    if user_by_name
        .as_ref()
        .is_some_and(FilterTemplate::takes_part)
    {
        r.warn(&keys::LDAP_USER_BY_NAME, Concern::PartOfName);
    }
    // The AD/LDAP Connector writes its default of 1 into config.json, where it serialises all logins.
    let binds = r.read(&keys::LDAP_NUMBER_OF_PARALLEL_BINDS);
    if binds == 1 {
        let usual = keys::LDAP_NUMBER_OF_PARALLEL_BINDS.kind.default;
        r.warn(
            &keys::LDAP_NUMBER_OF_PARALLEL_BINDS,
            Concern::OneBindAtATime { usual },
        );
    }
    Some(DirectoryConfig {
        servers,
        start_tls: r.read(&keys::LDAP_STARTTLS),
        service,
        user_by_name,
        groups,
        parallel_binds: NonZeroUsize::new(binds).unwrap_or(NonZeroUsize::MIN),
        heartbeat: r.read(&keys::LDAP_HEARTBEAT_SECONDS),
        heartbeat_filter: r.read(&keys::LDAP_HEARTBEAT_SEARCH_QUERY),
        timeout: r.read(&keys::LDAP_TIMEOUT_SECONDS),
        // Last, so that everything wrong was found before.
        base: base?,
    })
}

fn servers(r: &mut Reader) -> ServersConfig {
    let nameservers = nameservers(r);
    let mut servers = Vec::new();
    let given = r.read(&keys::LDAP_URL);
    if let [one] = given.as_slice()
        && let Some(domain) = one.strip_prefix("srv:")
    {
        let domain = domain.trim_matches(['/', '.']).to_owned();
        if !matches!(Host::parse(&domain), Ok(Host::Domain(name)) if is_name(&name)) {
            r.wrong(&keys::LDAP_URL, Problem::NotADomain(domain.clone()));
        }
        return ServersConfig::Srv {
            domain,
            nameservers,
        };
    }
    if given.is_empty() {
        r.missing(&keys::LDAP_URL, Missing::Servers);
    }
    for text in given {
        match server(&text) {
            Some(server) => servers.push(server),
            None => {
                let shown = without_userinfo(&text);
                let problem = if shown == text {
                    Problem::NotAServer(shown)
                } else {
                    Problem::UserInServer(shown)
                };
                r.wrong(&keys::LDAP_URL, problem);
            }
        }
    }
    ServersConfig::Fixed(servers)
}

fn nameservers(r: &mut Reader) -> Vec<SocketAddr> {
    let mut servers = Vec::new();
    for text in r.read(&keys::LDAP_SRV_NAMESERVERS) {
        let address = text
            .parse()
            .or_else(|_| Ok::<_, AddrParseError>(SocketAddr::new(text.parse()?, 53)));
        match address {
            Ok(address) => servers.push(address),
            Err(_) => r.wrong(&keys::LDAP_SRV_NAMESERVERS, Problem::NotANameServer(text)),
        }
    }
    servers
}

fn server(text: &str) -> Option<ServerUrl> {
    let (scheme, default_port) = match text.split_once("://")?.0.to_ascii_lowercase().as_str() {
        "ldap" => (Scheme::Ldap, 389),
        "ldaps" => (Scheme::Ldaps, 636),
        _ => return None,
    };
    let url = Url::parse(text).ok()?;
    let is_plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
        && matches!(url.path(), "" | "/");
    let host = url.host_str()?.trim_matches(['[', ']']).to_owned();
    let port = url.port().unwrap_or(default_port);
    let is_host = host.contains(':') || is_name(&host);
    (is_plain && is_host && port != 0).then_some(ServerUrl { scheme, host, port })
}

/// Whether there can be a host or domain of that name.
fn is_name(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    !text.is_empty() && text.chars().all(is_part)
}

fn service(signing: Option<&SigningPem>, r: &mut Reader) -> ServiceAccount {
    let anonymous = r.read(&keys::ANONYMOUS_SEARCH_ENABLED);
    let user = r.read(&keys::LDAP_BIND_USER);
    let password = r.read(&keys::LDAP_BIND_PASSWORD);
    let stored = r.read(&keys::LDAP_BIND_CREDENTIALS);
    if anonymous {
        return ServiceAccount::Anonymous;
    }
    let is_stored = stored.is_some();
    let password = password.or_else(|| stored_password(&stored?, signing, r));
    match (user, password) {
        (Some(user), Some(password)) => return ServiceAccount::Simple { user, password },
        (user, password) => {
            if user.is_none() {
                r.missing(&keys::LDAP_BIND_USER, Missing::BindUser);
            }
            if password.is_none() && !is_stored {
                r.missing(&keys::LDAP_BIND_PASSWORD, Missing::BindPassword);
            }
        }
    }
    ServiceAccount::Anonymous
}

fn stored_password(
    stored: &SecretString,
    signing: Option<&SigningPem>,
    r: &mut Reader,
) -> Option<SecretString> {
    let Some(signing) = signing else {
        r.wrong(&keys::LDAP_BIND_CREDENTIALS, Problem::NoKeyForCredentials);
        return None;
    };
    let key_file = signing.key.expose_secret().as_bytes();
    credentials::decrypt(stored.expose_secret(), key_file)
        .map_err(|error| r.wrong(&keys::LDAP_BIND_CREDENTIALS, error))
        .ok()
}
