//! The whole configuration of an instance, and how it is read.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Map, Value};

use super::{
    accounts::{AccountsConfig, MapperSource, accounts},
    choices::{LogFormat, LogLevels},
    client_cert::AuthoritySource,
    closed_folder::one_for_each_closed_folder,
    direct::{DirectConfig, direct},
    directory::{DirectoryConfig, directory},
    effective::Effective,
    federation::{FederationConfig, federation},
    fingerprint::{Fingerprint, Parts},
    fixed::FixedKeys,
    fleet::{FleetMember, fleet},
    home::Home,
    instance::InstanceConfig,
    keys,
    mistake::{Invalid, Mistake, Warning},
    pages::{PagesConfig, pages},
    problem::{Concern, NoTicket},
    read_file::{Most, read_file},
    reader::Reader,
    roots::extra_roots,
    shared::SharedValues,
    signing::{SigningPem, signing},
    source::{FileKeys, Source, uses_files},
    tls::{TlsMaterial, ticket_secret},
    tunnel::{ProxyConfig, TenantSide, TunnelConfig, proxy, ticket, tunnel},
};
use crate::secret::{ExposeSecret as _, SecretString};

/// Everything one instance needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    pub home: Home,
    pub instance: InstanceConfig,
    /// `None`: no certificate for SERVER_URL, so no direct logins.
    pub direct: Option<DirectConfig>,
    pub pages: PagesConfig,
    pub directory: DirectoryConfig,
    pub federation: FederationConfig,
    /// `None`: neither file exists yet; a first start makes them.
    pub signing: Option<SigningPem>,
    /// Further roots for outgoing TLS: PEM files of `SSL_CA_FILE` and `SSL_CA_PATH`.
    pub extra_roots: Vec<PathBuf>,
    pub ops_listen: SocketAddr,
    /// `FLEET`: where each instance listens with its `OPS_LISTEN`.
    pub fleet: Vec<FleetMember>,
    /// `OPS_TOKEN`: whoever asks for `/instance` shows it.
    pub ops_token: Option<SecretString>,
    /// `DRAIN_SECONDS`.
    pub drain: Duration,
    /// `SHUTDOWN_SECONDS`.
    pub shutdown: Duration,
    /// `LOG_FORMAT`; `None`: text on a terminal, else JSON.
    pub log_format: Option<LogFormat>,
    /// `LOG_LEVEL`.
    pub log_levels: LogLevels,
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
    /// What only a restart changes.
    pub fixed: FixedKeys,
    /// `TLS_TICKET_SECRET`; `None`: the signing key.
    pub ticket_secret: Option<SecretString>,
    /// `TENANT_SIGNING_KEY`: checks what the tenant signs; PEM, or a shared secret.
    pub tenant_key: Option<SecretString>,
}

/// A configuration that can be used, and what is worth a look in it.
#[derive(Debug)]
pub struct Loaded {
    pub config: Config,
    pub warnings: Vec<Warning>,
    /// Of everything that was given: equal ones mean the same.
    pub fingerprint: Fingerprint,
    /// What is compared with other instances.
    pub shared: SharedValues,
    /// What it was read from, for [`Config::load_kept`].
    pub file: FileKeys,
    values: Effective,
}

impl Config {
    /// A digest of it and of what it names; `source` is what it was made from.
    fn fingerprint(&self, source: &Source) -> Fingerprint {
        let mut parts = Parts::new();
        for (key, given) in source.iter() {
            parts.add(key);
            parts.add(given.value.to_string());
        }
        if let Some(pem) = &self.signing {
            parts.add(&pem.certificate);
            parts.add(pem.key.expose_secret());
        }
        for file in &self.extra_roots {
            parts.add_path(file);
            // One that cannot be read is reported when it is loaded.
            parts.add(read_file(file, Most::ORDINARY).unwrap_or_default());
        }
        for file in self.files_when_there() {
            parts.add_path(file);
        }
        if let Some(logo) = &self.pages.logo {
            parts.add_path(&logo.file);
            parts.add(&logo.bytes);
        }
        let direct = self.direct.iter();
        for certificate in direct.flat_map(|direct| &direct.balancer_certificates) {
            parts.add_path(&certificate.file);
            parts.add(&certificate.der);
        }
        parts.end()
    }

    /// The files that count because they are there: no key needs to name them.
    fn files_when_there(&self) -> Vec<&Path> {
        let direct = self.direct.as_ref();
        let mut files = direct
            .and_then(|direct| direct.tls.as_ref())
            .map_or_else(Vec::new, TlsMaterial::files);
        let clients = direct.and_then(|direct| direct.client_cert.as_ref());
        if let Some(AuthoritySource::File(file)) = clients.map(|clients| &clients.authorities) {
            files.push(file);
        }
        if let Some(MapperSource::File(file)) = &self.accounts.mapper {
            files.push(file);
        }
        files
    }

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
        if !mistakes.is_empty() {
            // What is missing without the file would only follow from that.
            return Err(Invalid {
                mistakes,
                warnings: Vec::new(),
            });
        }
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
        let values = Effective::new(source, &home, environment);
        let reader = Reader::new(values.clone(), mistakes, warnings);
        let (config, warnings) = finish(home, uses_files(environment), reader)?;
        Ok(Loaded {
            fingerprint: config.fingerprint(values.source()),
            shared: SharedValues::of(&values, &config.directory.service),
            config,
            warnings,
            file,
            values,
        })
    }
}

impl Loaded {
    /// The same with these values in place of its own; what it was made from stays its fingerprint.
    pub(super) fn with(self, fixed: &FixedKeys) -> Result<Self, Invalid> {
        let values = self.values.with(fixed);
        let reader = Reader::new(values.clone(), Vec::new(), Vec::new());
        let Config {
            home, uses_files, ..
        } = self.config;
        let (config, _) = finish(home, uses_files, reader)?;
        Ok(Self {
            config,
            values,
            ..self
        })
    }
}

fn finish(
    home: Home,
    uses_files: bool,
    mut reader: Reader,
) -> Result<(Config, Vec<Warning>), Invalid> {
    let folder = Home::new(home.path(""));
    let config = read(home, uses_files, &mut reader);
    let Reader {
        mistakes, warnings, ..
    } = reader;
    match config {
        Some(config) if mistakes.is_empty() => Ok((config, warnings)),
        _ => Err(Invalid {
            mistakes: one_for_each_closed_folder(&folder, mistakes),
            warnings,
        }),
    }
}

/// `None` only beside a mistake.
pub(super) fn read(home: Home, uses_files: bool, r: &mut Reader) -> Option<Config> {
    r.read(&keys::KERBEROS_DEBUG_USER);
    let port = r.read(&keys::PORT);
    let signing = signing(uses_files, r);
    let directory = directory(signing.as_ref(), r);
    let direct = direct(&home, port, r);
    let realm = r.read(&keys::REALM);
    let federation = federation(realm.clone(), r);
    if let (Some(direct), Some(federation)) = (&direct, &federation)
        && direct.kerberos.is_some()
        && let Some(why) = NoTicket::of(&federation.server_url)
    {
        r.warn(&keys::SERVER_URL, Concern::NoTicket(why));
    }
    let connection = r.read(&keys::CONNECTION);
    let tenant_key = r.read(&keys::TENANT_SIGNING_KEY);
    let proxy = proxy(r);
    let tenant = TenantSide {
        connection: connection.as_ref(),
        realm: realm.as_ref(),
        has_signing_key: tenant_key.is_some(),
        proxy: &proxy,
    };
    let tunnel = tunnel(&tenant, r);
    let config = Config {
        instance: InstanceConfig {
            name: r.read_or_usual(&keys::INSTANCE_NAME).unwrap_or_default(),
            header: r.read(&keys::INSTANCE_HEADER),
            site: r.read_or_usual(&keys::SITE_NAME).unwrap_or_default(),
        },
        direct,
        pages: pages(&home, r),
        signing,
        extra_roots: extra_roots(&home, r),
        ops_listen: r.read(&keys::OPS_LISTEN),
        fleet: fleet(r),
        ops_token: r.read(&keys::OPS_TOKEN),
        drain: r.read(&keys::DRAIN_SECONDS),
        shutdown: r.read(&keys::SHUTDOWN_SECONDS),
        log_format: r.read(&keys::LOG_FORMAT),
        log_levels: r.read(&keys::LOG_LEVEL),
        uses_files,
        tunnel,
        accounts: accounts(&home, r),
        tenant_key,
        ticket_secret: ticket_secret(r),
        ticket: ticket(r),
        proxy,
        admin_listen: r.read(&keys::ADMIN_LISTEN),
        fixed: r.values().fixed(),
        home,
        // Last, so that everything wrong was found before.
        directory: directory?,
        federation: federation?,
    };
    Some(config)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{
        super::{shape::Usual, tests::legacy},
        *,
    };

    #[test]
    fn a_file_that_counts_when_it_is_there_is_part_of_the_fingerprint() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let home = Home::new(folder.path());
        let mut config = legacy();
        config["KERBEROS_AUTH"] = false.into();
        config["CLIENT_CERT_AUTH"] = true.into();
        config["CA_CERT"] = "read later".into();
        config["SSL_PFX"] = "QUJD".into();
        fs::write(home.config_json(), config.to_string()).expect("written");
        let load = || Config::load(home.clone(), &BTreeMap::new()).expect("good");
        let files = keys::all().filter_map(|key| match key.shape().usual {
            Usual::FileWhenThere(file) => Some(file),
            _ => None,
        });
        // The pair of TLS files is there or not by its chain.
        let files = files.filter(|file| *file != keys::TLS_KEY_FILE.kind.usual);
        for file in files {
            let before = load().fingerprint;
            assert_eq!(load().fingerprint, before, "{file}");
            let path = home.path(file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, "read later").expect("written");
            assert_ne!(load().fingerprint, before, "{file}");
        }
    }
}
