//! Reads the sections: which key becomes which field, with its default and its limits.

mod accounts;
mod client_cert;
mod directory;
mod federation;
mod front;
mod tunnel;

use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use super::{Config, Home, InstanceConfig, LogFormat, Mistake, SigningPair, reader::Reader};
use crate::secret::{ExposeSecret as _, SecretString};

/// The tenant's set-up address. Only https: it is a secret, and so is what it answers.
fn ticket(r: &mut Reader) -> Option<SecretString> {
    let ticket = r.secret("PROVISIONING_TICKET")?;
    let url = url::Url::parse(ticket.expose_secret());
    if url.is_ok_and(|url| url.scheme() == "https" && url.has_host()) {
        return Some(ticket);
    }
    r.wrong(
        "PROVISIONING_TICKET",
        "is not an address with https",
        "Copy it from the connection's page at the tenant, https://<tenant>/p/ad/<letters>",
    );
    None
}

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
    let directory = directory::directory(signing.as_ref(), r);
    let direct = front::direct(&home, files, port, r);
    let federation = federation::federation(&format!("https://{hostname}:{port}"), r);
    let tunnel = tunnel::tunnel(r);
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
        accounts: accounts::accounts(files, &home, r),
        tenant_key: r.secret("TENANT_SIGNING_KEY"),
        ticket: ticket(r),
        proxy: tunnel::proxy(r),
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

fn signing(files: Option<&Home>, r: &mut Reader) -> Option<SigningPair> {
    let certificate = match r.text("AUTH_CERT") {
        Some(text) => Some(text),
        None => files.and_then(|home| read_pem(&home.signing_certificate(), "AUTH_CERT", r)),
    };
    // Every byte of it counts: stored passwords are encrypted with them.
    let given = r
        .password("AUTH_CERT_KEY")
        .filter(|key| !key.expose_secret().trim().is_empty());
    let key = match given {
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
            r.mistakes.push(Mistake {
                key: key.to_owned(),
                value: Some(path.display().to_string()),
                problem: format!("cannot be read ({error})"),
                remedy: "Make it readable for the user that runs ad-edge".to_owned(),
            });
            None
        }
    }
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
