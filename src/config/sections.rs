//! Reads the sections: which key becomes which field, with its default and its limits.

use std::{
    fs, io,
    net::SocketAddr,
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::SecretSlice;
use url::Url;

use super::{
    Callback, Config, DirectConfig, DirectoryConfig, FederationConfig, FilterTemplate,
    GroupsConfig, Home, InstanceConfig, KerberosConfig, ListenConfig, ProxyProtocol,
    RelyingParties, Scheme, ServerUrl, ServiceAccount, SigningPair, TlsMaterial, credentials,
    reader::{self, Reader},
};
use crate::{
    secret::{ExposeSecret as _, SecretString},
    telemetry::log::LogFormat,
};

/// `None` only beside a mistake.
pub(super) fn read(home: Home, uses_files: bool, r: &mut Reader) -> Option<Config> {
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
    let tunnel = r.text("AD_HUB").is_some() && r.secret("TENANT_SIGNING_KEY").is_some();
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
        home,
        // Last, so that everything wrong was found before.
        directory: directory?,
        federation: federation?,
    };
    Some(config)
}

fn direct(home: &Home, files: Option<&Home>, port: u16, r: &mut Reader) -> Option<DirectConfig> {
    let kerberos = kerberos(home, r);
    let listen = listen(port, r);
    let form = r.flag("FORM_LOGIN", true);
    let proxy_frontend = r.flag("WITH_KERBEROS_PROXY_FRONTEND", false);
    if proxy_frontend && listen.trusted_proxies.is_empty() {
        r.wrong(
            "WITH_KERBEROS_PROXY_FRONTEND",
            "lets a proxy name the user, but no proxy is trusted",
            "List the proxy's address in TRUSTED_PROXIES, or use KERBEROS_AUTH with a keytab",
        );
    }
    if proxy_frontend && listen.proxy_protocol == ProxyProtocol::V2 {
        r.wrong(
            "WITH_KERBEROS_PROXY_FRONTEND",
            "cannot be trusted behind PROXY v2, where every request is the client's own",
            "Set PROXY_PROTOCOL to off, or use KERBEROS_AUTH with a keytab",
        );
    }
    let Some(tls) = tls(home, files, r) else {
        if kerberos.is_some() {
            r.missing(
                "TLS_CERT_FILE",
                "Kerberos logins need a certificate for SERVER_URL: put it at certs/tls.pem with \
                 its key at certs/tls.key, or set TLS_CERT_FILE and TLS_KEY_FILE, or SSL_PFX",
            );
        } else {
            r.warn(
                "TLS_CERT_FILE",
                "no certificate for SERVER_URL (certs/tls.pem or SSL_PFX): direct logins are off",
            );
        }
        return None;
    };
    Some(DirectConfig {
        listen,
        tls,
        kerberos,
        form,
        proxy_frontend,
    })
}

fn listen(port: u16, r: &mut Reader) -> ListenConfig {
    let mut trusted_proxies = Vec::new();
    for text in r.list("TRUSTED_PROXIES") {
        let net = text
            .parse()
            .or_else(|_| text.parse::<std::net::IpAddr>().map(Into::into));
        match net {
            Ok(net) => trusted_proxies.push(net),
            Err(_) => r.wrong(
                "TRUSTED_PROXIES",
                format!("{text:?} is not an address range"),
                r#"Write ["10.0.0.0/24", "fd00::5"]"#,
            ),
        }
    }
    let proxy_protocol = r.parsed(
        "PROXY_PROTOCOL",
        ProxyProtocol::Off,
        |text| match text {
            "off" | "false" => Some(ProxyProtocol::Off),
            "v2" => Some(ProxyProtocol::V2),
            _ => None,
        },
        "is not a version of the PROXY protocol that is spoken here",
        "Write off or v2",
    );
    if proxy_protocol == ProxyProtocol::V2 && trusted_proxies.is_empty() {
        r.wrong(
            "PROXY_PROTOCOL",
            "is on, but no address may send its header, so nobody could connect",
            "List the balancers' addresses in TRUSTED_PROXIES",
        );
    }
    ListenConfig {
        address: r.parsed(
            "LISTEN_ADDRESS",
            std::net::Ipv6Addr::UNSPECIFIED.into(),
            |text| text.trim_matches(['[', ']']).parse().ok(),
            "is not an address",
            "Write ::, 0.0.0.0 or one address of this machine",
        ),
        port,
        proxy_protocol,
        trusted_proxies,
        max_connections: r.number("MAX_CONNECTIONS", 10_000, 1..=1_000_000),
        max_token: r
            .number("MAX_HEADER_SIZE", 65_536, 1..=1_048_576)
            .max(65_536),
    }
}

fn kerberos(home: &Home, r: &mut Reader) -> Option<KerberosConfig> {
    let on = r.flag("KERBEROS_AUTH", false);
    let keytab = r.text("KERBEROS_KEYTAB");
    let realms = r.list("KERBEROS_REALMS");
    if !on {
        return None;
    }
    let keytab = home.path(keytab.as_deref().unwrap_or("certs/krb5.keytab"));
    if let Err(error) = fs::File::open(&keytab) {
        r.mistakes.push(super::Mistake {
            key: "KERBEROS_KEYTAB".to_owned(),
            value: Some(keytab.display().to_string()),
            problem: format!("cannot be read ({error})"),
            remedy: "Export the keys of HTTP/<host of SERVER_URL> from AD (ktpass, or \
                     samba-tool domain exportkeytab) to that file, readable for this user"
                .to_owned(),
        });
    }
    Some(KerberosConfig {
        keytab,
        realms: realms.iter().map(|realm| realm.to_uppercase()).collect(),
    })
}

fn tls(home: &Home, files: Option<&Home>, r: &mut Reader) -> Option<TlsMaterial> {
    let given = (r.text("TLS_CERT_FILE"), r.text("TLS_KEY_FILE"));
    let password = r
        .password("SSL_KEY_PASSWORD")
        .unwrap_or_else(|| SecretString::from(String::new()));
    match given {
        (Some(chain), Some(key)) => {
            let (chain, key) = (home.path(chain), home.path(key));
            return Some(TlsMaterial::Pem { chain, key });
        }
        (Some(_), None) => r.missing("TLS_KEY_FILE", "TLS_CERT_FILE is set: give its key too"),
        (None, Some(_)) => r.missing("TLS_CERT_FILE", "TLS_KEY_FILE is set: give the chain too"),
        (None, None) => {
            let default =
                files.map(|home| (home.path("certs/tls.pem"), home.path("certs/tls.key")));
            if let Some((chain, key)) = default.filter(|(chain, _)| chain.exists()) {
                return Some(TlsMaterial::Pem { chain, key });
            }
        }
    }
    let archive = r.secret("SSL_PFX")?;
    let compact: String = archive.expose_secret().split_whitespace().collect();
    match STANDARD.decode(compact) {
        Ok(bytes) => Some(TlsMaterial::Pkcs12 {
            archive: SecretSlice::from(bytes),
            password,
        }),
        Err(_) => {
            r.wrong(
                "SSL_PFX",
                "is not base64",
                "Give the PKCS#12 file's bytes in base64 (base64 -w0 server.pfx)",
            );
            None
        }
    }
}

fn signing(files: Option<&Home>, r: &mut Reader) -> Option<SigningPair> {
    let certificate = match r.text("AUTH_CERT") {
        Some(text) => Some(text),
        None => files.and_then(|home| read_pem(&home.signing_certificate(), "AUTH_CERT", r)),
    };
    let key = match r.secret("AUTH_CERT_KEY") {
        Some(text) => Some(text),
        None => files
            .and_then(|home| read_pem(&home.signing_key(), "AUTH_CERT_KEY", r))
            .map(SecretString::from),
    };
    match (certificate, key) {
        (Some(certificate), Some(key)) => return Some(SigningPair { certificate, key }),
        (Some(_), None) => r.missing(
            "AUTH_CERT_KEY",
            "There is a signing certificate but no key: restore certs/cert.key beside certs/cert.pem",
        ),
        (None, Some(_)) => r.missing(
            "AUTH_CERT",
            "There is a signing key but no certificate: restore certs/cert.pem beside certs/cert.key",
        ),
        (None, None) if files.is_none() => r.missing(
            "AUTH_CERT",
            "With OVERRIDE_CONFIG=false no file is read: give AUTH_CERT and AUTH_CERT_KEY",
        ),
        (None, None) => {}
    }
    None
}

fn read_pem(path: &Path, key: &str, r: &mut Reader) -> Option<String> {
    match fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            r.mistakes.push(super::Mistake {
                key: key.to_owned(),
                value: Some(path.display().to_string()),
                problem: format!("cannot be read ({error})"),
                remedy: "Make it readable for the user that runs ad-edge".to_owned(),
            });
            None
        }
    }
}

fn directory(signing: Option<&SigningPair>, r: &mut Reader) -> Option<DirectoryConfig> {
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

fn servers(r: &mut Reader) -> Vec<ServerUrl> {
    let mut servers = Vec::new();
    let given = r.list("LDAP_URL");
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
                "Write ldaps://dc1.corp.example or ldap://dc1.corp.example:389",
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

fn filter(key: &str, default: &str, r: &mut Reader) -> FilterTemplate {
    let default = FilterTemplate::fixed(default);
    r.parsed(
        key,
        default,
        FilterTemplate::parse,
        "has no {0}, the place of the value",
        "Write a filter such as (sAMAccountName={0})",
    )
}

fn federation(default_url: &str, r: &mut Reader) -> Option<FederationConfig> {
    let text = r
        .text("SERVER_URL")
        .unwrap_or_else(|| default_url.to_owned());
    let url = Url::parse(text.trim_end_matches('/'))
        .ok()
        .filter(|url| matches!(url.scheme(), "https" | "http") && url.has_host());
    if url.is_none() {
        r.wrong(
            "SERVER_URL",
            "is not a web address",
            "Write the address users open, https://login.corp.example",
        );
    }
    Some(FederationConfig {
        issuer: r
            .text("WSFED_ISSUER")
            .unwrap_or_else(|| "urn:auth0".to_owned()),
        relying_parties: relying_parties(r),
        lifetime: r.seconds("TOKEN_LIFETIME_SECONDS", 28_800, 60..=86_400),
        skew: r.seconds("TOKEN_SKEW_SECONDS", 0, 0..=300),
        incumbent_method: r.flag("TOKEN_INCUMBENT_METHOD", false),
        server_url: url?,
    })
}

fn relying_parties(r: &mut Reader) -> RelyingParties {
    let default = r.text("REALM");
    let lists: Vec<_> = r
        .source()
        .relying_parties()
        .map(|(key, value)| (key.to_owned(), reader::list(value)))
        .collect();
    let mut parties = RelyingParties::default();
    for (realm, list) in lists {
        let mut callbacks = Vec::new();
        for text in list.unwrap_or_default() {
            match Callback::parse(&text) {
                Some(callback) => callbacks.push(callback),
                None => r.wrong(
                    &realm,
                    format!("{text:?} is not a callback URL"),
                    "Write absolute addresses between commas, https://acme.auth0.com/login/callback",
                ),
            }
        }
        parties.callbacks.insert(realm, callbacks);
    }
    match &default {
        None => r.warn(
            "REALM",
            "is missing: direct logins have no one to send a token to",
        ),
        Some(realm) if parties.callbacks.get(realm).is_none_or(Vec::is_empty) => r.warn(
            realm,
            "this key should list the callback URLs of REALM; until then direct logins are refused",
        ),
        Some(_) => {}
    }
    parties.default = default;
    parties
}

fn extra_roots(home: &Home, r: &mut Reader) -> Vec<PathBuf> {
    let mut files: Vec<_> = r
        .list("SSL_CA_FILE")
        .iter()
        .map(|file| home.path(file))
        .collect();
    for file in &files {
        if let Err(error) = fs::File::open(file) {
            r.wrong(
                "SSL_CA_FILE",
                format!("{} cannot be read ({error})", file.display()),
                "Give a PEM file of CA certificates",
            );
        }
    }
    if let Some(folder) = r.text("SSL_CA_PATH").map(|folder| home.path(folder)) {
        match fs::read_dir(&folder) {
            Ok(entries) => files.extend(
                entries
                    .filter_map(|entry| Some(entry.ok()?.path()))
                    .filter(|path| path.is_file()),
            ),
            Err(error) => r.wrong(
                "SSL_CA_PATH",
                format!("cannot be read ({error})"),
                "Give a folder of PEM files",
            ),
        }
    }
    files
}
