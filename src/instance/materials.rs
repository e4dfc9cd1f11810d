//! The files and keys that a configuration names, loaded and checked before anything is served.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use url::Host;

use super::load_error::{LoadError, Unusable};
use crate::{
    authenticate::{Certificates, Kerberos},
    clock::Clock,
    config::{Config, DirectConfig, Most, SigningPem, read_file},
    installation::generate_signing_key,
    login::{Attempts, Slots},
    profile::Mapper,
    telemetry::{Metrics, event},
    tls::{Identity, SharedTickets, TicketSecret},
    token::{SigningKey, TenantKey},
    tunnel::SeenRequests,
    web::Web,
};

/// All that was loaded.
#[derive(Debug)]
pub struct Materials {
    pub signing: Arc<SigningKey>,
    /// Session tickets by what all instances share.
    pub tickets: Arc<SharedTickets>,
    /// For outgoing TLS: the system's roots and the configured ones.
    pub outgoing: Arc<ClientConfig>,
    pub signing_files: SigningPem,
    /// Present when there are direct logins, unless a balancer ends TLS.
    pub identity: Option<Identity>,
    pub kerberos: Option<Kerberos>,
    pub certificates: Option<Certificates>,
    pub tenant_key: Option<Arc<TenantKey>>,
    pub mapper: Mapper,
    pub metrics: Arc<Metrics>,
    /// The hub's requests that were carried out before.
    pub(super) seen: Arc<SeenRequests>,
    /// What was counted before, where there was something before.
    pub(super) limits: Option<(Arc<Slots>, Arc<Attempts>)>,
    pub warnings: Vec<String>,
}

/// What outlives a configuration.
#[derive(Debug, Default)]
pub struct Kept {
    pub(super) metrics: Arc<Metrics>,
    pub(super) seen: Arc<SeenRequests>,
    pub(super) predecessor: Option<Arc<Web>>,
}

impl Kept {
    /// Before the first configuration.
    #[must_use]
    pub fn first(metrics: Arc<Metrics>) -> Self {
        Self {
            metrics,
            seen: Arc::default(),
            predecessor: None,
        }
    }

    fn kerberos(&self) -> Option<&Kerberos> {
        self.predecessor.as_ref()?.logins.kerberos.as_ref()
    }

    fn limits(&self) -> Option<(Arc<Slots>, Arc<Attempts>)> {
        let logins = &self.predecessor.as_ref()?.logins;
        Some((Arc::clone(&logins.slots), Arc::clone(&logins.attempts)))
    }
}

impl Materials {
    /// Loads everything; makes the signing key and certificate of a first start when `may_write`.
    ///
    /// # Errors
    /// Everything that is wrong, not the first thing only.
    pub fn load(
        config: &Config,
        clock: &Clock,
        may_write: bool,
        kept: &Kept,
    ) -> Result<Self, Unusable> {
        let mut problems = Vec::new();
        let mut warnings = Vec::new();
        let mut note = |problem: LoadError| problems.push(problem);
        let signing = signing_files(config, clock, may_write)
            .and_then(|files| {
                let key = SigningKey::new(&files)?;
                let secret = ticket_secret(config, &files);
                let tickets = SharedTickets::new(secret, clock.clone())?;
                Ok((key, tickets, files))
            })
            .map_err(&mut note)
            .ok();
        let outgoing = outgoing(config, clock).map_err(&mut note).ok();
        let outgoing = outgoing.map(|(tls, more)| {
            warnings.extend(more);
            tls
        });
        let direct = config.direct.as_ref();
        let certificates = direct
            .and_then(|direct| direct.client_cert.as_ref())
            .and_then(|section| {
                Certificates::load(section)
                    .map_err(|error| note(error.into()))
                    .ok()
            });
        if let Some(certificates) = &certificates {
            warnings.extend(certificates.left_out(clock.now()));
            warnings.extend(certificates.list_notes());
        }
        let identity = direct.and_then(|direct| {
            Identity::load(direct.tls.as_ref()?)
                .map_err(|error| note(error.into()))
                .ok()
        });
        if let Some(identity) = &identity {
            let host = config.federation.server_url.host_str();
            warnings.extend(identity.leaf.warnings(host, clock.now()));
        }
        let kerberos =
            direct.and_then(|direct| kerberos(direct, config, kept, &mut warnings, &mut note));
        let tenant_key = config.tenant_key.as_ref().and_then(|text| {
            TenantKey::new(text)
                .map_err(|error| note(error.into()))
                .ok()
        });
        warnings.extend(tenant_key.as_ref().and_then(TenantKey::concern));
        let metrics = Arc::clone(&kept.metrics);
        let accounts = &config.accounts;
        let mapper = Mapper::start(
            accounts.mapper.as_ref(),
            &accounts.mapper_room,
            Arc::clone(&metrics),
        )
        .map_err(|error| note(error.into()))
        .ok();
        warnings.extend(mapper.iter().flat_map(Mapper::warnings));
        match (signing, outgoing, mapper) {
            (Some((signing, tickets, signing_files)), Some(outgoing), Some(mapper))
                if problems.is_empty() =>
            {
                Ok(Self {
                    signing: Arc::new(signing),
                    tickets,
                    signing_files,
                    outgoing,
                    identity,
                    kerberos,
                    certificates,
                    tenant_key: tenant_key.map(Arc::new),
                    mapper,
                    metrics,
                    seen: Arc::clone(&kept.seen),
                    limits: kept.limits(),
                    warnings,
                })
            }
            _ => Err(Unusable(problems)),
        }
    }
}

/// What the keys of TLS session tickets are made of.
pub(super) fn ticket_secret<'a>(config: &'a Config, files: &'a SigningPem) -> TicketSecret<'a> {
    match &config.ticket_secret {
        Some(secret) => TicketSecret::Own(secret),
        None => TicketSecret::SigningKey(&files.key),
    }
}

fn signing_files(config: &Config, clock: &Clock, may_write: bool) -> Result<SigningPem, LoadError> {
    if let Some(files) = &config.signing {
        return Ok(files.clone());
    }
    if !may_write {
        return Err(LoadError::NoSigningKey);
    }
    let connection = &config.instance.site;
    let files = generate_signing_key(
        &config.home,
        connection,
        &config.federation.issuer,
        clock.now(),
    )?;
    tracing::warn!(
        event = event::SIGNING_KEY_MADE,
        "a new signing key and certificate were made (certs/cert.key, certs/cert.pem): give the certificate to the \
         tenant, and copy both files to every other instance"
    );
    Ok(files)
}

fn kerberos(
    direct: &DirectConfig,
    config: &Config,
    kept: &Kept,
    warnings: &mut Vec<String>,
    note: &mut impl FnMut(LoadError),
) -> Option<Kerberos> {
    let section = direct.kerberos.as_ref()?;
    let host = config.federation.server_url.host_str().unwrap_or_default();
    let kerberos = match Kerberos::start(section, host, kept.kerberos()) {
        Ok(kerberos) => kerberos,
        Err(error) => {
            note(error.into());
            return None;
        }
    };
    warnings.extend(kerberos.realms().concern());
    let keytab = kerberos.keytab();
    // No ticket is for an address.
    if let Some(Host::Domain(host)) = config.federation.server_url.host() {
        let host = host.trim_end_matches('.');
        let service = format!("HTTP/{host}@");
        let named = |principal: &&str| {
            principal
                .get(..service.len())
                .is_some_and(|p| p.eq_ignore_ascii_case(&service))
        };
        let principals: Vec<_> = keytab.principals().into_iter().collect();
        if !principals.iter().any(named) {
            warnings.push(format!(
                "the keytab {} has no key for HTTP/{host}, the host of SERVER_URL, for which \
                 browsers will bring tickets; it has {}",
                section.keytab.display(),
                principals.join(", ")
            ));
        }
    }
    Some(kerberos)
}

/// The CAs that outgoing TLS trusts, as far as they can be read.
pub fn trusted_roots(config: &Config) -> RootCertStore {
    roots(config, &mut Vec::new()).unwrap_or_else(|_| RootCertStore::empty())
}

/// Whether a machine without the roots of SSL_CA_FILE trusts the certificate of SERVER_URL, as browsers from
/// anywhere do; true when there is none that can be read.
pub fn is_trusted_everywhere(config: &Config, clock: &Clock) -> bool {
    let material = config
        .direct
        .as_ref()
        .and_then(|direct| direct.tls.as_ref());
    let Some(identity) = material.and_then(|material| Identity::load(material).ok()) else {
        return true;
    };
    let mut plain = config.clone();
    plain.extra_roots.clear();
    let host = config.federation.server_url.host_str().unwrap_or_default();
    identity
        .verify(trusted_roots(&plain), host, clock.now())
        .is_ok()
}

fn roots(config: &Config, warnings: &mut Vec<String>) -> Result<RootCertStore, LoadError> {
    let mut roots = RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(system.certs);
    if roots.is_empty() && config.extra_roots.is_empty() {
        warnings.push(
            "the system has no CA certificates and SSL_CA_FILE names none: no TLS server can be \
             trusted"
                .to_owned(),
        );
    }
    let mut empty = Vec::new();
    for file in &config.extra_roots {
        let bytes = read_file(file, Most::ORDINARY).map_err(|source| LoadError::Roots {
            file: file.clone(),
            source,
        })?;
        let mut found = 0;
        for certificate in CertificateDer::pem_slice_iter(&bytes).flatten() {
            found += roots.add_parsable_certificates([certificate]).0;
        }
        if found == 0 {
            empty.push(file.clone());
        }
    }
    // With others it may be of no consequence; alone, it is what the directory's certificate leads to.
    if !empty.is_empty()
        && empty.len() == config.extra_roots.len()
        && config.directory.is_encrypted()
    {
        return Err(LoadError::NoRoots(empty));
    }
    let empty = empty.iter();
    warnings.extend(empty.map(|file| format!("{} holds no CA certificate in PEM", file.display())));
    Ok(roots)
}

/// Outgoing TLS with the system's roots and the configured ones, by this clock; and warnings.
///
/// # Errors
/// What cannot be read.
pub fn outgoing(
    config: &Config,
    clock: &Clock,
) -> Result<(Arc<ClientConfig>, Vec<String>), LoadError> {
    let mut warnings = Vec::new();
    let roots = roots(config, &mut warnings)?;
    Ok((client(roots, clock)?, warnings))
}

fn client(roots: RootCertStore, clock: &Clock) -> Result<Arc<ClientConfig>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_details(provider, Arc::new(clock.clone()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
