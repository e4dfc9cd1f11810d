//! What one configuration gives: directory, tunnel and logins. A reload makes a new one beside the old
//! and changes over when it works; what is under way ends in the old.

use std::{sync::Arc, time::Duration};

use axum::http::{HeaderName, HeaderValue};
use rustls::ClientConfig;
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    branding::branding,
    generation_error::{NotConnected, UnreachableDirectory, UnusableName},
    materials::{Kept, Materials},
};
use crate::{
    accept::Mismatches,
    authenticate::{Certificates, Kerberos},
    clock::Clock,
    config::{Config, DirectConfig, FileKeys, Fingerprint, SharedValues, keys},
    directory::Directory,
    fleet::FleetKey,
    http::{Limits, Random, Site, SiteSettings},
    lifecycle::Lifecycle,
    login::{Accounts, Attempts, EvenTime, Logins, Slots},
    ops::{self, Readiness},
    profile::Mapper,
    telemetry::{Metrics, event},
    tls::{ChannelBinding, ClientAuth, Identity},
    token::{Issuer, SigningKey},
    tunnel::{self, SeenRequests, TunnelParts, TunnelState},
    web::{self, Web},
};

/// How long a new configuration's directory may take to answer before it is refused.
const DIRECTORY_LIMIT: Duration = Duration::from_secs(10);
/// How long its tunnel may take to connect where the old one is connected.
const TUNNEL_LIMIT: Duration = Duration::from_secs(10);

/// Logins by password at the same time, for each bind that may be under way: the last of them waits
/// for a few others.
const WAITING_BINDS: usize = 4;

#[derive(Debug)]
pub struct Generation {
    pub config: Config,
    pub fingerprint: Fingerprint,
    /// What is compared with other instances, and the key of its digests.
    pub shared: SharedValues,
    pub fleet_key: FleetKey,
    /// What `config.json` said.
    pub file: FileKeys,
    pub directory: Directory,
    _directory_end: DropGuard,
    pub mapper: Mapper,
    pub accounts: Arc<Accounts>,
    pub web: Option<Arc<Web>>,
    pub tunnel: Option<watch::Receiver<TunnelState>>,
    /// The tunnel's own end: it changes over by itself.
    pub tunnel_life: TunnelLife,
    seen: Arc<SeenRequests>,
    tunnel_parts: Option<TunnelParts>,
    pub signing: Arc<SigningKey>,
    pub outgoing: Arc<ClientConfig>,
}

/// What ends by itself, beside the certificate of SERVER_URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expires {
    SigningCertificate,
    ClientAuthorities,
    RevocationLists,
}

/// What a configuration says, and what it was read from.
pub struct Read {
    pub config: Config,
    pub fingerprint: Fingerprint,
    pub shared: SharedValues,
    pub file: FileKeys,
}

/// The lifecycle of one generation's tunnel, which drains when the generation is replaced.
#[derive(Debug, Default)]
pub struct TunnelLife(Lifecycle);

impl TunnelLife {
    pub fn handle(&self) -> Lifecycle {
        self.0.clone()
    }
}

impl Drop for TunnelLife {
    fn drop(&mut self) {
        if !self.0.is_draining() {
            self.0.advance();
        }
    }
}

impl Generation {
    /// Builds it; the tunnel waits for [`Self::start_tunnel`]. Gives the identity of SERVER_URL, too.
    pub fn build(read: Read, materials: Materials, clock: &Clock) -> (Self, Option<Identity>) {
        let Read {
            config,
            fingerprint,
            shared,
            file,
        } = read;
        let Materials {
            signing,
            signing_files,
            outgoing,
            identity,
            kerberos,
            certificates,
            tenant_key,
            mapper,
            metrics,
            seen,
            limits,
            ..
        } = materials;
        let end = CancellationToken::new();
        let directory = Directory::start(
            config.directory.clone(),
            &outgoing,
            Arc::clone(&metrics),
            clock,
            &end,
        );
        let accounts = Arc::new(Accounts {
            directory: directory.clone(),
            mapper: mapper.clone(),
            config: config.accounts.clone(),
            metrics: Arc::clone(&metrics),
            instance: config.instance.name.clone(),
            clock: clock.clone(),
            even: EvenTime::new(),
        });
        let tunnel_life = TunnelLife::default();
        let has_tunnel = config.tunnel.is_some();
        let tunnel_parts = tenant_key.clone().filter(|_| has_tunnel);
        let tunnel_parts = tunnel_parts.map(|tenant_key| TunnelParts {
            accounts: Arc::clone(&accounts),
            signing: Arc::clone(&signing),
            tenant_key,
            seen: Arc::clone(&seen),
            tls: Arc::clone(&outgoing),
            clock: clock.clone(),
            metrics: Arc::clone(&metrics),
            life: tunnel_life.handle(),
        });
        let (own_signing, own_outgoing) = (Arc::clone(&signing), Arc::clone(&outgoing));
        let own_accounts = Arc::clone(&accounts);
        let web = config.direct.as_ref().map(|direct| {
            let logins = Logins {
                accounts,
                kerberos,
                certificates,
                issuer: Issuer::new(
                    signing,
                    &config.federation.issuer,
                    config.federation.lifetime,
                    config.federation.skew,
                ),
                connector_method: config.federation.legacy_method,
                clock: clock.clone(),
                slots: limits
                    .as_ref()
                    .map(|(slots, _)| Arc::clone(slots))
                    .filter(|slots| slots.are_for(direct.max_logins, direct.listen.networks))
                    .unwrap_or_else(|| {
                        Arc::new(Slots::new(
                            direct.max_logins,
                            direct.listen.networks,
                            keys::MAX_LOGINS.name,
                        ))
                    }),
                passwords: Slots::new(
                    config
                        .directory
                        .parallel_binds
                        .get()
                        .saturating_mul(WAITING_BINDS),
                    direct.listen.networks,
                    keys::LDAP_NUMBER_OF_PARALLEL_BINDS.name,
                ),
                attempts: limits
                    .as_ref()
                    .map(|(_, attempts)| Arc::clone(attempts))
                    .filter(|attempts| attempts.are_for(&direct.form_limits))
                    .unwrap_or_else(|| Arc::new(Attempts::new(&direct.form_limits))),
            };
            logins.attempts.measure(&logins.accounts.metrics);
            Arc::new(web(&config, direct, logins, tenant_key))
        });
        let generation = Self {
            fingerprint,
            shared,
            fleet_key: FleetKey::of(&signing_files.key),
            file,
            directory,
            _directory_end: end.drop_guard(),
            mapper,
            accounts: own_accounts,
            web,
            tunnel: None,
            tunnel_life,
            seen,
            tunnel_parts,
            signing: own_signing,
            outgoing: own_outgoing,
            config,
        };
        (generation, identity)
    }

    pub fn start_tunnel(&mut self) {
        match (&self.config.tunnel, self.tunnel_parts.take()) {
            (Some(section), Some(parts)) => self.tunnel = Some(tunnel::start(section, parts)),
            _ => tracing::info!(
                event = event::TUNNEL_DISABLED,
                "there is no tunnel (AD_HUB, AGENT_MODE): direct logins only"
            ),
        }
    }

    /// Waits for the directory; an error when it does not answer in time.
    pub async fn await_directory(&self) -> Result<(), UnreachableDirectory> {
        let end = Instant::now() + DIRECTORY_LIMIT;
        while !self.directory.ready() {
            if Instant::now() >= end {
                return Err(UnreachableDirectory::of(&self.directory));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Waits for the tunnel where that of `old` is connected; an error when it does not connect in time.
    pub async fn await_tunnel(&self, old: &Self) -> Result<(), NotConnected> {
        let (Some(new), Some(old)) = (&self.tunnel, &old.tunnel) else {
            return Ok(());
        };
        let is_connected = |tunnel: &watch::Receiver<TunnelState>| {
            matches!(*tunnel.borrow(), TunnelState::Connected)
        };
        if !is_connected(old) {
            return Ok(());
        }
        let mut waiting = new.clone();
        let connected = waiting.wait_for(|state| matches!(state, TunnelState::Connected));
        let _ = timeout(TUNNEL_LIMIT, connected).await;
        if is_connected(new) || !is_connected(old) {
            return Ok(());
        }
        let state = new.borrow();
        Err(NotConnected(match &*state {
            TunnelState::Disconnected(why) => why.clone(),
            TunnelState::Connected => None,
        }))
    }

    /// The site of the direct logins.
    pub fn site(
        &self,
        readiness: Arc<Readiness>,
        metrics: &Arc<Metrics>,
        mismatches: &Mismatches,
        life: &Lifecycle,
    ) -> Result<Option<Site>, UnusableName> {
        let Some((web, direct)) = self.web.as_ref().zip(self.config.direct.as_ref()) else {
            return Ok(None);
        };
        let mut extra_headers = Vec::new();
        if self.config.instance.header {
            let name = HeaderValue::from_str(&self.config.instance.name)?;
            extra_headers.push((HeaderName::from_static("x-ad-edge-instance"), name));
        }
        let settings = SiteSettings {
            limits: Limits::for_token(direct.listen.max_token),
            random: Random::system(),
            instance: Some(self.config.instance.mark()),
            branding: Arc::new(branding(&self.config)),
            hsts: true,
            metrics: Some(Arc::clone(metrics)),
            mismatches: Some(mismatches.clone()),
            balancers_only: direct.tls.is_none().then(|| direct.listen.clone()),
            quiet: false,
            extra_headers,
        };
        let router = web::router(Arc::clone(web)).merge(ops::probes(readiness));
        Ok(Some(Site::new(router, settings, life.clone())))
    }

    /// What outlives it.
    pub fn kept(&self, metrics: &Arc<Metrics>) -> Kept {
        Kept {
            metrics: Arc::clone(metrics),
            seen: Arc::clone(&self.seen),
            predecessor: self.web.clone(),
        }
    }

    /// When each of what it uses ends, Unix time; of several of a kind the first.
    pub fn ends(&self) -> Vec<(Expires, i64)> {
        let trust = self.certificates().map(Certificates::ends);
        let authority = trust.and_then(|ends| ends.authority);
        let revocation_list = trust.and_then(|ends| ends.revocation_list);
        let mut ends = vec![(Expires::SigningCertificate, self.signing.not_after())];
        ends.extend(authority.map(|end| (Expires::ClientAuthorities, end)));
        ends.extend(revocation_list.map(|end| (Expires::RevocationLists, end)));
        ends
    }

    pub fn kerberos(&self) -> Option<&Kerberos> {
        self.web.as_ref()?.logins.kerberos.as_ref()
    }

    pub fn certificates(&self) -> Option<&Certificates> {
        self.web.as_ref()?.logins.certificates.as_ref()
    }

    /// What the handshake asks clients for.
    pub fn client_auth(&self) -> Option<ClientAuth> {
        let section = self.config.direct.as_ref()?.client_cert.as_ref()?;
        Some(ClientAuth {
            issuers: self.certificates()?.issuers(),
            hosts: section.hosts.clone(),
        })
    }
}

fn web(
    config: &Config,
    direct: &DirectConfig,
    logins: Logins,
    tenant_key: Option<Arc<crate::token::TenantKey>>,
) -> Web {
    let server_url = config.federation.server_url.as_str();
    let bindings = direct.balancer_certificates.iter();
    Web {
        logins,
        tenant_key,
        relying_parties: config.federation.relying_parties.clone(),
        logo: config.pages.logo.clone(),
        form: direct.form,
        proxy_frontend: direct.proxy_frontend,
        behind_terminator: direct.tls.is_none(),
        certificate_header: direct
            .client_cert
            .as_ref()
            .map(|section| section.header.clone()),
        balancer_bindings: bindings
            .filter_map(|certificate| ChannelBinding::of_certificate(&certificate.der))
            .map(|binding| binding.as_bytes().to_vec())
            .collect(),
        listen: direct.listen.clone(),
        server_url: server_url.trim_end_matches('/').to_owned(),
    }
}
