//! What is read again while the program runs, at SIGHUP and when a file changes: a changed configuration
//! makes a new generation; with an unchanged one each file is read for itself. What is broken is said
//! loudly, and the old serves on.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context as _;
use arc_swap::ArcSwap;

use super::{
    generation::{Generation, Read},
    materials::Materials,
    reload_request::What,
    watch::Watch,
};
use crate::{
    accept::Mismatches,
    clock::Clock,
    config::{Config, Loaded, Settings},
    http::Front,
    lifecycle::Lifecycle,
    ops::Readiness,
    telemetry::{Metrics, event},
    tls::{Identity, SharedTickets, TlsServer},
};

/// All that outlives a generation, and the one in use.
pub struct Running {
    pub settings: Arc<Settings>,
    pub current: Arc<ArcSwap<Generation>>,
    pub front: Option<Front>,
    pub tls: Option<TlsServer>,
    pub tickets: Arc<SharedTickets>,
    pub readiness: Arc<Readiness>,
    pub metrics: Arc<Metrics>,
    pub mismatches: Mismatches,
    pub clock: Clock,
    pub life: Lifecycle,
}

/// The files that changed; never, without a watch.
pub async fn changed(watch: Option<&mut Watch>) -> Vec<PathBuf> {
    match watch {
        Some(watch) => watch.changed().await,
        None => std::future::pending().await,
    }
}

impl Running {
    /// Reads it again. Where the configuration is refused, the files of the one in use are read all the
    /// same: a key that was rotated does not wait for somebody to mend something else.
    pub async fn reload(&self, what: What) -> Result<String, String> {
        let loaded = match what {
            What::All => self.settings.load(),
            What::Files => self.settings.load_kept(&self.current.load().file),
        };
        let refused = match loaded {
            Err(invalid) => Some(invalid.to_string()),
            Ok(loaded) if loaded.fingerprint == self.current.load().fingerprint => None,
            Ok(loaded) => match self.change_over(loaded).await {
                Ok(waits) => {
                    tracing::info!(
                        event = event::RELOAD_DONE,
                        "the new configuration is in use"
                    );
                    self.done("ok");
                    return Ok(waits);
                }
                Err(error) => Some(format!("{error:#}")),
            },
        };
        if let Some(error) = &refused {
            tracing::error!(
                event = event::RELOAD_REFUSED,
                error,
                "the new configuration is not used; the old one stays"
            );
        }
        let broken = self.read_files().await;
        let refused = refused.or(broken);
        self.done(if refused.is_none() { "ok" } else { "refused" });
        refused.map_or_else(|| Ok(String::new()), Err)
    }

    fn done(&self, outcome: &str) {
        self.metrics.reloads.with_label_values(&[outcome]).inc();
        self.measure();
    }

    /// A new generation in place of the old one; words about what waits for a restart.
    async fn change_over(&self, loaded: Loaded) -> anyhow::Result<String> {
        let Loaded {
            mut config,
            warnings,
            fingerprint,
            file,
        } = loaded;
        for warning in warnings {
            tracing::warn!(
                event = event::CONFIG_DOUBTED,
                key = warning.key,
                "{}",
                warning.text
            );
        }
        let old = self.current.load_full();
        let waits = keep_fixed(&mut config, &old.config)?;
        let kept = old.kept(&self.metrics);
        let clock = self.clock.clone();
        // It reads files, and runs the mapper's script once.
        let load = move || {
            let materials = Materials::load(&config, &clock, false, &kept);
            (config, materials)
        };
        let (config, materials) = tokio::task::spawn_blocking(load).await?;
        let materials = materials?;
        for warning in &materials.warnings {
            tracing::warn!(event = event::FILE_DOUBTED, "{warning}");
        }
        let key = materials.signing_pair.clone();
        let read = Read {
            config,
            fingerprint,
            file,
        };
        let (mut new, identity) = Generation::build(read, materials, &self.clock);
        if old.directory.ready() {
            new.await_directory()
                .await
                .context("its directory does not answer")?;
        }
        // The old tunnel serves until the new one stands: the hub always has somebody to ask.
        new.start_tunnel();
        new.await_tunnel(&old)
            .await
            .context("its tunnel does not stand")?;
        let site = new.site(
            Arc::clone(&self.readiness),
            &self.metrics,
            &self.mismatches,
            &self.life,
        )?;
        if let Some((tls, identity)) = self.tls.as_ref().zip(identity) {
            tls.replace(identity, new.client_auth())?;
        }
        self.tickets.use_key(&key.key)?;
        if let Some((front, site)) = self.front.as_ref().zip(site) {
            front.replace(site);
        }
        self.current.store(Arc::new(new));
        // The old tunnel answers what it was asked; its end is part of ours.
        let shutdown = old.config.shutdown;
        self.life.spawn(async move {
            let life = old.tunnel_life.handle();
            life.drain(Duration::ZERO, shutdown).await;
        });
        Ok(waits)
    }

    /// Reads mapper, certificates and keytab again; says which of them were refused.
    async fn read_files(&self) -> Option<String> {
        let current = self.current.load_full();
        let mut broken: Vec<String> = Vec::new();
        let mut note = |file: &str, read: Result<&str, (String, &str)>| match read {
            Ok(what) => {
                tracing::info!(event = event::RELOAD_FILE_DONE, file, "{what} read again");
            }
            Err((error, what)) => {
                tracing::error!(
                    event = event::RELOAD_FILE_REFUSED,
                    file,
                    error,
                    "{what} not used; the old one stays"
                );
                broken.push(format!("{what} not used: {error}"));
            }
        };
        let mapper = current.mapper.clone();
        if mapper.file().is_some() {
            // It runs the script once.
            let read = tokio::task::spawn_blocking(move || mapper.reload()).await;
            let read = read.map_err(|error| error.to_string());
            note(
                "mapper",
                match read.and_then(|read| read.map_err(|error| error.to_string())) {
                    Ok(()) => Ok("the profile mapper was"),
                    Err(error) => Err((error, "the new profile mapper is")),
                },
            );
        }
        if let Some(certificates) = current.certificates() {
            note(
                "client_ca",
                match certificates.reload() {
                    Ok(()) => Ok("client CAs and revocation lists were"),
                    Err(error) => Err((
                        error.to_string(),
                        "a new file of client CAs and revocation lists is",
                    )),
                },
            );
        }
        let material = current.config.direct.as_ref().and_then(|d| d.tls.as_ref());
        if let Some((tls, material)) = self.tls.as_ref().zip(material) {
            let read = Identity::load(material)
                .and_then(|identity| tls.replace(identity, current.client_auth()));
            note(
                "certificate",
                match read {
                    Ok(()) => Ok("the certificate of SERVER_URL was"),
                    Err(error) => Err((error.to_string(), "the certificate is")),
                },
            );
        }
        if let Some(kerberos) = current.kerberos() {
            note(
                "keytab",
                match kerberos.reload() {
                    Ok(()) => Ok("the keytab was"),
                    Err(error) => Err((error.to_string(), "the keytab is")),
                },
            );
        }
        (!broken.is_empty()).then(|| broken.join("; "))
    }
}

/// What only a restart changes stays as it was, and the log says so.
fn keep_fixed(new: &mut Config, old: &Config) -> anyhow::Result<String> {
    let kept = new.keep_fixed(old)?;
    if kept.is_empty() {
        return Ok(String::new());
    }
    let keys = kept.join(", ");
    tracing::warn!(
        event = event::RELOAD_RESTART_NEEDED,
        keys,
        "these keys change at a restart only"
    );
    Ok(format!("{keys} change at a restart only"))
}
