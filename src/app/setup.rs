//! A set-up in the making: keys that are tried before they are saved. The command and the console use it.

use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

use rustls::ClientConfig;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use super::{Settings, outgoing, provision::exchange};
use crate::{
    clock::Clock,
    config::{Config, ServerUrl, ServersConfig, encrypt_credentials},
    directory::{Directory, DirectoryError, Explored, explore, find_servers},
    secret::{ExposeSecret as _, SecretString},
    setup::{CLOCK_LIMIT, ConfigFile, Ticket, TicketInfo, generate_signing_pair},
    telemetry::Metrics,
    token::SigningKey,
};

/// How long the directory may take to answer a check.
const CHECK_LIMIT: Duration = Duration::from_secs(12);

/// The keys of a set-up over those that are there.
#[derive(Debug)]
pub struct SetupPlan<'a> {
    settings: &'a Settings,
    file: ConfigFile,
    keys: Map<String, Value>,
    password: Option<SecretString>,
    ticket: Option<Ticket>,
}

/// One of the four checks.
#[derive(Debug)]
pub struct SetupCheck {
    pub name: &'static str,
    /// What was seen, or what is wrong and what to do.
    pub result: Result<String, String>,
}

impl SetupCheck {
    #[must_use]
    pub fn failed(&self) -> bool {
        self.result.is_err()
    }
}

impl fmt::Display for SetupCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.result {
            Ok(seen) => write!(f, "ok    {:<7} {seen}", self.name),
            Err(wrong) => write!(f, "FAIL  {:<7} {wrong}", self.name),
        }
    }
}

impl<'a> SetupPlan<'a> {
    /// From what is there already.
    ///
    /// # Errors
    /// When config.json is there and broken.
    pub fn begin(settings: &'a Settings) -> Result<Self, String> {
        let file = ConfigFile::read(&settings.home()).map_err(|error| error.to_string())?;
        Ok(Self {
            password: settings
                .variable("LDAP_BIND_PASSWORD")
                .map(|text| SecretString::from(text.to_owned())),
            settings,
            file,
            keys: Map::new(),
            ticket: None,
        })
    }

    /// Sets a key of this set-up.
    pub fn set(&mut self, key: &str, value: Value) {
        self.keys.insert(key.to_owned(), value);
    }

    pub fn password(&mut self, password: SecretString) {
        self.password = Some(password);
    }

    /// The key's text: of this set-up, else of the environment, else of config.json.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        let own = self.keys.get(key).and_then(Value::as_str);
        own.or_else(|| self.settings.variable(key))
            .or_else(|| self.file.text(key))
    }

    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        let value = self.keys.get("ANONYMOUS_SEARCH_ENABLED");
        let value = value.or_else(|| self.file.keys().get("ANONYMOUS_SEARCH_ENABLED"));
        value.is_some_and(|value| value == &json!(true) || value == &json!("true"))
    }

    #[must_use]
    pub fn has_password(&self) -> bool {
        self.password.is_some()
            || self.get("LDAP_BIND_PASSWORD").is_some()
            || self.get("LDAP_BIND_CREDENTIALS").is_some()
            || self.get("LDAP_BIND_PASSWORD_FILE").is_some()
    }

    #[must_use]
    pub fn server_url_guess(&self) -> String {
        let host = gethostname::gethostname().to_string_lossy().into_owned();
        format!("https://{host}:{}", self.get("PORT").unwrap_or("4000"))
    }

    /// The directory servers of a domain.
    ///
    /// # Errors
    /// What DNS says, and what to do.
    pub async fn servers(domain: &str, settings: &Settings) -> Result<Vec<ServerUrl>, String> {
        let nameservers = settings
            .variable("LDAP_SRV_NAMESERVERS")
            .unwrap_or_default();
        let nameservers: Vec<SocketAddr> = nameservers
            .split(',')
            .filter_map(|text| {
                let text = text.trim();
                let address = text.parse().ok();
                address.or_else(|| Some(SocketAddr::new(text.parse().ok()?, 53)))
            })
            .collect();
        Self::servers_of(domain, &nameservers).await
    }

    /// The same, by these name servers; empty: the system's.
    pub(super) async fn servers_of(
        domain: &str,
        nameservers: &[SocketAddr],
    ) -> Result<Vec<ServerUrl>, String> {
        let found = find_servers(domain, nameservers).await;
        match found {
            Ok(found) if !found.is_empty() => Ok(found),
            Ok(_) => Err(format!(
                "DNS names no directory server for {domain} (_ldap._tcp.{domain}): check the name, \
                 or give a server with --ldap-url"
            )),
            Err(error) => Err(format!(
                "the directory servers of {domain} are not found ({error}): this machine must ask \
                 the domain's DNS, or give a server with --ldap-url"
            )),
        }
    }

    /// What the tenant says; its keys join this set-up.
    ///
    /// # Errors
    /// Why it says nothing, and what to do.
    pub async fn ask_tenant(&mut self) -> Result<TicketInfo, String> {
        let url = self
            .get("PROVISIONING_TICKET")
            .unwrap_or_default()
            .to_owned();
        let config = self.provisional()?;
        let tls = tls(&config)?;
        let ticket = Ticket::new(&SecretString::from(url), &tls, &config.proxy);
        let ticket = ticket.map_err(|error| error.to_string())?;
        let info = ticket.info().await.map_err(|error| error.to_string())?;
        for (key, value) in info.keys() {
            self.keys.insert(key, value);
        }
        self.ticket = Some(ticket);
        Ok(info)
    }

    /// Looks at the directory without a bind.
    ///
    /// # Errors
    /// Why none of its servers can be reached, and what to do.
    pub async fn explore(&self) -> Result<Explored, String> {
        let config = self.provisional()?;
        let tls = tls(&config)?;
        let urls = match &config.directory.servers {
            ServersConfig::Fixed(urls) => urls.clone(),
            ServersConfig::Srv { domain, .. } => Self::servers(domain, self.settings).await?,
        };
        let now = OffsetDateTime::from(Clock::system().now());
        let mut errors = Vec::new();
        for url in urls {
            match explore(&url, config.directory.start_tls, &tls, now).await {
                Ok(explored) => return Ok(explored),
                Err(error) => errors.push(error.to_string()),
            }
        }
        Err(errors.join("\n"))
    }

    /// Reach, bind, search, tenant: what must work before anything is saved.
    ///
    /// # Errors
    /// When the keys make no configuration.
    pub async fn checks(&self, clock: &Clock) -> Result<Vec<SetupCheck>, String> {
        let config = self.provisional()?;
        let tls = tls(&config)?;
        let mut checks = directory_checks(&config, &tls).await;
        checks.push(SetupCheck {
            name: "tenant",
            result: self.tenant_check(clock).await,
        });
        Ok(checks)
    }

    async fn tenant_check(&self, clock: &Clock) -> Result<String, String> {
        let own;
        let ticket = match (&self.ticket, self.get("PROVISIONING_TICKET")) {
            (Some(ticket), _) => ticket,
            (None, None) => return Ok("no ticket, not asked".to_owned()),
            (None, Some(url)) => {
                let config = self.provisional()?;
                let url = SecretString::from(url.to_owned());
                own =
                    Ticket::new(&url, &tls(&config)?, &config.proxy).map_err(|e| e.to_string())?;
                &own
            }
        };
        let offset = ticket.clock_offset(|| clock.now()).await;
        let offset = offset.map_err(|error| error.to_string())?;
        if offset.unsigned_abs() > CLOCK_LIMIT.as_secs() * 1000 {
            return Err(format!(
                "this machine's clock differs from the tenant's by {offset} ms: set it by NTP \
                 (timedatectl set-ntp true)"
            ));
        }
        Ok(format!(
            "{} answers, its clock differs by {offset} ms",
            ticket.host()
        ))
    }

    /// Makes the signing pair of a first set-up, tells the tenant, and saves. What is saved is named.
    ///
    /// # Errors
    /// What could not be done.
    pub async fn save(mut self, clock: &Clock) -> Result<Vec<String>, String> {
        let home = self.settings.home();
        let mut config = self.provisional()?;
        let mut saved = Vec::new();
        let pair = match config.signing.take() {
            Some(pair) => pair,
            None => {
                let connection = self.get("CONNECTION").unwrap_or_default();
                let issuer = self.get("WSFED_ISSUER").unwrap_or_default();
                let made = generate_signing_pair(&home, connection, issuer, clock.now());
                saved.push("certs/cert.pem".to_owned());
                saved.push("certs/cert.key".to_owned());
                made.map_err(|error| error.to_string())?
            }
        };
        if let Some(password) = &self.password {
            let stored = encrypt_credentials(password, pair.key.expose_secret().as_bytes());
            let stored = stored.map_err(|error| error.to_string())?;
            self.keys
                .insert("LDAP_BIND_CREDENTIALS".to_owned(), json!(stored));
            self.file.remove("LDAP_BIND_PASSWORD");
        }
        let signing = SigningKey::new(&pair).map_err(|error| error.to_string())?;
        for (key, value) in &self.keys {
            self.file.set(key, value.clone());
        }
        if let Some(ticket) = &self.ticket {
            let learned = exchange(ticket, &config, &signing).await;
            for (key, value) in learned.map_err(|error| error.to_string())? {
                self.file.set(&key, value);
            }
        }
        self.file.save().map_err(|error| error.to_string())?;
        saved.push("config.json".to_owned());
        Ok(saved)
    }

    /// The configuration as far as it goes: what is not known yet has a stand-in, so that the rest can
    /// be tried.
    fn provisional(&self) -> Result<Config, String> {
        let mut keys = self.keys.clone();
        if let Some(password) = &self.password {
            keys.insert(
                "LDAP_BIND_PASSWORD".to_owned(),
                json!(password.expose_secret()),
            );
            keys.insert("LDAP_BIND_CREDENTIALS".to_owned(), Value::Null);
        }
        let mut stand_in = |key: &str, value: Value| {
            if self.get(key).is_none() {
                keys.insert(key.to_owned(), value);
            }
        };
        stand_in("LDAP_URL", json!("ldaps://not.known.yet.invalid"));
        stand_in("LDAP_BASE", json!("DC=not,DC=known,DC=yet"));
        stand_in("SERVER_URL", json!(self.server_url_guess()));
        if !self.is_anonymous() {
            stand_in("LDAP_BIND_USER", json!("not known yet"));
            if !self.has_password() {
                keys.insert("LDAP_BIND_PASSWORD".to_owned(), json!("not known yet"));
            }
        }
        // The direct logins have files of their own, which may come later; the tunnel has the ticket.
        for key in ["KERBEROS_AUTH", "CLIENT_CERT_AUTH", "AGENT_MODE"] {
            keys.insert(key.to_owned(), json!(false));
        }
        let loaded = self.settings.load_with(&keys);
        loaded
            .map(|loaded| loaded.config)
            .map_err(|invalid| invalid.to_string())
    }
}

fn tls(config: &Config) -> Result<Arc<ClientConfig>, String> {
    outgoing(config).map(|(tls, _)| tls)
}

/// Reach, bind and search, by the means of the running program.
pub(super) async fn directory_checks(config: &Config, tls: &Arc<ClientConfig>) -> Vec<SetupCheck> {
    let end = CancellationToken::new();
    let directory = Directory::start(
        config.directory.clone(),
        tls,
        Arc::new(Metrics::new()),
        &end,
    );
    let _ends = end.drop_guard();
    let limit = tokio::time::Instant::now() + CHECK_LIMIT;
    let error = loop {
        if directory.ready() {
            break None;
        }
        let errors: Vec<_> = directory
            .status()
            .into_iter()
            .map(|server| server.error)
            .collect();
        let all = !errors.is_empty() && errors.iter().all(Option::is_some);
        if all || tokio::time::Instant::now() >= limit {
            break Some(errors.into_iter().flatten().next());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let ok = |name, seen: &str| SetupCheck {
        name,
        result: Ok(seen.to_owned()),
    };
    let failed = |name, wrong: String| SetupCheck {
        name,
        result: Err(wrong),
    };
    let anonymous = "without an account, as ANONYMOUS_SEARCH_ENABLED says";
    let account = match &config.directory.service {
        crate::config::ServiceAccount::Simple { user, .. } => user.as_str(),
        crate::config::ServiceAccount::Anonymous => anonymous,
    };
    match error {
        Some(None) => vec![failed(
            "reach",
            "no directory server answered in time".to_owned(),
        )],
        Some(Some(error @ DirectoryError::ServiceAccount { .. })) => vec![
            ok("reach", "TCP and TLS"),
            failed("bind", error.to_string()),
        ],
        Some(Some(error @ DirectoryError::Refused { .. })) => vec![
            ok("reach", "TCP and TLS"),
            ok("bind", account),
            failed("search", error.to_string()),
        ],
        Some(Some(error)) => vec![failed("reach", error.to_string())],
        None => {
            let mut checks = vec![ok("reach", "TCP and TLS"), ok("bind", account)];
            let found = directory.search("(&(objectClass=person)(!(objectClass=computer)))", 1);
            checks.push(match found.await {
                Ok(users) if users.is_empty() => failed(
                    "search",
                    format!(
                        "nobody is found under {}: check LDAP_BASE, and that the account may read",
                        config.directory.base
                    ),
                ),
                Ok(_) => ok("search", &format!("users under {}", config.directory.base)),
                Err(error) => failed("search", error.to_string()),
            });
            checks
        }
    }
}
