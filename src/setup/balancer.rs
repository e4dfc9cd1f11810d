//! The balancer's configuration for this installation: the shipped one (`haproxy/`), filled in.

use std::collections::HashSet;

use serde_json::Map;
use url::{Host, Url};

use super::error::SetupError;
use crate::{
    clock::Clock,
    config::{Settings, TlsTermination, keys},
    instance::is_trusted_everywhere,
};

const PASSTHROUGH: &str = include_str!("../../haproxy/passthrough.cfg");
const TERMINATING: &str = include_str!("../../haproxy/terminating.cfg");
/// What compares the name of the instances' certificate. An address is no name: not for SNI (RFC 6066,
/// section 3), and `HAProxy` compares DNS names alone.
const NAMED: &str = " check-sni \"${LOGIN_HOST}\" verifyhost \"${LOGIN_HOST}\"";
/// The shipped files tell above this line how their variables are set.
const FIRST_SECTION: &str = "global\n";
const SYSTEM_ROOTS: &str = "/etc/ssl/certs/ca-certificates.crt";
const OWN_ROOT: &str = "/etc/haproxy/login-ca.pem";
const CERTIFICATE: &str = "/etc/haproxy/login.pem";
const CLIENT_CA: &str = "/etc/haproxy/client-ca.pem";
/// What asks clients for a certificate, at the balancer.
const ASKING: &str =
    " verify optional ca-file \"${CLIENT_CA_FILE}\" crt-ignore-err all ca-ignore-err all";

/// `HAProxy`'s configuration in front of these instances (`host` or `host:port`; without a port the
/// installation's own).
///
/// # Errors
/// When the configuration is invalid, or an instance's address is none.
pub fn haproxy(
    settings: &Settings,
    clock: &Clock,
    instances: &[String],
) -> Result<String, SetupError> {
    let config = settings.load_without_files()?.config;
    let values = settings.effective(&Map::new());
    let url = &config.federation.server_url;
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or(443);
    let own_port = values.value(&keys::PORT);
    let servers = servers(instances, own_port)?;
    let at_balancer = values.value(&keys::TLS_TERMINATION) == TlsTermination::Proxy;
    let asks = values.value(&keys::CLIENT_CERT_AUTH);
    let mut needs = Vec::new();
    let shipped = if at_balancer {
        TERMINATING
    } else {
        PASSTHROUGH
    };
    let shipped = match url.host() {
        Some(Host::Domain(_)) => shipped.to_owned(),
        _ => shipped.replace(NAMED, ""),
    };
    let mut text = after(&shipped, FIRST_SECTION)
        .replace(
            "log stdout format raw local0 info",
            "log /dev/log local0 info",
        )
        .replace("\"${LOGIN_BIND}\"", &format!(":::{port}"))
        .replace("\"${LOGIN_HOST}\"", host)
        .replace("\"${METRICS_BIND}\"", "127.0.0.1:8405");
    if at_balancer {
        needs.push(format!(
            "{CERTIFICATE}: the certificate chain of {host} and its key, in one PEM file"
        ));
        if asks {
            needs.push(format!(
                "{CLIENT_CA}: the CA of the clients' certificates, PEM"
            ));
        } else {
            text = text.replace(ASKING, "");
        }
        text = text
            .replace("\"${LOGIN_CERT_FILE}\"", CERTIFICATE)
            .replace("\"${CLIENT_CA_FILE}\"", CLIENT_CA);
    } else if is_trusted_everywhere(&config, clock) {
        text = text.replace("\"${LOGIN_CA_FILE}\"", SYSTEM_ROOTS);
    } else {
        needs.push(format!(
            "{OWN_ROOT}: the CA that issued the instances' certificate for {host}, PEM"
        ));
        text = text.replace("\"${LOGIN_CA_FILE}\"", OWN_ROOT);
    }
    Ok(format!(
        "{}\n{}",
        heading(url, &needs),
        with_servers(&text, &servers)
    ))
}

fn heading(url: &Url, needs: &[String]) -> String {
    let mut text = format!(
        "# HAProxy in front of ad-edge at {}, as ad-edge setup --balancer haproxy prints it.\n\
         # Needs HAProxy 2.6 or newer. haproxy/README.md of ad-edge says what each part is for.\n",
        url.as_str().trim_end_matches('/')
    );
    if !needs.is_empty() {
        text.push_str("#\n# Put here first:\n");
        for need in needs {
            text = format!("{text}#   {need}\n");
        }
    }
    text
}

/// A name for the balancer, and an address.
type Server = (String, String);

fn servers(instances: &[String], own_port: u16) -> Result<Vec<Server>, SetupError> {
    let mut addresses = Vec::new();
    for text in instances {
        let parsed = Url::parse(&format!("tcp://{text}"));
        let parsed = parsed.ok().filter(|url| {
            url.host_str().is_some_and(is_host)
                && url.port() != Some(0)
                && url.path().is_empty()
                && url.username().is_empty()
                && url.query().is_none()
        });
        let Some((host, port)) =
            parsed.and_then(|url| Some((url.host_str()?.to_owned(), url.port())))
        else {
            return Err(SetupError::InstanceAddress(text.clone()));
        };
        addresses.push(format!("{host}:{}", port.unwrap_or(own_port)));
    }
    let labels: Vec<_> = addresses.iter().map(|address| label(address)).collect();
    let all_named = labels.iter().all(Option::is_some);
    let distinct: HashSet<_> = labels.iter().flatten().collect();
    let names: Vec<_> = if all_named && distinct.len() == labels.len() {
        labels.into_iter().flatten().collect()
    } else {
        (1..=addresses.len())
            .map(|number| format!("edge{number}"))
            .collect()
    };
    Ok(names.into_iter().zip(addresses).collect())
}

/// A name or address that means nothing else to `HAProxy`: neither a variable nor a quote.
fn is_host(host: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    !host.is_empty() && (host.starts_with('[') || host.chars().all(plain))
}

/// The first label of a host name; none of an address.
fn label(address: &str) -> Option<String> {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let label = host.split('.').next()?;
    let is_name = label.starts_with(|c: char| c.is_ascii_alphabetic());
    is_name.then(|| label.to_owned())
}

/// Puts these in place of the shipped servers, in each backend.
fn with_servers(text: &str, servers: &[Server]) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        match line.trim_start().strip_prefix("server edge1 ") {
            Some(_) => lines.extend(
                servers
                    .iter()
                    .map(|(name, address)| format!("    server {name} {address}")),
            ),
            None if line.trim_start().starts_with("server ") => {}
            None => lines.push(line.to_owned()),
        }
    }
    lines.join("\n") + "\n"
}

fn after<'a>(text: &'a str, mark: &str) -> &'a str {
    text.find(mark).map_or(text, |at| &text[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(instances: &[&str]) -> Result<Vec<Server>, SetupError> {
        let instances: Vec<_> = instances.iter().map(|one| (*one).to_owned()).collect();
        servers(&instances, 4000)
    }

    #[test]
    fn servers_are_named_by_their_hosts_where_each_has_a_name_of_its_own() {
        let named = |instances: &[&str]| {
            let found = of(instances).expect("addresses");
            let lines = found
                .into_iter()
                .map(|(name, address)| format!("{name} {address}"));
            lines.collect::<Vec<_>>()
        };
        assert_eq!(
            named(&["edge-a.corp.example", "edge-b:4001"]),
            ["edge-a edge-a.corp.example:4000", "edge-b edge-b:4001"]
        );
        assert_eq!(
            named(&["edge-a", "192.0.2.7", "[2001:db8::1]:9"]),
            [
                "edge1 edge-a:4000",
                "edge2 192.0.2.7:4000",
                "edge3 [2001:db8::1]:9"
            ]
        );
        assert_eq!(
            named(&["login.a.example", "login.b.example"]),
            ["edge1 login.a.example:4000", "edge2 login.b.example:4000"]
        );
        for wrong in [
            "",
            "a b",
            "https://edge1",
            "edge1/x",
            "edge1:99999",
            "a@b",
            "edge1:0",
            "*",
            "$edge",
            "ed\"ge",
            "edgé",
            "fd00::1",
        ] {
            assert!(of(&[wrong]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn no_variable_of_the_shipped_files_stays() {
        for shipped in [PASSTHROUGH, TERMINATING] {
            let servers = of(&["edge1.corp.example"]).expect("an address");
            let text = with_servers(after(shipped, FIRST_SECTION), &servers);
            assert_eq!(text.matches("    server ").count(), 2, "{text}");
            assert!(!text.contains("EDGE_"), "{text}");
        }
        assert!(TERMINATING.contains(ASKING));
        assert!(PASSTHROUGH.contains(NAMED));
    }
}
