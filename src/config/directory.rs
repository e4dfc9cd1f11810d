//! Keys of the directory: servers, service account, filters, groups.

use std::{
    fmt,
    net::{AddrParseError, SocketAddr},
    num::NonZeroUsize,
    time::Duration,
};

use url::{Host, Url};

use super::{credentials, reader::Reader, signing::SigningPair};
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
    /// `LDAP_USER_BY_NAME`: finds one user by a login name.
    pub user_by_name: FilterTemplate,
    /// `None` when `GROUPS` is false: profiles then carry an empty list of groups.
    pub groups: Option<GroupsConfig>,
    /// `LDAP_NUMBER_OF_PARALLEL_BINDS`: password binds under way at the same time.
    pub parallel_binds: NonZeroUsize,
    /// `LDAP_HEARTBEAT_SECONDS`: pause between two probes of the service connection.
    pub heartbeat: Duration,
    /// `LDAP_HEARTBEAT_SEARCH_QUERY`: what a probe searches.
    pub heartbeat_filter: String,
    /// `LDAP_TIMEOUT_SECONDS`: the limit of one connect, bind or search.
    pub timeout: Duration,
}

/// Which servers there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServersConfig {
    /// In the order of preference; never empty.
    Fixed(Vec<ServerUrl>),
    /// `srv:corp.example`: those of the SRV records `_ldap._tcp.<domain>`, asked for again and again.
    /// With `LDAP_STARTTLS` at the record's port, else by LDAPS at its twin: 636 for 389.
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
    /// `LDAP_BASE_GROUPS`.
    pub base: String,
    /// `LDAP_SEARCH_GROUPS`: finds the groups of the user whose DN replaces `{0}`.
    pub filter: FilterTemplate,
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

/// An LDAP filter in which `{0}` stands for a value, for instance `(sAMAccountName={0})`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterTemplate(String);

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

impl FilterTemplate {
    /// The template, or `None` when the text holds no `{0}`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.contains("{0}").then(|| Self(text.to_owned()))
    }

    /// A template of this program, which holds `{0}`.
    pub(super) fn fixed(text: &str) -> Self {
        debug_assert!(text.contains("{0}"));
        Self(text.to_owned())
    }

    /// The filter with `value`, already escaped (RFC 4515, section 3), in place of every `{0}`.
    #[must_use]
    pub fn with_escaped(&self, value: &str) -> String {
        self.0.replace("{0}", value)
    }
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

pub(super) fn directory(signing: Option<&SigningPair>, r: &mut Reader) -> Option<DirectoryConfig> {
    let servers = servers(r);
    let base = r.text("LDAP_BASE");
    if base.is_none() {
        r.missing(
            "LDAP_BASE",
            "Write the DN under which users are, DC=corp,DC=example",
        );
    }
    let service = service(signing, r);
    let groups = r.flag("GROUPS", true);
    let base_groups = r.text("LDAP_BASE_GROUPS").or_else(|| base.clone());
    let groups_config = GroupsConfig {
        base: base_groups.unwrap_or_default(),
        filter: filter(
            "LDAP_SEARCH_GROUPS",
            "(member:1.2.840.113556.1.4.1941:={0})",
            r,
        ),
        property: r.text("GROUP_PROPERTY").unwrap_or_else(|| "cn".to_owned()),
        properties: r.list("GROUP_PROPERTIES"),
        timeout: r.seconds("GROUPS_TIMEOUT_SECONDS", 20, 1..=3600),
        cache: r.seconds("GROUPS_CACHE_SECONDS", 600, 0..=86_400),
        deref_aliases: r.number("GROUPS_DEREF_ALIASES", 0, 0..=3),
    };
    // The incumbent writes its default of 1 into config.json, where it serialises all logins.
    let binds = r.number("LDAP_NUMBER_OF_PARALLEL_BINDS", 32_usize, 1..=1024);
    if binds == 1 {
        r.warn(
            "LDAP_NUMBER_OF_PARALLEL_BINDS",
            "1 lets one password check wait for another; remove the key for the default of 32",
        );
    }
    Some(DirectoryConfig {
        servers,
        start_tls: r.flag("LDAP_STARTTLS", false),
        service,
        user_by_name: filter("LDAP_USER_BY_NAME", "(sAMAccountName={0})", r),
        groups: groups.then_some(groups_config),
        parallel_binds: NonZeroUsize::new(binds).unwrap_or(NonZeroUsize::MIN),
        heartbeat: r.seconds("LDAP_HEARTBEAT_SECONDS", 60, 1..=3600),
        heartbeat_filter: r.text("LDAP_HEARTBEAT_SEARCH_QUERY").unwrap_or_else(|| {
            "(&(objectclass=user)(|(sAMAccountName=foo)(UserPrincipalName=foo)))".to_owned()
        }),
        timeout: r.seconds("LDAP_TIMEOUT_SECONDS", 10, 1..=300),
        // Last, so that everything wrong was found before.
        base: base?,
    })
}

fn servers(r: &mut Reader) -> ServersConfig {
    let nameservers = nameservers(r);
    let mut servers = Vec::new();
    let given = r.list("LDAP_URL");
    if let [one] = given.as_slice()
        && let Some(domain) = one.strip_prefix("srv:")
    {
        let domain = domain.trim_matches(['/', '.']).to_owned();
        if Host::parse(&domain).is_err() {
            r.wrong(
                "LDAP_URL",
                format!("{domain:?} is not a domain"),
                "Write srv: and the DNS name of the domain, srv:corp.example",
            );
        }
        return ServersConfig::Srv {
            domain,
            nameservers,
        };
    }
    if given.is_empty() {
        r.missing(
            "LDAP_URL",
            "Write the directory's address, ldaps://dc1.corp.example",
        );
    }
    for text in given {
        match server(&text) {
            Some(server) => servers.push(server),
            None => r.wrong(
                "LDAP_URL",
                format!("{text:?} is not the address of a directory"),
                "Write ldaps://dc1.corp.example, ldap://dc1.corp.example:389, or srv:corp.example alone",
            ),
        }
    }
    ServersConfig::Fixed(servers)
}

fn nameservers(r: &mut Reader) -> Vec<SocketAddr> {
    let mut servers = Vec::new();
    for text in r.list("LDAP_SRV_NAMESERVERS") {
        let address = text
            .parse()
            .or_else(|_| Ok::<_, AddrParseError>(SocketAddr::new(text.parse()?, 53)));
        match address {
            Ok(address) => servers.push(address),
            Err(_) => r.wrong(
                "LDAP_SRV_NAMESERVERS",
                format!("{text:?} is not the address of a name server"),
                "Write 192.0.2.53 or 192.0.2.53:5353",
            ),
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
    let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    let host = url.host_str()?.trim_matches(['[', ']']).to_owned();
    (plain && !host.is_empty() && matches!(url.path(), "" | "/")).then(|| ServerUrl {
        scheme,
        host,
        port: url.port().unwrap_or(default_port),
    })
}

fn service(signing: Option<&SigningPair>, r: &mut Reader) -> ServiceAccount {
    if r.flag("ANONYMOUS_SEARCH_ENABLED", false) {
        return ServiceAccount::Anonymous;
    }
    let user = r.text("LDAP_BIND_USER");
    let password = match r.password("LDAP_BIND_PASSWORD") {
        Some(password) => Some(password),
        None => stored_password(signing, r),
    };
    match (user, password) {
        (Some(user), Some(password)) => return ServiceAccount::Simple { user, password },
        (user, password) => {
            if user.is_none() {
                r.missing(
                    "LDAP_BIND_USER",
                    "Give the DN or user principal name of an account that may search, or set \
                     ANONYMOUS_SEARCH_ENABLED",
                );
            }
            if password.is_none() && r.secret("LDAP_BIND_CREDENTIALS").is_none() {
                r.missing("LDAP_BIND_PASSWORD", "Give the password of LDAP_BIND_USER");
            }
        }
    }
    ServiceAccount::Anonymous
}

fn stored_password(signing: Option<&SigningPair>, r: &mut Reader) -> Option<SecretString> {
    let stored = r.secret("LDAP_BIND_CREDENTIALS")?;
    let remedy = "Copy certs/cert.key from the installation that wrote it, or give \
                  LDAP_BIND_PASSWORD again";
    let Some(pair) = signing else {
        r.wrong(
            "LDAP_BIND_CREDENTIALS",
            "cannot be read without certs/cert.key",
            remedy,
        );
        return None;
    };
    let key_file = pair.key.expose_secret().as_bytes();
    credentials::decrypt(stored.expose_secret(), key_file)
        .map_err(|error| r.wrong("LDAP_BIND_CREDENTIALS", error.to_string(), remedy))
        .ok()
}

pub(super) fn filter(key: &str, default: &str, r: &mut Reader) -> FilterTemplate {
    let default = FilterTemplate::fixed(default);
    r.parsed(
        key,
        default,
        FilterTemplate::parse,
        "has no {0}, the place of the value",
        "Write a filter such as (sAMAccountName={0})",
    )
}
