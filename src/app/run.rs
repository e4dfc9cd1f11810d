//! Runs the fronts until a signal ends them.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::http::{HeaderName, HeaderValue};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};
use tokio_util::sync::CancellationToken;

use super::{
    Materials,
    reload::{Reload, changed, client_auth, expiry, expiry_of},
};
use crate::{
    accept::{AcceptLimits, Listener},
    clock::Clock,
    config::{Config, DirectConfig},
    directory::Directory,
    http::{Front, Limits, Random, Site, SiteSettings},
    lifecycle::Lifecycle,
    login::{Accounts, Logins},
    ops::{self, Readiness},
    telemetry::Metrics,
    tls::TlsServer,
    token::Issuer,
    tunnel::{self, TunnelParts, TunnelState},
    web::{self, Web},
};

/// How long the operators' front may take to finish after everything else has ended.
const OPS_FINISH: Duration = Duration::from_secs(2);

/// Serves until SIGTERM or SIGINT, then drains. Returns an error only when it cannot start.
///
/// # Errors
/// When an address cannot be listened on.
pub async fn run(config: Config, materials: Materials, clock: Clock) -> anyhow::Result<()> {
    let mut signals = Signals::new()?;
    let metrics = Arc::clone(&materials.metrics);
    let (front_life, ops_life) = (Lifecycle::new(), Lifecycle::new());
    let directory_end = CancellationToken::new();
    let directory = Directory::start(
        config.directory.clone(),
        &materials.outgoing,
        Arc::clone(&metrics),
        &directory_end,
    );
    expiry(&metrics, "signing", materials.signing.not_after());
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        instance = config.instance.name,
        signing_thumbprint = materials.signing.thumbprint(),
        "ad-edge starts"
    );

    let accounts = Arc::new(Accounts {
        directory: directory.clone(),
        mapper: materials.mapper.clone(),
        config: config.accounts.clone(),
        metrics: Arc::clone(&metrics),
        instance: config.instance.name.clone(),
    });
    let tunnel = match (&config.tunnel, &materials.tenant_key) {
        (Some(section), Some(tenant_key)) => {
            let parts = TunnelParts {
                accounts: Arc::clone(&accounts),
                signing: Arc::clone(&materials.signing),
                tenant_key: Arc::clone(tenant_key),
                tls: Arc::clone(&materials.outgoing),
                clock: clock.clone(),
                metrics: Arc::clone(&metrics),
                life: front_life.clone(),
            };
            Some(tunnel::start(section, parts))
        }
        _ => {
            tracing::info!("there is no tunnel (AD_HUB, AGENT_MODE): direct logins only");
            None
        }
    };
    let direct = config.direct.clone();
    let client_auth = client_auth(direct.as_ref(), materials.certificates.as_ref());
    let tls = match materials.identity {
        Some(identity) => Some(TlsServer::new(identity, client_auth, materials.tickets)?),
        None => None,
    };
    let alone = direct.is_none();
    let readiness = readiness(&front_life, &directory, tls.as_ref(), &clock);
    let readiness = Arc::new(match tunnel {
        Some(tunnel) if alone => with_tunnel(readiness, tunnel),
        _ => readiness,
    });
    let ops_listener =
        Listener::bind(config.ops_listen.ip(), config.ops_listen.port()).context("OPS_LISTEN")?;
    tracing::info!(address = %ops_listener.address(), "metrics and probes");
    let ops_router = ops::router(Arc::clone(&readiness), Arc::clone(&metrics));
    ops_life.spawn(ops::run(ops_listener, ops_router, ops_life.clone()));

    let mut reload = Reload {
        tls: None,
        direct: None,
        web: None,
        mapper: materials.mapper.clone(),
    };
    if let Some(direct) = direct {
        let logins = Logins {
            accounts,
            kerberos: materials.kerberos,
            certificates: materials.certificates,
            issuer: Issuer::new(
                materials.signing,
                &config.federation.issuer,
                config.federation.lifetime,
                config.federation.skew,
            ),
            incumbent_method: config.federation.incumbent_method,
            clock,
        };
        let web = Arc::new(Web {
            logins,
            tenant_key: materials.tenant_key,
            relying_parties: config.federation.relying_parties.clone(),
            site: config.instance.site.clone(),
            form: direct.form,
            proxy_frontend: direct.proxy_frontend,
            behind_terminator: direct.tls.is_none(),
            certificate_header: direct
                .client_cert
                .as_ref()
                .map(|section| section.header.clone()),
            listen: direct.listen.clone(),
            server_url: config
                .federation
                .server_url
                .as_str()
                .trim_end_matches('/')
                .to_owned(),
        });
        if let Some(tls) = &tls {
            expiry_of(&metrics, tls);
        }
        start_front(
            &config,
            &direct,
            tls.as_ref(),
            &web,
            readiness,
            &metrics,
            &front_life,
        )?;
        reload.tls = tls.zip(direct.tls.clone());
        reload.direct = Some(direct);
        reload.web = Some(web);
    }
    let mut watch = reload.watch();
    loop {
        tokio::select! {
            asked = signals.next() => match asked {
                Asked::Reload => reload.now(&metrics).await,
                Asked::End => break,
            },
            files = changed(watch.as_mut()) => {
                tracing::info!(?files, "files have changed");
                reload.now(&metrics).await;
                // There may be files now that were not there before.
                watch = reload.watch();
            }
        }
    }
    tracing::info!(drain = ?config.drain, shutdown = ?config.shutdown, "draining");
    let drain = front_life.drain(config.drain, config.shutdown);
    tokio::pin!(drain);
    let drained = loop {
        tokio::select! {
            drained = &mut drain => break drained,
            asked = signals.next() => if asked == Asked::End { front_life.hurry() },
        }
    };
    directory_end.cancel();
    ops_life.drain(Duration::ZERO, OPS_FINISH).await;
    tracing::info!(cut = drained.cut, "ended");
    Ok(())
}

fn start_front(
    config: &Config,
    direct: &DirectConfig,
    tls: Option<&TlsServer>,
    web: &Arc<Web>,
    readiness: Arc<Readiness>,
    metrics: &Arc<Metrics>,
    life: &Lifecycle,
) -> anyhow::Result<()> {
    let mut extra_headers = Vec::new();
    if config.instance.header {
        let name = HeaderValue::from_str(&config.instance.name)
            .context("INSTANCE_NAME cannot stand in a header: use letters, digits and hyphens")?;
        extra_headers.push((HeaderName::from_static("x-ad-edge-instance"), name));
    }
    let settings = SiteSettings {
        limits: Limits::for_token(direct.listen.max_token),
        random: Random::system(),
        hsts: true,
        metrics: Some(Arc::clone(metrics)),
        quiet: false,
        extra_headers,
    };
    let router = web::router(Arc::clone(web)).merge(ops::probes(readiness));
    let site = Site::new(router, settings, life.clone());
    let listener = Listener::bind(direct.listen.address, direct.listen.port)
        .context("LISTEN_ADDRESS and PORT")?;
    tracing::info!(
        address = %listener.address(),
        server_url = %config.federation.server_url,
        kerberos = web.logins.kerberos.is_some(),
        certificates = web.logins.certificates.is_some(),
        form = web.form,
        "direct logins"
    );
    let metrics = Some(Arc::clone(metrics));
    let front = Front::new(site, tls.cloned(), life.clone(), metrics);
    let limits = AcceptLimits::from_config(&direct.listen);
    life.spawn(async move { front.run(listener, limits).await });
    Ok(())
}

/// The tunnel counts only where there are no direct logins: those never depend on the hub, and the
/// balancer need not know of it.
fn with_tunnel(readiness: Readiness, tunnel: watch::Receiver<TunnelState>) -> Readiness {
    readiness.with("tunnel", move || match &*tunnel.borrow() {
        TunnelState::Connected => Ok(()),
        TunnelState::Apart(Some(why)) => Err(why.clone()),
        TunnelState::Apart(None) => Err("not connected yet".to_owned()),
    })
}

/// Ready is whoever can sign someone in: with a directory within reach and, for browsers, a
/// certificate in force.
fn readiness(
    life: &Lifecycle,
    directory: &Directory,
    tls: Option<&TlsServer>,
    clock: &Clock,
) -> Readiness {
    let directory = directory.clone();
    let readiness = Readiness::new(life.clone()).with("directory", move || {
        if directory.ready() {
            return Ok(());
        }
        let errors: Vec<_> = directory
            .status()
            .into_iter()
            .map(|server| match server.error {
                Some(error) => error.to_string(),
                None => format!("{} is not connected yet", server.server),
            })
            .collect();
        Err(errors.join("; "))
    });
    let Some(tls) = tls.cloned() else {
        return readiness;
    };
    let clock = clock.clone();
    readiness.with("certificate", move || {
        if tls.leaf().not_after > clock.now() {
            Ok(())
        } else {
            Err("the certificate of SERVER_URL has expired".to_owned())
        }
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    End,
    Reload,
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.terminate.recv() => Asked::End,
            _ = self.interrupt.recv() => Asked::End,
            _ = self.hang_up.recv() => Asked::Reload,
        }
    }
}
