//! Keys of the directory: servers, service account, filters, groups.

use std::{fmt, net::SocketAddr, num::NonZeroUsize, time::Duration};

use crate::secret::SecretString;

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
