//! The whole configuration of an instance, and how it is read.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, time::Duration};

use aws_lc_rs::digest;
use serde_json::{Map, Value};

use super::{
    accounts::{AccountsConfig, accounts},
    direct::{DirectConfig, direct},
    directory::{DirectoryConfig, directory},
    federation::{FederationConfig, federation},
    home::Home,
    log_format::LogFormat,
    mistake::{Invalid, Mistake, Warning},
    reader::Reader,
    signing::{SigningPair, signing},
    source::{FileKeys, Source, reads_files},
    tls::extra_roots,
    tunnel::{ProxyConfig, TunnelConfig, proxy, ticket, tunnel},
};
use crate::secret::{ExposeSecret as _, SecretString};

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

/// A configuration that can be used, and what is worth a look in it.
#[derive(Debug)]
pub struct Loaded {
    pub config: Config,
    pub warnings: Vec<Warning>,
    /// Of everything that was given: equal ones mean the same.
    pub fingerprint: Fingerprint,
    /// What it was read from, for [`Config::load_kept`].
    pub file: FileKeys,
}

/// A digest of a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    fn of(source: &Source, config: &Config) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        for (key, given) in source.iter() {
            context.update(key.as_bytes());
            context.update(b"=");
            context.update(given.value.to_string().as_bytes());
            context.update(b"\n");
        }
        if let Some(pair) = &config.signing {
            context.update(pair.key.expose_secret().as_bytes());
        }
        for file in &config.extra_roots {
            // One that cannot be read is told when it is loaded.
            context.update(&std::fs::read(file).unwrap_or_default());
        }
        // Paths that are taken when they are there, and the like. Secrets do not show in it.
        context.update(format!("{config:?}").as_bytes());
        let mut bytes = [0; 32];
        bytes.copy_from_slice(context.finish().as_ref());
        Self(bytes)
    }
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
        let config = read(home, reads_files(environment), &mut reader);
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

/// `None` only beside a mistake.
fn read(home: Home, uses_files: bool, r: &mut Reader) -> Option<Config> {
    if r.text("KERBEROS_DEBUG_USER").is_some() {
        r.wrong(
            "KERBEROS_DEBUG_USER",
            "would sign in anyone as that user",
            "Remove it",
        );
    }
    let files = uses_files.then_some(&home);
    let port = r.number("PORT", 4000, 0..=u16::MAX);
    let hostname = gethostname::gethostname().to_string_lossy().into_owned();
    let signing = signing(files, r);
    let directory = directory(signing.as_ref(), r);
    let direct = direct(&home, files, port, r);
    let federation = federation(&format!("https://{hostname}:{port}"), r);
    let tunnel = tunnel(r);
    let site = r.text("CONNECTION").unwrap_or_default();
    let ops_default = SocketAddr::from(([127, 0, 0, 1], 9464));
    let config = Config {
        instance: InstanceConfig {
            name: r
                .text("INSTANCE_NAME")
                .unwrap_or_else(|| format!("{hostname}:{port}")),
            header: r.flag("INSTANCE_HEADER", false),
            site: r.text("SITE_NAME").unwrap_or(site),
        },
        direct,
        signing,
        extra_roots: extra_roots(&home, r),
        ops_listen: r.parsed(
            "OPS_LISTEN",
            ops_default,
            |text| text.parse().ok(),
            "is not an address with a port",
            "Write 127.0.0.1:9464 or [::1]:9464",
        ),
        drain: r.seconds("DRAIN_SECONDS", 10, 0..=3600),
        shutdown: r.seconds("SHUTDOWN_SECONDS", 30, 1..=3600),
        log_format: r.parsed(
            "LOG_FORMAT",
            None,
            |text| match text {
                "text" => Some(Some(LogFormat::Text)),
                "json" => Some(Some(LogFormat::Json)),
                _ => None,
            },
            "is not a log format",
            "Write text or json",
        ),
        uses_files,
        tunnel,
        accounts: accounts(files, &home, r),
        tenant_key: r.secret("TENANT_SIGNING_KEY"),
        ticket: ticket(r),
        proxy: proxy(r),
        admin_listen: r.parsed(
            "ADMIN_LISTEN",
            Some(SocketAddr::from(([127, 0, 0, 1], 8357))),
            |text| match text {
                "off" | "false" => Some(None),
                _ => text.parse().ok().map(Some),
            },
            "is not an address with a port",
            "Write 127.0.0.1:8357, or off",
        ),
        home,
        // Last, so that everything wrong was found before.
        directory: directory?,
        federation: federation?,
    };
    Some(config)
}
