//! Keys of the direct logins: Kerberos, the form, what balancers show.

use std::{path::PathBuf, time::Duration};

use rustls_pki_types::{CertificateDer, pem::PemObject as _};

use super::{
    choices::{ChannelBindingPolicy, ProxyProtocol, TlsTermination},
    client_cert::{ClientCertConfig, client_cert},
    home::Home,
    keys,
    listen::{ListenConfig, listen},
    problem::{Concern, Holds, Missing, Problem},
    read_file::{Most, openable, read_file},
    reader::Reader,
    tls::{TlsKeys, TlsMaterial, tls},
};
use crate::network::NetworkWidths;

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
    /// What counts as one client address.
    pub networks: NetworkWidths,
}

/// Keys of Kerberos.
#[derive(Debug, Clone)]
pub struct KerberosConfig {
    /// `KERBEROS_KEYTAB`.
    pub keytab: PathBuf,
    /// `KERBEROS_REALMS`; empty: the keytab's.
    pub realms: Vec<String>,
    /// `KERBEROS_ALIASES`.
    pub aliases: Vec<String>,
    pub channel_binding: ChannelBindingPolicy,
    /// `KERBEROS_REQUIRE_PAC`.
    pub require_pac: bool,
}

pub(super) fn direct(home: &Home, port: u16, r: &mut Reader) -> Option<DirectConfig> {
    let kerberos = kerberos(home, r);
    let listen = listen(port, r);
    let networks = listen.networks;
    let mut direct = DirectConfig {
        kerberos,
        listen,
        tls: None,
        client_cert: client_cert(home, r),
        form: r.read(&keys::FORM_LOGIN),
        form_limits: FormLimits {
            per_address: r.read(&keys::FORM_ATTEMPTS_PER_MINUTE),
            per_user: r.read(&keys::FORM_FAILURES_PER_USER),
            window: r.read(&keys::FORM_FAILURES_SECONDS),
            networks,
        },
        max_logins: r.read(&keys::MAX_LOGINS),
        balancer_certificates: balancer_certificates(home, r),
        proxy_frontend: r.read(&keys::WITH_KERBEROS_PROXY_FRONTEND),
    };
    direct.check_proxy_frontend(r);
    let certificate = TlsKeys::read(r);
    match r.read(&keys::TLS_TERMINATION) {
        TlsTermination::Proxy => direct.check_balancer(r),
        TlsTermination::Here => {
            direct.tls = tls(home, certificate, r);
            if direct.tls.is_none() {
                direct.without_certificate(r);
                return None;
            }
        }
    }
    Some(direct)
}

impl DirectConfig {
    fn check_proxy_frontend(&self, r: &mut Reader) {
        if self.proxy_frontend && self.listen.trusts_nobody(r) {
            r.wrong(
                &keys::WITH_KERBEROS_PROXY_FRONTEND,
                Problem::NobodyNamesUsers,
            );
        }
        if self.proxy_frontend && self.listen.proxy_protocol == ProxyProtocol::V2 {
            r.wrong(
                &keys::WITH_KERBEROS_PROXY_FRONTEND,
                Problem::NamesUsersBehindProxyV2,
            );
        }
    }

    /// A balancer ends TLS.
    fn check_balancer(&self, r: &mut Reader) {
        let required =
            |section: &KerberosConfig| section.channel_binding == ChannelBindingPolicy::Require;
        if self.balancer_certificates.is_empty() && self.kerberos.as_ref().is_some_and(required) {
            r.wrong(&keys::CHANNEL_BINDING, Problem::BindingNotSeen);
        }
        if self.listen.trusts_nobody(r) {
            r.wrong(&keys::TLS_TERMINATION, Problem::NobodyEndsTls);
        }
    }

    fn without_certificate(&self, r: &mut Reader) {
        if r.is_wrong(&keys::TLS_KEY_FILE) || r.is_wrong(&keys::SSL_PFX) {
            return;
        }
        if self.kerberos.is_some() || self.client_cert.is_some() {
            r.missing(&keys::TLS_CERT_FILE, Missing::ServerCertificate);
        } else {
            r.warn(&keys::TLS_CERT_FILE, Concern::NoServerCertificate);
        }
    }
}

/// What the balancers' TLS shows to clients: their tokens are bound to it.
fn balancer_certificates(home: &Home, r: &mut Reader) -> Vec<BalancerCertificate> {
    let mut certificates = Vec::new();
    for name in r.read(&keys::CHANNEL_BINDING_CERT_FILES) {
        let path = home.path(&name);
        let problem = match read_file(&path, Most::ORDINARY) {
            // The leaf alone, which comes first.
            Ok(bytes) => match CertificateDer::from_pem_slice(&bytes) {
                Ok(leaf) => {
                    certificates.push(BalancerCertificate {
                        file: path,
                        der: leaf.to_vec(),
                    });
                    continue;
                }
                Err(_) => Problem::NoBalancerCertificate,
            },
            Err(error) => Problem::unreadable(error, Holds::BalancerCertificate),
        };
        r.wrong_file(&keys::CHANNEL_BINDING_CERT_FILES, path, problem);
    }
    certificates
}

fn kerberos(home: &Home, r: &mut Reader) -> Option<KerberosConfig> {
    let on = r.read(&keys::KERBEROS_AUTH);
    let keytab = r.read_or_usual(&keys::KERBEROS_KEYTAB).unwrap_or_default();
    let realms = r.read(&keys::KERBEROS_REALMS);
    let aliases = r.read(&keys::KERBEROS_ALIASES);
    if let Some(other) = aliases.iter().find(|alias| !is_host(alias)) {
        r.wrong(&keys::KERBEROS_ALIASES, Problem::NotAHost(other.clone()));
    }
    let channel_binding = r.read(&keys::CHANNEL_BINDING);
    let require_pac = r.read(&keys::KERBEROS_REQUIRE_PAC);
    if !on {
        return None;
    }
    let keytab = home.path(keytab);
    if let Err(error) = openable(&keytab) {
        r.wrong_file(
            &keys::KERBEROS_KEYTAB,
            keytab.clone(),
            Problem::unreadable(error, Holds::Keytab),
        );
    }
    Some(KerberosConfig {
        keytab,
        realms: realms.iter().map(|realm| realm.to_uppercase()).collect(),
        aliases,
        channel_binding,
        require_pac,
    })
}

/// Whether this is a host's name, with a port or without, and no URL or principal. A policy can have browsers
/// add the port to the name of the service.
fn is_host(name: &str) -> bool {
    let (name, port) = name.split_once(':').unwrap_or((name, "0"));
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    !name.is_empty() && name.chars().all(is_part) && port.parse::<u16>().is_ok()
}
