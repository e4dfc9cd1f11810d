//! What is read again while the program runs, at SIGHUP and when a file changes: a changed configuration
//! makes a new generation; with an unchanged one each file is read for itself. What cannot be used is
//! logged, and the old content stays in use.

use std::{path::PathBuf, sync::Arc, time::Duration};

use arc_swap::ArcSwap;

use super::{
    generation::{Generation, Read},
    load_error::LoadError,
    materials::{Materials, ticket_secret},
    refused::Refused,
    reload_request::{RefusedFile, ReloadError, WaitingKeys, What},
    watch::Watch,
};
use crate::{
    accept::Mismatches,
    clock::Clock,
    config::{Config, Loaded, Settings},
    http::Front,
    lifecycle::{Lifecycle, supervised},
    ops::Readiness,
    telemetry::{Log, Metrics, Task, event},
    tls::{Identity, SharedTickets, TlsServer},
};

/// All that outlives a generation, and the one in use.
pub struct Running {
    pub settings: Arc<Settings>,
    pub log: Log,
    pub current: Arc<ArcSwap<Generation>>,
    pub front: Option<Front>,
    pub tls: Option<TlsServer>,
    pub tickets: Arc<SharedTickets>,
    pub readiness: Arc<Readiness>,
    pub refused: Arc<Refused>,
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
    /// same: a key that was rotated does not wait for somebody to correct something else.
    ///
    /// # Errors
    /// Why the old configuration, or the old content of a file, stays in use.
    pub async fn reload(&self, what: What) -> Result<WaitingKeys, ReloadError> {
        let loaded = match what {
            What::All => self.settings.load(),
            What::Files => self.settings.load_kept(&self.current.load().file),
        };
        let refused = match loaded {
            Err(invalid) => Some(invalid.into()),
            Ok(loaded) if loaded.fingerprint == self.current.load().fingerprint => None,
            Ok(loaded) => match self.change_over(loaded).await {
                Ok(waits) => {
                    tracing::info!(
                        event = event::RELOAD_DONE,
                        "the new configuration is in use"
                    );
                    self.done(what, None);
                    return Ok(waits);
                }
                Err(error) => Some(error),
            },
        };
        if let Some(error) = &refused {
            tracing::error!(
                event = event::RELOAD_REFUSED,
                %error,
                "the new configuration is not used; the old one stays"
            );
        }
        let broken = self.read_files().await;
        let broken = (!broken.is_empty()).then_some(ReloadError::Files(broken));
        let refused = refused.or(broken);
        self.done(what, refused.as_ref());
        refused.map_or_else(|| Ok(WaitingKeys::new()), Err)
    }

    fn done(&self, what: What, refused: Option<&ReloadError>) {
        let outcome = if refused.is_none() { "ok" } else { "refused" };
        let refusal = refused.map(|why| (self.clock.now(), why.to_string()));
        self.refused.note(what, refusal);
        self.metrics.reloads.with_label_values(&[outcome]).inc();
        self.measure();
    }

    /// A new generation in place of the old one; the keys that wait for a restart.
    async fn change_over(&self, loaded: Loaded) -> Result<WaitingKeys, ReloadError> {
        for warning in &loaded.warnings {
            tracing::warn!(
                event = event::CONFIG_WARNING,
                key = %warning.place,
                "{}",
                warning.concern
            );
        }
        let old = self.current.load_full();
        let (loaded, waits) = keep_fixed(loaded, &old.config)?;
        let Loaded {
            config,
            fingerprint,
            mut shared,
            file,
            ..
        } = loaded;
        shared.keep(&old.shared, &waits);
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
            tracing::warn!(event = event::FILE_WARNING, "{warning}");
        }
        let signing = materials.signing_files.clone();
        let read = Read {
            config,
            fingerprint,
            shared,
            file,
        };
        let (mut new, identity) = Generation::build(read, materials, &self.clock);
        if old.directory.ready() {
            new.await_directory().await?;
        }
        // The old tunnel serves until the new one is connected: the hub always has somebody to ask.
        new.start_tunnel();
        new.await_tunnel(&old).await?;
        let site = new.site(
            Arc::clone(&self.readiness),
            &self.metrics,
            &self.mismatches,
            &self.life,
        )?;
        if let Some((tls, identity)) = self.tls.as_ref().zip(identity) {
            tls.replace(identity, new.client_auth())?;
        }
        self.tickets
            .use_secret(ticket_secret(&new.config, &signing))?;
        if let Some((front, site)) = self.front.as_ref().zip(site) {
            front.replace(site);
        }
        self.log.use_levels(&new.config.log_levels);
        self.current.store(Arc::new(new));
        // The old tunnel answers what it was asked; its end is part of ours.
        let shutdown = old.config.shutdown;
        let metrics = Arc::clone(&self.metrics);
        self.life
            .spawn(supervised(Task::OldTunnel, metrics, move || {
                let life = old.tunnel_life.handle();
                async move {
                    life.drain(Duration::ZERO, shutdown).await;
                }
            }));
        Ok(waits)
    }

    /// Reads mapper, certificates and keytab again; gives those that cannot be used.
    async fn read_files(&self) -> Vec<RefusedFile> {
        let current = self.current.load_full();
        let mut broken = Vec::new();
        let mut note = |file: &str, read: Result<&str, (LoadError, &'static str)>| match read {
            Ok(what) => {
                tracing::info!(event = event::RELOAD_FILE_DONE, file, "{what} read again");
            }
            Err((cause, what)) => {
                tracing::error!(
                    event = event::RELOAD_FILE_REFUSED,
                    file,
                    error = %cause,
                    "{what} not used; the old one stays"
                );
                broken.push(RefusedFile { what, cause });
            }
        };
        let mapper = current.mapper.clone();
        if mapper.file().is_some() {
            // It runs the script once.
            let read = tokio::task::spawn_blocking(move || mapper.reload()).await;
            let read = read.map_err(LoadError::from);
            note(
                "mapper",
                match read.and_then(|read| read.map_err(LoadError::from)) {
                    Ok(()) => Ok("the profile mapper was"),
                    Err(error) => Err((error, "the new profile mapper is")),
                },
            );
        }
        if let Some(certificates) = current.certificates() {
            note(
                "client_ca",
                match certificates.reload() {
                    Ok(()) => {
                        let left_out = certificates.left_out(self.clock.now()).into_iter();
                        for warning in left_out.chain(certificates.list_notes()) {
                            tracing::warn!(event = event::FILE_WARNING, "{warning}");
                        }
                        Ok("client CAs and revocation lists were")
                    }
                    Err(error) => Err((
                        error.into(),
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
                    Err(error) => Err((error.into(), "the certificate is")),
                },
            );
        }
        if let Some(kerberos) = current.kerberos() {
            note(
                "keytab",
                match kerberos.reload() {
                    Ok(()) => Ok("the keytab was"),
                    Err(error) => Err((error.into(), "the keytab is")),
                },
            );
        }
        broken
    }
}

/// What only a restart changes stays as it was, and the log says so.
fn keep_fixed(new: Loaded, old: &Config) -> Result<(Loaded, WaitingKeys), ReloadError> {
    let (new, kept) = new.keep_fixed(old)?;
    new.config.can_follow(old)?;
    if !kept.is_empty() {
        tracing::warn!(
            event = event::RELOAD_RESTART_NEEDED,
            keys = kept.join(", "),
            "these keys change at a restart only"
        );
    }
    Ok((new, kept))
}
