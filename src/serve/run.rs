//! Runs the fronts until a signal ends them.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use arc_swap::ArcSwap;
use sd_notify::NotifyState;
use tokio::{sync::mpsc, time::Instant};

use super::main_loop::{drain, serve};
use crate::{
    accept::{AcceptLimits, Inherited, Mismatches, within_open_files},
    clock::Clock,
    config::{Loaded, Settings, keys},
    console::{self, Program},
    http::{Front, Listener},
    instance::{
        Answer, Generation, Materials, Read, RegistrationKeeper, Reporter, Running, keep, readiness,
    },
    lifecycle::{Lifecycle, Signals, Supervisor, notify, supervised},
    ops::{self, InstancePage},
    telemetry::{History, Log, Memory, RecentEvents, Task, event},
    tls::TlsServer,
};

/// How long the operators' front may take to finish after everything else has ended.
const OPS_FINISH: Duration = Duration::from_secs(2);

/// Serves until SIGTERM or SIGINT, then drains. `settings` reads the configuration again at SIGHUP.
/// `inherited` are the service manager's sockets, where they were taken before. Returns an error only when it
/// cannot start.
///
/// # Errors
/// When an address cannot be listened on.
pub async fn run(
    loaded: Loaded,
    materials: Materials,
    clock: Clock,
    settings: Arc<Settings>,
    log: Log,
    inherited: Option<Inherited>,
) -> anyhow::Result<()> {
    let mut signals = Signals::new()?;
    let Loaded {
        config,
        fingerprint,
        shared,
        file,
        ..
    } = loaded;
    let read = Read {
        config,
        fingerprint,
        shared,
        file,
    };
    let metrics = Arc::clone(&materials.metrics);
    let mismatches = Mismatches::new(Some(Arc::clone(&metrics)));
    let tickets = Arc::clone(&materials.tickets);
    let (life, ops_life) = (Lifecycle::new(), Lifecycle::new());
    tracing::info!(
        event = event::PROGRAM_STARTED,
        version = env!("CARGO_PKG_VERSION"),
        instance = read.config.instance.name,
        signing_thumbprint = materials.signing.thumbprint(),
        "ad-edge starts"
    );
    let (mut generation, identity) = Generation::build(read, materials, &clock);
    // Before anybody is told that this instance is ready: who replaces a file then is noticed.
    let watch = generation.watch();
    generation.start_tunnel();
    let tls = match identity {
        Some(identity) => {
            let tickets = Arc::clone(&tickets);
            Some(TlsServer::new(identity, generation.client_auth(), tickets)?)
        }
        None => None,
    };
    let current = Arc::new(ArcSwap::from_pointee(generation));
    let config = current.load().config.clone();
    let limits = config.direct.as_ref().map(|direct| {
        let connections = within_open_files(direct.listen.max_connections);
        AcceptLimits::from_config(&direct.listen, connections, &mismatches, &metrics)
    });
    let readiness = readiness(&life, &mismatches, &current, tls.as_ref(), &clock);
    let seats = limits.as_ref().map(|limits| limits.seats.clone());
    let readiness = Arc::new(readiness.with_seats(seats));
    let mut inherited = inherited.unwrap_or_else(Inherited::take);

    let ops_listener = inherited
        .or_bind(config.ops_listen.ip(), config.ops_listen.port())
        .context(keys::OPS_LISTEN.name)?;
    tracing::info!(
        event = event::OPS_LISTENING,
        address = %ops_listener.address(),
        "metrics and probes"
    );
    let events = log.recent.clone();
    metrics
        .remembered
        .measure_by(Memory::Events, move || events.held());
    let history = Arc::new(History::default());
    let reporter = Arc::new(Reporter::new(
        &current,
        &readiness,
        tls.as_ref(),
        &metrics,
        &history,
        &clock,
    ));
    metrics.show_configuration(&reporter.report().configuration.digest);
    let page = instance_page(&reporter, &ops_listener);
    let ops_router = ops::router(Arc::clone(&readiness), Arc::clone(&metrics), Some(page));
    let (operators, of_operators) = (Arc::new(ops_listener), mismatches.clone());
    let own = ops_life.clone();
    ops_life.spawn(supervised(
        Task::Operators,
        Arc::clone(&metrics),
        move || {
            let (listener, router) = (Arc::clone(&operators), ops_router.clone());
            ops::run(listener, router, own.clone(), of_operators.clone())
        },
    ));

    let mut front = None;
    let site = current
        .load()
        .site(Arc::clone(&readiness), &metrics, &mismatches, &life)?;
    if let Some(((site, direct), limits)) = site.zip(config.direct.as_ref()).zip(limits) {
        let listener = inherited
            .or_bind(direct.listen.address, direct.listen.port)
            .context("LISTEN_ADDRESS and PORT")?;
        tracing::info!(event = event::ACCEPT_LISTENING,
            address = %listener.address(),
            server_url = %config.federation.server_url,
            kerberos = direct.kerberos.is_some(),
            certificates = direct.client_cert.is_some(),
            form = direct.form,
            "direct logins"
        );
        let made = Front::new(
            site,
            tls.clone(),
            life.clone(),
            Some(Arc::clone(&metrics)),
            mismatches.clone(),
        );
        let (serving, listener) = (made.clone(), Arc::new(listener));
        life.spawn(supervised(Task::Users, Arc::clone(&metrics), move || {
            let (serving, listener, limits) =
                (serving.clone(), Arc::clone(&listener), limits.clone());
            async move { serving.run(listener, limits).await }
        }));
        front = Some(made);
    }
    let console = match config.admin_listen {
        // Only the administrator needs it: logins go on without it.
        Some(address) => inherited
            .or_bind(address.ip(), address.port())
            .inspect_err(|error| {
                tracing::error!(
                    event = event::CONSOLE_REFUSED,
                    %error,
                    "there is no console (ADMIN_LISTEN)"
                );
            })
            .ok(),
        None => None,
    };
    for address in inherited.unused() {
        tracing::warn!(event = event::ACCEPT_SOCKET_UNUSED,
            %address,
            "a socket was passed on that is not served: it is none of PORT, OPS_LISTEN and \
             ADMIN_LISTEN, or a second one of a port. Give one ListenStream= each; [::] takes IPv4 too"
        );
    }

    let running = Running {
        settings,
        log: log.clone(),
        current,
        front,
        tls,
        tickets,
        readiness,
        refused: Arc::default(),
        metrics,
        mismatches,
        clock,
        life,
    };
    running.measure();
    notify(&[NotifyState::Ready]);
    let (reloads, mut asked_for) = mpsc::channel(1);
    let keeper = Arc::new(registration(&running, reloads.clone()));
    running.life.spawn(supervised(
        Task::Registration,
        Arc::clone(&running.metrics),
        move || keep(Arc::clone(&keeper)),
    ));
    if let Some(listener) = console {
        let address = listener.address();
        tracing::info!(event = event::CONSOLE_LISTENING, %address, "the console");
        let program = program(
            &running,
            reporter,
            Arc::clone(&history),
            log.recent,
            reloads,
        );
        let router = console::serve_on(address, Arc::new(program));
        let (own, listener) = (ops_life.clone(), Arc::new(listener));
        let metrics = Arc::clone(&running.metrics);
        ops_life.spawn(supervised(Task::Console, metrics, move || {
            console::run(Arc::clone(&listener), router.clone(), own.clone())
        }));
    }
    let (mut supervisor, mut watch) = (
        Supervisor::of(Task::Main, Arc::clone(&running.metrics)),
        watch,
    );
    while supervisor
        .panics(Box::pin(serve(
            &running,
            &mut signals,
            &mut asked_for,
            &history,
            &mut watch,
        )))
        .await
    {
        // It may have been in the midst of a reload.
        notify(&[NotifyState::Ready]);
    }

    notify(&[NotifyState::Stopping]);
    let config = running.current.load().config.clone();
    tracing::info!(
        event = event::PROGRAM_DRAINING,
        drain_seconds = config.drain.as_secs_f64(),
        shutdown_seconds = config.shutdown.as_secs_f64(),
        "draining"
    );
    let drained = drain(&running, &mut signals, config.drain, config.shutdown).await;
    ops_life.drain(Duration::ZERO, OPS_FINISH).await;
    tracing::info!(event = event::PROGRAM_ENDED, cut = drained.cut, "ended");
    Ok(())
}

/// What `/instance` on this listener tells.
fn instance_page(reporter: &Arc<Reporter>, listener: &Listener) -> InstancePage {
    let (reports, tokens) = (Arc::clone(reporter), Arc::clone(reporter));
    InstancePage {
        // A report has texts and numbers alone: it is always JSON.
        report: Box::new(move || serde_json::to_string(&reports.report()).unwrap_or_default()),
        token: Box::new(move || tokens.token()),
        is_loopback: listener.address().ip().to_canonical().is_loopback(),
    }
}

/// What the console asks.
fn program(
    running: &Running,
    reporter: Arc<Reporter>,
    history: Arc<History>,
    recent: RecentEvents,
    reloads: mpsc::Sender<Answer>,
) -> Program {
    Program {
        settings: Arc::clone(&running.settings),
        current: Arc::clone(&running.current),
        readiness: Arc::clone(&running.readiness),
        refused: Arc::clone(&running.refused),
        tls: running.tls.clone(),
        metrics: Arc::clone(&running.metrics),
        clock: running.clock.clone(),
        reporter,
        fleet: Arc::default(),
        history,
        recent,
        since: Instant::now(),
        reloads,
    }
}

/// What the registration at the tenant needs; `reloads` asks for one.
fn registration(running: &Running, reloads: mpsc::Sender<Answer>) -> RegistrationKeeper {
    RegistrationKeeper {
        settings: Arc::clone(&running.settings),
        current: Arc::clone(&running.current),
        metrics: Arc::clone(&running.metrics),
        clock: running.clock.clone(),
        life: running.life.clone(),
        reloads,
    }
}
