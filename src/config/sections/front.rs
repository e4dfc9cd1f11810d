//! The front that users reach: listener, certificate, Kerberos, form.

use std::{
    fs,
    net::{IpAddr, Ipv6Addr},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use secrecy::SecretSlice;

use super::{
    super::{
        BalancerCertificate, ChannelBindingPolicy, DirectConfig, FormLimits, Home, KerberosConfig,
        ListenConfig, Mistake, ProxyProtocol, TlsMaterial, reader::Reader,
    },
    client_cert,
};
use crate::secret::{ExposeSecret as _, SecretString};

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
    let client_cert = client_cert::client_cert(home, files, r);
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

fn listen(port: u16, r: &mut Reader) -> ListenConfig {
    let mut trusted_proxies = Vec::new();
    for text in r.list("TRUSTED_PROXIES") {
        let net = text
            .parse()
            .or_else(|_| text.parse::<IpAddr>().map(Into::into));
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
            Ipv6Addr::UNSPECIFIED.into(),
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
