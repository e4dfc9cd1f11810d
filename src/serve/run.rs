//! Runs the fronts until a signal ends them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use arc_swap::ArcSwap;
use sd_notify::NotifyState;
use tokio::sync::mpsc;

use crate::{
    accept::{AcceptLimits, Inherited, Mismatches},
    clock::Clock,
    config::{Loaded, Settings, keys},
    console::{self, Program},
    http::Front,
    instance::{
        Answer, Generation, Materials, Read, RegistrationKeeper, ReloadError, Running, WaitingKeys,
        Watch, What, changed, keep, readiness,
    },
    lifecycle::{Asked, Drained, Lifecycle, Signals, notify, notify_reloading},
    ops,
    telemetry::{History, RecentEvents, event, log::Log},
    tls::TlsServer,
};

/// How long the operators' front may take to finish after everything else has ended.
const OPS_FINISH: Duration = Duration::from_secs(2);
/// How often ages and expiries are looked at where nothing changes.
const MEASURE: Duration = Duration::from_secs(60);
/// The pause before a file that changed during a reload is read.
const SETTLE: Duration = Duration::from_millis(500);

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
        file,
        ..
    } = loaded;
    let read = Read {
        config,
        fingerprint,
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
    generation.start_tunnel();
    let tls = match identity {
        Some(identity) => {
            let tickets = Arc::clone(&tickets);
            Some(TlsServer::new(identity, generation.client_auth(), tickets)?)
        }
        None => None,
    };
    let current = Arc::new(ArcSwap::from_pointee(generation));
    let readiness = Arc::new(readiness(
        &life,
        &mismatches,
        &current,
        tls.as_ref(),
        &clock,
    ));
    let mut inherited = inherited.unwrap_or_else(Inherited::take);
    let config = current.load().config.clone();

    let ops_listener = inherited
        .or_bind(config.ops_listen.ip(), config.ops_listen.port())
        .context(keys::OPS_LISTEN.name)?;
    tracing::info!(
        event = event::OPS_LISTENING,
        address = %ops_listener.address(),
        "metrics and probes"
    );
    let ops_router = ops::router(Arc::clone(&readiness), Arc::clone(&metrics));
    ops_life.spawn(ops::run(
        ops_listener,
        ops_router,
        ops_life.clone(),
        mismatches.clone(),
    ));

    let mut front = None;
    let site = current
        .load()
        .site(Arc::clone(&readiness), &metrics, &mismatches, &life)?;
    if let Some((site, direct)) = site.zip(config.direct.as_ref()) {
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
        let limits = AcceptLimits::from_config(&direct.listen, &mismatches).within_open_files();
        let serving = made.clone();
        life.spawn(async move { serving.run(listener, limits).await });
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
        metrics,
        mismatches,
        clock,
        life,
    };
    running.measure();
    notify(&[NotifyState::Ready]);
    let (reloads, asked_for) = mpsc::channel(1);
    running
        .life
        .spawn(keep(registration(&running, reloads.clone())));
    let history = Arc::new(History::default());
    if let Some(listener) = console {
        let address = listener.address();
        tracing::info!(event = event::CONSOLE_LISTENING, %address, "the console");
        let program = program(&running, Arc::clone(&history), log.recent, reloads);
        let router = console::serve_on(address, Arc::new(program));
        ops_life.spawn(console::run(listener, router, ops_life.clone()));
    }
    serve(&running, &mut signals, asked_for, &history).await;

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

/// What the console asks.
fn program(
    running: &Running,
    history: Arc<History>,
    recent: RecentEvents,
    reloads: mpsc::Sender<Answer>,
) -> Program {
    Program {
        settings: Arc::clone(&running.settings),
        current: Arc::clone(&running.current),
        readiness: Arc::clone(&running.readiness),
        tls: running.tls.clone(),
        metrics: Arc::clone(&running.metrics),
        clock: running.clock.clone(),
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

/// Until the end is asked for.
async fn serve(
    running: &Running,
    signals: &mut Signals,
    mut asked_for: mpsc::Receiver<Answer>,
    history: &History,
) {
    let mut watch = running.watch();
    let mut measure = tokio::time::interval(MEASURE);
    loop {
        let mut answer = None;
        let what = tokio::select! {
            asked = signals.next() => match asked {
                Asked::Reload => What::All,
                Asked::End => return,
            },
            files = changed(watch.as_mut()) => {
                let files: Vec<_> = files.iter().map(|file| file.to_string_lossy()).collect();
                tracing::info!(
                    event = event::RELOAD_FILES_CHANGED,
                    files = files.join(", "),
                    "files have changed"
                );
                What::Files
            }
            Some(to) = asked_for.recv() => {
                answer = to;
                What::All
            }
            _ = measure.tick() => {
                running.measure();
                history.sample(&running.metrics);
                // Behind a link, or on a network's file system, the system does not report a change.
                if !watch.as_ref().is_some_and(Watch::is_stale) {
                    continue;
                }
                What::Files
            }
        };
        notify_reloading();
        let (asked, outcome) = reload(running, what, &mut watch, signals).await;
        notify(&[NotifyState::Ready]);
        if let Some(answer) = answer {
            // Who does not wait any more has lost nothing.
            let _ = answer.send(outcome);
        }
        if asked == Some(Asked::End) {
            return;
        }
    }
}

/// Reads it again, and once more when that was asked for, or a file changed, meanwhile. The end does not
/// wait for a directory that does not answer: half a reload leaves the old generation in use.
async fn reload(
    running: &Running,
    mut what: What,
    watch: &mut Option<Watch>,
    signals: &mut Signals,
) -> (Option<Asked>, Result<WaitingKeys, ReloadError>) {
    // What waits for a restart, by whichever of the readings.
    let mut waits = WaitingKeys::new();
    loop {
        if let Some(watch) = watch {
            watch.look();
        }
        let mut asked = None;
        let reading = running.reload(what);
        tokio::pin!(reading);
        let outcome = loop {
            tokio::select! {
                outcome = &mut reading => break outcome,
                signal = signals.next() => asked = Some(signal),
            }
            if asked == Some(Asked::End) {
                return (asked, Err(ReloadError::Ending));
            }
        };
        // There may be files now that were not there before. The old watch is asked after the new one
        // has begun, so that no change falls between the two.
        let fresh = running.watch();
        let changed = watch.as_ref().is_some_and(Watch::is_stale);
        *watch = fresh;
        if let Ok(keys) = &outcome
            && !keys.is_empty()
        {
            waits.clone_from(keys);
        }
        match (asked, changed) {
            (None, false) => return (None, outcome.map(|_| waits)),
            (Some(_), _) => what = What::All,
            // A file that is still being written: not read over and over.
            (None, true) => tokio::time::sleep(SETTLE).await,
        }
    }
}

async fn drain(
    running: &Running,
    signals: &mut Signals,
    announce: Duration,
    finish: Duration,
) -> Drained {
    let tunnel_life = running.current.load().tunnel_life.handle();
    let both = async {
        let (front, tunnel) = tokio::join!(
            running.life.drain(announce, finish),
            tunnel_life.drain(announce, finish)
        );
        Drained {
            cut: front.cut + tunnel.cut,
        }
    };
    tokio::pin!(both);
    loop {
        tokio::select! {
            drained = &mut both => return drained,
            asked = signals.next() => if asked == Asked::End {
                running.life.hurry();
                tunnel_life.hurry();
            },
        }
    }
}
