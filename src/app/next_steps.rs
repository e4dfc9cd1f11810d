//! What an administrator types to bring what a host lacks.

use serde_json::{Map, Value};
use url::Url;

use super::check::Problem;
use crate::config::Mistake;

/// Commands for `home`, in the order of the mistakes; names are taken from the configuration.
pub(super) fn next_steps(problem: &Problem, keys: &Map<String, Value>, home: &str) -> Vec<String> {
    let steps = problem.mistakes().iter();
    steps
        .filter_map(|mistake| command(mistake, keys, home))
        .collect()
}

fn command(mistake: &Mistake, keys: &Map<String, Value>, home: &str) -> Option<String> {
    let value = mistake.value.as_deref();
    let text = match mistake.key.as_str() {
        "KERBEROS_KEYTAB" => {
            let (host, realm) = (host(keys), realm(keys));
            format!(
                "On a domain controller, with an account of its own for the service:\n    \
                 setspn -S HTTP/{host} svc-adedge\n    \
                 ktpass /princ HTTP/{host}@{realm} /mapuser svc-adedge /crypto AES256-SHA1 /ptype \
                 KRB5_NT_PRINCIPAL /pass * /out krb5.keytab\n  and here:\n    \
                 install -m 600 krb5.keytab {}",
                value?
            )
        }
        // At a place of its own on the other host.
        "TLS_CERT_FILE" | "CLIENT_CA_FILE" | "PROFILE_MAPPER_FILE" if value.is_some() => {
            let path = value?;
            format!(
                "From the other host:\n    install -m 600 {} {path}",
                path.rsplit('/').next()?
            )
        }
        "TLS_CERT_FILE" => format!(
            "The certificate of SERVER_URL with its chain, and its key:\n    \
             install -m 644 chain.pem {home}/certs/tls.pem\n    \
             install -m 600 key.pem {home}/certs/tls.key"
        ),
        "CLIENT_CA_FILE" => format!(
            "The CA of client certificates:\n    install -m 644 ca.pem {home}/certs/client-ca.pem"
        ),
        "SSL_CA_FILE" => format!(
            "The CA of the domain, and \"SSL_CA_FILE\": \"certs/ca.pem\" in config.json:\n    \
             install -m 644 ca.pem {home}/certs/ca.pem"
        ),
        _ => return None,
    };
    Some(text)
}

fn text<'a>(keys: &'a Map<String, Value>, key: &str) -> &'a str {
    keys.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn host(keys: &Map<String, Value>) -> String {
    let url = Url::parse(text(keys, "SERVER_URL")).ok();
    let host = url.as_ref().and_then(Url::host_str);
    host.unwrap_or("<host of SERVER_URL>").to_owned()
}

/// The domain of `LDAP_BASE` in capitals.
fn realm(keys: &Map<String, Value>) -> String {
    let labels: Vec<_> = text(keys, "LDAP_BASE")
        .split(',')
        .filter_map(|part| part.trim().split_once('='))
        .filter(|(name, _)| name.eq_ignore_ascii_case("dc"))
        .map(|(_, label)| label.to_uppercase())
        .collect();
    if labels.is_empty() {
        "<REALM>".to_owned()
    } else {
        labels.join(".")
    }
}
