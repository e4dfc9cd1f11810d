//! Keys of the direct logins: Kerberos, the form, what balancers show.

use std::{fs, path::PathBuf, time::Duration};

use rustls_pki_types::{CertificateDer, pem::PemObject as _};

use super::{
    client_cert::{ClientCertConfig, client_cert},
    home::Home,
    listen::{ListenConfig, ProxyProtocol, listen},
    mistake::Mistake,
    reader::Reader,
    tls::{TlsMaterial, tls},
};

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

pub(super) fn direct(
    home: &Home,
    files: Option<&Home>,
    port: u16,
    r: &mut Reader,
) -> Option<DirectConfig> {
    let kerberos = kerberos(home, r);
    let listen = listen(port, r);
    let form = r.flag("FORM_LOGIN", true);
    let form_limits = FormLimits {
        per_address: r.number("FORM_ATTEMPTS_PER_MINUTE", 60, 0..=100_000),
        per_user: r.number("FORM_FAILURES_PER_USER", 3, 0..=1000),
        window: r.seconds("FORM_FAILURES_SECONDS", 1860, 1..=86_400),
    };
    let max_logins = r.number("MAX_LOGINS", 1000, 1..=1_000_000);
    let balancer_certificates = balancer_certificates(home, r);
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
    let client_cert = client_cert(home, files, r);
    let by_proxy = r.parsed(
        "TLS_TERMINATION",
        false,
        |text| match text {
            "here" => Some(false),
            "proxy" => Some(true),
            _ => None,
        },
        "is not a place where TLS ends",
        "Write here, or proxy",
    );
    if by_proxy {
        let required =
            |section: &KerberosConfig| section.channel_binding == ChannelBindingPolicy::Require;
        if balancer_certificates.is_empty() && kerberos.as_ref().is_some_and(required) {
            r.wrong(
                "CHANNEL_BINDING",
                "cannot be required where a balancer ends TLS: this instance does not see its certificate",
                "List the balancer's certificates in CHANNEL_BINDING_CERT_FILES, or let TLS end here \
                 (TLS_TERMINATION here, haproxy/passthrough.cfg)",
            );
        }
        if listen.trusted_proxies.is_empty() {
            r.wrong(
                "TLS_TERMINATION",
                "leaves TLS to a balancer, but none is trusted",
                "List the balancers' addresses in TRUSTED_PROXIES",
            );
        }
        return Some(DirectConfig {
            listen,
            tls: None,
            client_cert,
            kerberos,
            form,
            form_limits,
            max_logins,
            balancer_certificates,
            proxy_frontend,
        });
    }
    let Some(tls) = tls(home, files, r) else {
        if kerberos.is_some() || client_cert.is_some() {
            r.missing(
                "TLS_CERT_FILE",
                "Logins by Kerberos and client certificate need a certificate for SERVER_URL: put it at certs/tls.pem with \
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
        tls: Some(tls),
        client_cert,
        kerberos,
        form,
        form_limits,
        max_logins,
        balancer_certificates,
        proxy_frontend,
    })
}

/// What the balancers' TLS shows to clients: their tokens are bound to it.
fn balancer_certificates(home: &Home, r: &mut Reader) -> Vec<BalancerCertificate> {
    let key = "CHANNEL_BINDING_CERT_FILES";
    let mut certificates = Vec::new();
    for name in r.list(key) {
        let path = home.path(&name);
        let problem = match fs::read(&path) {
            // The leaf alone, which stands first.
            Ok(bytes) => match CertificateDer::from_pem_slice(&bytes) {
                Ok(leaf) => {
                    certificates.push(BalancerCertificate {
                        file: path,
                        der: leaf.to_vec(),
                    });
                    continue;
                }
                Err(_) => "holds no certificate in PEM".to_owned(),
            },
            Err(error) => format!("cannot be read ({error})"),
        };
        r.mistakes.push(Mistake {
            key: key.to_owned(),
            value: Some(path.display().to_string()),
            problem,
            remedy: "Copy the certificate that the balancer shows at SERVER_URL to that file, PEM"
                .to_owned(),
        });
    }
    certificates
}

fn kerberos(home: &Home, r: &mut Reader) -> Option<KerberosConfig> {
    let on = r.flag("KERBEROS_AUTH", false);
    let keytab = r.text("KERBEROS_KEYTAB");
    let realms = r.list("KERBEROS_REALMS");
    let channel_binding = r.parsed(
        "CHANNEL_BINDING",
        ChannelBindingPolicy::Accept,
        |text| match text {
            "off" | "false" => Some(ChannelBindingPolicy::Off),
            "accept" => Some(ChannelBindingPolicy::Accept),
            "require" => Some(ChannelBindingPolicy::Require),
            _ => None,
        },
        "is no policy for channel bindings",
        "Write off, accept or require",
    );
    if !on {
        return None;
    }
    let keytab = home.path(keytab.as_deref().unwrap_or("certs/krb5.keytab"));
    if let Err(error) = fs::File::open(&keytab) {
        r.mistakes.push(Mistake {
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
        channel_binding,
    })
}
