//! The configuration: `config.json`, the environment and the defaults, read once into types that
//! cannot be wrong.
//!
//! [`Config::load`] is the only way in. It reports every mistake at once ([`Invalid`]), each with its
//! key and what would be right. Sections are named after the part of the program that they build.

mod accounts;
mod client_cert;
mod credentials;
mod directory;
mod effective;
mod federation;
mod home;
mod keys;
mod listen;
mod log_format;
mod mistake;
mod reader;
mod sections;
mod settings;
mod source;
mod tls;
mod tunnel;

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, time::Duration};

use serde_json::{Map, Value};

pub use self::{
    accounts::{AccountsConfig, MapperSource, WriteBackConfig},
    client_cert::{
        AuthoritySource, CertificateName, ClientCertConfig, RevocationConfig, RevocationFiles,
    },
    credentials::{encrypt as encrypt_credentials, opens as credentials_open},
    directory::{
        DirectoryConfig, FilterTemplate, GroupsConfig, Scheme, ServerUrl, ServersConfig,
        ServiceAccount,
    },
    effective::{Effective, text_of, uses_files},
    federation::{Callback, FederationConfig, RelyingParties},
    home::{Home, SigningPair},
    keys::{find as find_key, keys_table},
    listen::{ListenConfig, ProxyProtocol},
    log_format::LogFormat,
    mistake::{Invalid, Mistake, Warning},
    reader::{Fingerprint, Loaded, flag as read_flag, list as read_list},
    settings::Settings,
    source::FileKeys,
    tls::TlsMaterial,
    tunnel::{ProxyConfig, TunnelConfig},
};
use self::{reader::Reader, source::Source};
use crate::secret::SecretString;

/// Everything one instance needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    pub home: Home,
    pub instance: InstanceConfig,
    /// `None`: no certificate for SERVER_URL, so no direct logins.
    pub direct: Option<DirectConfig>,
    pub directory: DirectoryConfig,
    pub federation: FederationConfig,
    /// `None`: neither file exists yet; a first start makes them.
    pub signing: Option<SigningPair>,
    /// Further roots for outgoing TLS: PEM files of `SSL_CA_FILE` and `SSL_CA_PATH`.
    pub extra_roots: Vec<PathBuf>,
    pub ops_listen: SocketAddr,
    /// `DRAIN_SECONDS`.
    pub drain: Duration,
    /// `SHUTDOWN_SECONDS`.
    pub shutdown: Duration,
    /// `LOG_FORMAT`; `None`: text on a terminal, else JSON.
    pub log_format: Option<LogFormat>,
    /// False with `OVERRIDE_CONFIG=false`: no file of the home folder is read or written.
    pub uses_files: bool,
    /// `None`: no hub is given (`AD_HUB`), or `AGENT_MODE` is off.
    pub tunnel: Option<TunnelConfig>,
    pub accounts: AccountsConfig,
    /// `PROVISIONING_TICKET`: where the tenant tells what it knows of this installation.
    pub ticket: Option<SecretString>,
    pub proxy: ProxyConfig,
    /// `ADMIN_LISTEN`; `None`: no console.
    pub admin_listen: Option<SocketAddr>,
    /// `TENANT_SIGNING_KEY`: checks what the tenant signs; PEM, or a shared secret.
    pub tenant_key: Option<SecretString>,
}

/// How this instance calls itself.
#[derive(Debug, Clone)]
pub struct InstanceConfig {
    /// `INSTANCE_NAME`.
    pub name: String,
    /// `INSTANCE_HEADER`: name the instance in each answer.
    pub header: bool,
    /// `SITE_NAME`, else `CONNECTION`: whose sign-in page this is.
    pub site: String,
}

/// The direct logins: what browsers reach at SERVER_URL.
#[derive(Debug, Clone)]
pub struct DirectConfig {
    pub listen: ListenConfig,
    /// `None` with `TLS_TERMINATION=proxy`: a trusted balancer ends TLS and speaks plain HTTP to us.
    pub tls: Option<TlsMaterial>,
    /// `None` when `CLIENT_CERT_AUTH` is false.
    pub client_cert: Option<ClientCertConfig>,
    /// `None` when `KERBEROS_AUTH` is false.
    pub kerberos: Option<KerberosConfig>,
    /// `FORM_LOGIN`.
    pub form: bool,
    pub form_limits: FormLimits,
    /// `MAX_LOGINS`: under way at the same time.
    pub max_logins: usize,
    /// `CHANNEL_BINDING_CERT_FILES`: what balancers show that end TLS.
    pub balancer_certificates: Vec<BalancerCertificate>,
    /// `WITH_KERBEROS_PROXY_FRONTEND`: a trusted proxy names the user.
    pub proxy_frontend: bool,
}

/// A certificate that a balancer shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalancerCertificate {
    /// Where it was read from.
    pub file: PathBuf,
    pub der: Vec<u8>,
}

/// Limits of password attempts at the form, on each instance; 0 is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormLimits {
    /// `FORM_ATTEMPTS_PER_MINUTE`: wrong passwords from one client address.
    pub per_address: u32,
    /// `FORM_FAILURES_PER_USER`: wrong passwords of one user within the window.
    pub per_user: u32,
    /// `FORM_FAILURES_SECONDS`.
    pub window: Duration,
}

/// Keys of Kerberos.
#[derive(Debug, Clone)]
pub struct KerberosConfig {
    /// `KERBEROS_KEYTAB`.
    pub keytab: PathBuf,
    /// `KERBEROS_REALMS`; empty: the keytab's.
    pub realms: Vec<String>,
    pub channel_binding: ChannelBindingPolicy,
}

/// `CHANNEL_BINDING`: whether a token must be made for the very TLS connection that brings it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelBindingPolicy {
    /// Not looked at: for balancers that end TLS.
    Off,
    /// A wrong one is refused; none is accepted, since many browsers send none.
    Accept,
    Require,
}

impl Config {
    /// Reads the configuration of `home` with `environment` over it.
    ///
    /// # Errors
    /// Every mistake found; nothing is left out because something else is wrong.
    #[cfg(test)]
    pub fn load(home: Home, environment: &BTreeMap<String, String>) -> Result<Loaded, Invalid> {
        Self::load_with(home, environment, &Map::new())
    }

    /// The same with `learned` over the file and under the environment: what the tenant said, or what
    /// is to be tried before it is saved. A null takes a key of the file away.
    ///
    /// # Errors
    /// Every mistake found.
    pub fn load_with(
        home: Home,
        environment: &BTreeMap<String, String>,
        learned: &Map<String, Value>,
    ) -> Result<Loaded, Invalid> {
        let mut mistakes = Vec::new();
        let file = FileKeys::read(&home, environment, &mut mistakes);
        Self::understand(home, environment, file, learned, mistakes)
    }

    /// The same with what `config.json` said when it was read before; all other files are read again.
    ///
    /// # Errors
    /// Every mistake found.
    pub fn load_kept(
        home: Home,
        environment: &BTreeMap<String, String>,
        file: &FileKeys,
        learned: &Map<String, Value>,
    ) -> Result<Loaded, Invalid> {
        Self::understand(home, environment, file.clone(), learned, Vec::new())
    }

    fn understand(
        home: Home,
        environment: &BTreeMap<String, String>,
        file: FileKeys,
        learned: &Map<String, Value>,
        mut mistakes: Vec<Mistake>,
    ) -> Result<Loaded, Invalid> {
        let mut warnings = Vec::new();
        let source = Source::read(
            &home,
            environment,
            &file,
            learned,
            &mut mistakes,
            &mut warnings,
        );
        let mut reader = Reader::new(source, mistakes, warnings);
        let config = sections::read(home, source::reads_files(environment), &mut reader);
        let fingerprint = config
            .as_ref()
            .map(|config| Fingerprint::of(reader.source(), config));
        let Reader {
            mistakes, warnings, ..
        } = reader;
        match config.zip(fingerprint) {
            Some((config, fingerprint)) if mistakes.is_empty() => Ok(Loaded {
                config,
                warnings,
                fingerprint,
                file,
            }),
            _ => Err(Invalid { mistakes, warnings }),
        }
    }
}

#[cfg(test)]
mod tests;
