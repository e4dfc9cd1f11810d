//! What can be wrong with a configuration beyond a single value, in words for the administrator, each with
//! what would be right.

use std::{io, path::PathBuf, sync::Arc};

use url::{Host, Url};

use super::{credentials::CredentialsError, key::Declared, kinds::Wrong, logo::LogoError};
use crate::cause::{self, quoted};

/// What is wrong; its words are read after the name of the key.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Problem {
    #[error(transparent)]
    Value(#[from] Wrong),
    #[error("is missing")]
    Missing(Missing),
    #[error("cannot be read: {}", cause::io(cause))]
    Unreadable {
        #[source]
        cause: Arc<io::Error>,
        holds: Holds,
    },
    /// The keys of its files.
    #[error("cannot be passed (permission denied), and the files of {} are behind it", .0.join(", "))]
    BehindFolder(Vec<String>),
    /// The keys of its files.
    #[error("is no folder, and the files of {} should be in it", .0.join(", "))]
    InNoFolder(Vec<String>),
    #[error("is a link to a file that is not there")]
    LeadsNowhere,
    #[error("is not on this host")]
    NotHere,
    /// No key is given by the environment either.
    #[error("is missing")]
    NoConfiguration,
    #[error("is not a folder")]
    NoFolder,
    #[error("is not JSON ({0})")]
    NotJson(#[source] Arc<serde_json::Error>),
    #[error("is not a JSON object")]
    NotAnObject,
    #[error("is in config.json more than once, and only the last one would count")]
    GivenTwice,
    #[error("is not text")]
    NotAPath(&'static dyn Declared),
    #[error("holds no certificate in PEM")]
    NoBalancerCertificate,
    /// Why it is no pattern.
    #[error("is no file, and no pattern of file names in SSL_CA_PATH ({0})")]
    NoFileNorPattern(String),
    #[error(
        "names no file: there is none at {}, and as a pattern it fits no name in SSL_CA_PATH ({})",
        quoted(pattern),
        folder.display()
    )]
    FitsNoRoots { pattern: String, folder: PathBuf },
    #[error("{0}")]
    NoLogo(#[source] Arc<LogoError>),
    #[error("is not base64")]
    NotBase64,
    #[error("cannot be read without certs/cert.key")]
    NoKeyForCredentials,
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    #[error("{} is not a domain", quoted(.0))]
    NotADomain(String),
    #[error("{} is not the address of a directory", quoted(.0))]
    NotAServer(String),
    /// Shown without it.
    #[error("{} is given with a user, which does not belong there", quoted(.0))]
    UserInServer(String),
    #[error("{} is not the address of a name server", quoted(.0))]
    NotANameServer(String),
    #[error("{} is not the name of a host", quoted(.0))]
    NotAHost(String),
    #[error("{} is not an address range", quoted(.0))]
    NotANetwork(String),
    #[error("{} is not an address with a port", quoted(.0))]
    NotAMember(String),
    #[error("has more than {0} addresses")]
    TooManyMembers(usize),
    #[error("{} is not a callback URL", quoted(.0))]
    NotACallback(String),
    #[error("is not a web address")]
    NotAWebAddress,
    #[error("holds more than an address: a user, a query (?) or a fragment (#)")]
    MoreThanAnAddress,
    #[error("is not the address of a hub")]
    NotAHub,
    #[error("is not encrypted (http), and users' passwords pass through it")]
    PlainHub,
    #[error("is shorter than 32 characters")]
    ShortTicketSecret,
    #[error("is not an address with https")]
    NotATicket,
    #[error("is on, but no address may send its header, so nobody could connect")]
    NobodySendsProxyHeader,
    #[error("leaves TLS to a balancer, but none is trusted")]
    NobodyEndsTls,
    #[error("lets a proxy name the user, but no proxy is trusted")]
    NobodyNamesUsers,
    #[error("cannot be trusted behind PROXY v2, where every request is the client's own")]
    NamesUsersBehindProxyV2,
    #[error(
        "cannot be required where a balancer ends TLS: this instance does not see its certificate"
    )]
    BindingNotSeen,
}

/// What must be given, and is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    Base,
    Servers,
    BindUser,
    BindPassword,
    Connection,
    Realm,
    TenantKey,
    SigningKey,
    SigningCertificate,
    /// Both, where no file is read.
    SigningInEnvironment,
    TlsKey,
    TlsChain,
    ServerCertificate,
    ClientAuthorities,
}

/// What a file, or a folder, should hold.
#[derive(Debug, Clone, Copy)]
pub enum Holds {
    Configuration,
    SigningKeyOrCertificate,
    Secret(&'static dyn Declared),
    Keytab,
    BalancerCertificate,
    Roots,
    FolderOfRoots,
    Logo,
}

/// What is probably not meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Concern {
    #[error("unknown key; it is kept and has no effect")]
    Unknown,
    #[error("unknown key, without effect; did you mean {0}?")]
    Misspelt(&'static str),
    #[error("is the older name of {0}; write {0}")]
    OlderName(&'static str),
    #[error("counts in the environment only; without effect here")]
    EnvironmentOnly,
    #[error(
        "1 lets one password check wait for another; remove the key for the default of {usual}"
    )]
    OneBindAtATime { usual: usize },
    /// What that means.
    #[error("a part without {{0}} is enough: {0}")]
    EnoughWithout(&'static str),
    #[error(
        "a part of a name is enough, by the * beside {{0}}: whoever types less than a name may mean somebody"
    )]
    PartOfName,
    #[error(
        "a pattern of file names, and no SSL_CA_PATH to find them in: without effect. The roots of this host \
         count, all of them"
    )]
    PatternWithoutFolder,
    #[error("has no file whose name ends in pem, crt or cer: without effect")]
    FolderWithoutRoots,
    #[error("{file} cannot be read ({why}): it is left out, what it holds is not trusted")]
    RootLeftOut { file: String, why: String },
    #[error(
        "is in config.json, and so in every export and backup: give it by TLS_TICKET_SECRET_FILE, a file outside of \
         the home folder, or by the environment"
    )]
    InEveryBackup,
    #[error("no certificate for SERVER_URL (certs/tls.pem or SSL_PFX): direct logins are off")]
    NoServerCertificate,
    #[error("{0}")]
    NoTicket(NoTicket),
    #[error("is missing: direct logins have no one to send a token to")]
    NoRelyingParty,
    #[error(
        "this key should list the callback URLs of REALM; until then direct logins are refused"
    )]
    NoCallbacks,
}

/// Why browsers bring no Kerberos ticket to a host, or one for another name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoTicket {
    #[error(
        "an IP address is its host, and browsers ask for no Kerberos ticket for an address: write the host \
         name that the certificate and the SPN have"
    )]
    Address,
    #[error(
        "its host ends in a dot, and browsers ask for a Kerberos ticket of that other name: write it without \
         the dot"
    )]
    FinalDot,
}

impl NoTicket {
    /// By the address that users open.
    #[must_use]
    pub fn of(url: &Url) -> Option<Self> {
        match url.host()? {
            Host::Ipv4(_) | Host::Ipv6(_) => Some(Self::Address),
            Host::Domain(name) => name.ends_with('.').then_some(Self::FinalDot),
        }
    }
}

impl Problem {
    pub(super) fn unreadable(cause: io::Error, holds: Holds) -> Self {
        Self::Unreadable {
            cause: Arc::new(cause),
            holds,
        }
    }

    /// Whether something is not there, rather than wrong.
    pub(super) fn is_lack(&self) -> bool {
        matches!(
            self,
            Self::Missing(_)
                | Self::Unreadable { .. }
                | Self::BehindFolder(_)
                | Self::InNoFolder(_)
                | Self::NotHere
        )
    }

    /// Whether this user may not read a file.
    pub(super) fn is_denied(&self) -> bool {
        match self {
            Self::Unreadable { cause, .. } => cause.kind() == io::ErrorKind::PermissionDenied,
            Self::BehindFolder(_) => true,
            _ => false,
        }
    }

    /// What would be right.
    #[must_use]
    pub fn remedy(&self) -> String {
        let fixed = match self {
            Self::Value(wrong) => return wrong.remedy(),
            Self::Unreadable {
                holds: Holds::Secret(key),
                ..
            }
            | Self::NotAPath(key) => {
                return format!("Give the path of a file that holds {}", key.name());
            }
            Self::Missing(missing) => missing.remedy(),
            Self::Unreadable {
                cause,
                holds: Holds::Configuration,
            } if cause.kind() == io::ErrorKind::InvalidData => "Save it as UTF-8",
            Self::Unreadable { holds, .. } => holds.remedy(),
            Self::BehindFolder(_) => "Give the folder to the user that runs ad-edge",
            Self::InNoFolder(_) => "Make the folder and put the files there, or correct the keys",
            Self::LeadsNowhere => "Put the file there, or a file in place of the link",
            Self::NotHere => "Copy it from the other host, or write the path that it has here",
            Self::NoConfiguration => {
                "Make it (ad-edge setup), import an installation (ad-edge import), or copy it there"
            }
            Self::NoFolder => "Correct --home (or AD_EDGE_HOME), or make the folder first",
            Self::NotJson(_) => "Correct it at that line",
            Self::NotAnObject => r#"Write {"KEY": value, …}"#,
            Self::GivenTwice => "Take out all but one",
            Self::NoBalancerCertificate => Holds::BalancerCertificate.remedy(),
            Self::NoFileNorPattern(_) => {
                "Write the path of a PEM file, or a pattern without look-around and references back"
            }
            Self::FitsNoRoots { .. } => {
                "Correct it, or take it out: files that end in pem, crt or cer count then"
            }
            Self::NoLogo(_) => {
                "Put the logo there as an SVG, or as a PNG of at most 4096 pixels a side, of at most 256 KiB"
            }
            Self::NotBase64 => "Give the PKCS#12 file's bytes in base64 (base64 -w0 server.pfx)",
            Self::NoKeyForCredentials | Self::Credentials(_) => {
                "Copy certs/cert.key from the installation that wrote it, or give LDAP_BIND_PASSWORD again"
            }
            Self::NotADomain(_) => "Write srv: and the DNS name of the domain, srv:corp.example",
            Self::NotAServer(_) => {
                "Write ldaps://dc1.corp.example, ldap://dc1.corp.example:389, or srv:corp.example alone"
            }
            Self::UserInServer(_) => {
                "Take the user and its password out, and give LDAP_BIND_USER and LDAP_BIND_PASSWORD"
            }
            Self::NotANameServer(_) => "Write 192.0.2.53 or 192.0.2.53:5353",
            Self::NotAHost(_) => r#"Write ["login", "farm.corp.example"], without HTTP/ before it"#,
            Self::NotANetwork(_) => r#"Write ["10.0.0.0/24", "fd00::5"]"#,
            Self::NotAMember(_) => {
                "Write the OPS_LISTEN of each instance, edge1.corp.example:9464 or [fd00::5]:9464, or one \
                 name that stands for all of them"
            }
            Self::TooManyMembers(_) => "List each instance once",
            Self::NotACallback(_) => {
                "Write absolute addresses between commas, https://acme.auth0.com/login/callback"
            }
            Self::NotAWebAddress | Self::MoreThanAnAddress => {
                "Write the address users open, https://login.corp.example"
            }
            Self::NotAHub => "Write what the ticket gave, https://acme.auth0.com/lo/hub",
            Self::PlainHub => {
                "Write it with https, as the ticket gives it; http is for this machine alone (127.0.0.1, localhost)"
            }
            Self::ShortTicketSecret => {
                "Make one by `openssl rand -hex 32`, and give every instance the same"
            }
            Self::NotATicket => {
                "Copy it from the connection's page at the tenant, https://<tenant>/p/ad/<letters>"
            }
            Self::NobodySendsProxyHeader | Self::NobodyEndsTls => {
                "List the balancers' addresses in TRUSTED_PROXIES"
            }
            Self::NobodyNamesUsers => {
                "List the proxy's address in TRUSTED_PROXIES, or use KERBEROS_AUTH with a keytab"
            }
            Self::NamesUsersBehindProxyV2 => {
                "Set PROXY_PROTOCOL to off, or use KERBEROS_AUTH with a keytab"
            }
            Self::BindingNotSeen => {
                "List the balancer's certificates in CHANNEL_BINDING_CERT_FILES, or let TLS end here \
                 (TLS_TERMINATION here, haproxy/passthrough.cfg)"
            }
        };
        fixed.to_owned()
    }
}

impl Missing {
    fn remedy(self) -> &'static str {
        match self {
            Self::Base => "Write the DN under which users are, DC=corp,DC=example",
            Self::Servers => "Write the directory's address, ldaps://dc1.corp.example",
            Self::BindUser => {
                "Give the DN or user principal name of an account that may search, or set \
                 ANONYMOUS_SEARCH_ENABLED"
            }
            Self::BindPassword => "Give the password of LDAP_BIND_USER",
            Self::Connection => "The hub knows us by it: give the connection's name",
            Self::Realm => "The hub's token is made for it: give urn:auth0:<tenant>",
            Self::TenantKey => "The hub's requests are checked with it: take it from the ticket",
            Self::SigningKey => {
                "There is a signing certificate but no key: restore certs/cert.key beside certs/cert.pem"
            }
            Self::SigningCertificate => {
                "There is a signing key but no certificate: restore certs/cert.pem beside certs/cert.key"
            }
            Self::SigningInEnvironment => {
                "With OVERRIDE_CONFIG=false no file is read: give AUTH_CERT and AUTH_CERT_KEY"
            }
            Self::TlsKey => "TLS_CERT_FILE is set: give its key too",
            Self::TlsChain => "TLS_KEY_FILE is set: give the chain too",
            Self::ServerCertificate => {
                "Logins by Kerberos and client certificate need a certificate for SERVER_URL: put it at \
                 certs/tls.pem with its key at certs/tls.key, or set TLS_CERT_FILE and TLS_KEY_FILE, or SSL_PFX"
            }
            Self::ClientAuthorities => {
                "Logins by client certificate need the CA that issues them: put it at \
                 certs/client-ca.pem (PEM), or set CLIENT_CA_FILE or CA_CERT"
            }
        }
    }
}

impl Holds {
    fn remedy(self) -> &'static str {
        match self {
            Self::Configuration | Self::SigningKeyOrCertificate => {
                "Make it readable for the user that runs ad-edge"
            }
            Self::Secret(_) => "Give the path of a file that holds it",
            Self::Keytab => {
                "Export the keys of HTTP/<host of SERVER_URL> from AD (ktpass, or \
                 samba-tool domain exportkeytab) to that file, readable for this user"
            }
            Self::BalancerCertificate => {
                "Copy the certificate that the balancer shows at SERVER_URL to that file, PEM"
            }
            Self::Roots => "Give a PEM file of CA certificates",
            Self::FolderOfRoots => "Give a folder of PEM files",
            Self::Logo => "Put an SVG or PNG there, readable for the user that runs ad-edge",
        }
    }
}
