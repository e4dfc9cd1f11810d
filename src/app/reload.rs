//! What is read again while the program runs, at SIGHUP and when a file changes: a changed configuration
//! makes a new generation; with an unchanged one each file is read for itself. What is broken is said
//! loudly, and the old serves on.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use anyhow::{Context as _, bail};
use arc_swap::ArcSwap;
use tokio::sync::mpsc;

use super::{
    Materials, console::Program, generation::Generation, materials::Kept, provision::Provision,
    settings::Settings,
};
use crate::{
    clock::Clock,
    config::{Config, DirectConfig, Loaded, TlsMaterial},
    http::Front,
    lifecycle::Lifecycle,
    ops::Readiness,
    telemetry::{History, Metrics, RecentLines},
    tls::{Identity, SharedTickets, TlsServer},
    watch::Watch,
};

/// All that outlives a generation, and the one in use.
pub(super) struct Running {
    pub settings: Arc<Settings>,
    pub current: Arc<ArcSwap<Generation>>,
    pub front: Option<Front>,
    pub tls: Option<TlsServer>,
    pub tickets: Arc<SharedTickets>,
    pub readiness: Arc<Readiness>,
    pub metrics: Arc<Metrics>,
    pub clock: Clock,
    pub life: Lifecycle,
}

/// The files that changed; never, without a watch.
pub(super) async fn changed(watch: Option<&mut Watch>) -> Vec<PathBuf> {
    match watch {
        Some(watch) => watch.changed().await,
        None => std::future::pending().await,
    }
}

impl Running {
    /// What the console asks.
    pub fn program(
        &self,
        history: Arc<History>,
        recent: RecentLines,
        tell: mpsc::Sender<()>,
    ) -> Program {
        Program {
            settings: Arc::clone(&self.settings),
            current: Arc::clone(&self.current),
            readiness: Arc::clone(&self.readiness),
            tls: self.tls.clone(),
            metrics: Arc::clone(&self.metrics),
            clock: self.clock.clone(),
            history,
            recent,
            tell,
        }
    }

    /// What the ticket's steps need; `tell` asks for a reload.
    pub fn provision(&self, tell: mpsc::Sender<()>) -> Provision {
        Provision {
            settings: Arc::clone(&self.settings),
            current: Arc::clone(&self.current),
            metrics: Arc::clone(&self.metrics),
            clock: self.clock.clone(),
            life: self.life.clone(),
            tell,
        }
    }

    /// The files in use, with what they are for.
    fn files(&self) -> Vec<(&'static str, PathBuf)> {
        let current = self.current.load();
        let config = &current.config;
        let mut files = Vec::new();
        if config.uses_files {
            files.push(("signing", config.home.signing_certificate()));
            files.push(("signing_key", config.home.signing_key()));
        }
        if let Some(file) = current.mapper.file() {
            files.push(("mapper", file.to_owned()));
        }
        if let Some(direct) = &config.direct {
            let tls = direct.tls.iter().flat_map(TlsMaterial::files);
            files.extend(
                tls.zip(["tls", "tls_key"])
                    .map(|(file, of)| (of, file.to_owned())),
            );
            let keytab = direct.kerberos.iter().map(|section| section.keytab.clone());
            files.extend(keytab.map(|file| ("keytab", file)));
        }
        if let Some(certificates) = current.certificates() {
            let authority = certificates.authority_file();
            let of = |file: &PathBuf| match &authority {
                Some(path) if path == file => "client_ca",
                _ => "crl",
            };
            files.extend(
                certificates
                    .files()
                    .into_iter()
                    .map(|file| (of(&file), file)),
            );
        }
        files
    }

    pub fn watch(&self) -> Option<Watch> {
        // What is not there, with its folder, cannot be watched; a key given as text needs no file.
        let there = |file: &PathBuf| file.parent().is_some_and(Path::exists);
        let files = self.files().into_iter().map(|(_, file)| file).filter(there);
        match Watch::new(files.collect()) {
            Ok(watch) => Some(watch),
            Err(error) => {
                tracing::warn!(%error, "changed files are not noticed: send SIGHUP after a change");
                None
            }
        }
    }

    /// Age and expiry of what is in use.
    pub fn measure(&self) {
        let metrics = &self.metrics;
        let current = self.current.load();
        let expiry = |of: &str, unix: f64| {
            metrics
                .certificate_expiry
                .with_label_values(&[of])
                .set(unix);
        };
        expiry("signing", seconds(current.signing_end));
        if let Some(tls) = &self.tls {
            expiry("tls", tls.leaf().expiry_seconds());
        }
        if let Some(certificates) = current.certificates() {
            let ends = certificates.ends();
            if let Some(first) = ends.authority {
                expiry("client_ca", seconds(first));
            }
            if let Some(first) = ends.revocation_list {
                expiry("crl", seconds(first));
            }
        }
        // Of several files of one use the oldest counts.
        let mut ages: Vec<(&str, f64)> = Vec::new();
        for (of, file) in self.files() {
            let modified = fs::metadata(&file).and_then(|meta| meta.modified());
            let Some(unix) = modified
                .ok()
                .and_then(|at| at.duration_since(UNIX_EPOCH).ok())
            else {
                continue;
            };
            let unix = unix.as_secs_f64();
            match ages.iter_mut().find(|(known, _)| *known == of) {
                Some((_, oldest)) => *oldest = oldest.min(unix),
                None => ages.push((of, unix)),
            }
        }
        for (of, unix) in ages {
            metrics.file_modified.with_label_values(&[of]).set(unix);
        }
    }

    /// Reads everything again.
    pub async fn reload(&self) {
        let outcome = match self.settings.load() {
            Err(invalid) => {
                tracing::error!(
                    error = %invalid,
                    "the new configuration is not used; the old one stays"
                );
                "refused"
            }
            Ok(loaded) if loaded.fingerprint == self.current.load().fingerprint => {
                if self.read_files().await {
                    "ok"
                } else {
                    "refused"
                }
            }
            Ok(loaded) => match self.change_over(loaded).await {
                Ok(()) => {
                    tracing::info!("the new configuration is in use");
                    "ok"
                }
                Err(error) => {
                    tracing::error!(
                        error = format!("{error:#}"),
                        "the new configuration is not used; the old one stays"
                    );
                    "refused"
                }
            },
        };
        self.metrics.reloads.with_label_values(&[outcome]).inc();
        self.measure();
    }

    /// A new generation in place of the old one.
    async fn change_over(&self, loaded: Loaded) -> anyhow::Result<()> {
        let Loaded {
            mut config,
            warnings,
            fingerprint,
        } = loaded;
        for warning in warnings {
            tracing::warn!(key = warning.key, "{}", warning.text);
        }
        let old = self.current.load_full();
        keep_fixed(&mut config, &old.config)?;
        let kept = Kept {
            metrics: Arc::clone(&self.metrics),
            predecessor: Some(Arc::clone(&old)),
        };
        let clock = self.clock.clone();
        // It reads files, and runs the mapper's script once.
        let load = move || {
            let materials = Materials::load(&config, &clock, false, &kept);
            (config, materials)
        };
        let (config, materials) = tokio::task::spawn_blocking(load).await?;
        let materials = materials?;
        for warning in &materials.warnings {
            tracing::warn!("{warning}");
        }
        let key = materials.signing_pair.clone();
        let (mut new, identity) = Generation::build(config, fingerprint, materials, &self.clock);
        if old.directory.ready() {
            new.await_directory()
                .await
                .context("its directory does not answer")?;
        }
        let site = new.site(Arc::clone(&self.readiness), &self.metrics, &self.life)?;
        if let Some((tls, identity)) = self.tls.as_ref().zip(identity) {
            tls.replace(identity, new.client_auth())?;
        }
        self.tickets.use_key(&key.key)?;
        if let Some((front, site)) = self.front.as_ref().zip(site) {
            front.replace(site);
        }
        new.start_tunnel();
        self.current.store(Arc::new(new));
        // The old tunnel answers what it was asked; its end is part of ours.
        let shutdown = old.config.shutdown;
        self.life.spawn(async move {
            old.tunnel_life.drain(Duration::ZERO, shutdown).await;
        });
        Ok(())
    }

    /// Reads mapper, certificates and keytab again; false when one of them was refused.
    async fn read_files(&self) -> bool {
        let current = self.current.load_full();
        let mut good = true;
        let mut note = |read: Result<&str, (String, &str)>| match read {
            Ok(what) => tracing::info!("{what} read again"),
            Err((error, what)) => {
                good = false;
                tracing::error!(error, "{what} not used; the old one stays");
            }
        };
        let mapper = current.mapper.clone();
        if mapper.file().is_some() {
            // It runs the script once.
            let read = tokio::task::spawn_blocking(move || mapper.reload()).await;
            let read = read.map_err(|error| error.to_string());
            note(
                match read.and_then(|read| read.map_err(|error| error.to_string())) {
                    Ok(()) => Ok("the profile mapper was"),
                    Err(error) => Err((error, "the new profile mapper is")),
                },
            );
        }
        if let Some(certificates) = current.certificates() {
            note(match certificates.reload() {
                Ok(()) => Ok("client CAs and revocation lists were"),
                Err(error) => Err((
                    error.to_string(),
                    "a new file of client CAs and revocation lists is",
                )),
            });
        }
        let material = current.config.direct.as_ref().and_then(|d| d.tls.as_ref());
        if let Some((tls, material)) = self.tls.as_ref().zip(material) {
            let read = Identity::load(material)
                .and_then(|identity| tls.replace(identity, current.client_auth()));
            note(match read {
                Ok(()) => Ok("the certificate of SERVER_URL was"),
                Err(error) => Err((error.to_string(), "the certificate is")),
            });
        }
        if let Some(kerberos) = current.kerberos() {
            note(match kerberos.reload() {
                Ok(()) => Ok("the keytab was"),
                Err(error) => Err((error.to_string(), "the keytab is")),
            });
        }
        good
    }
}

/// What only a restart changes stays as it was, and the log says so.
fn keep_fixed(new: &mut Config, old: &Config) -> anyhow::Result<()> {
    let mut kept = Vec::new();
    if new.ops_listen != old.ops_listen {
        new.ops_listen = old.ops_listen;
        kept.push("OPS_LISTEN");
    }
    if new.log_format != old.log_format {
        new.log_format = old.log_format;
        kept.push("LOG_FORMAT");
    }
    match (&mut new.direct, &old.direct) {
        (Some(new), Some(old)) => {
            if ends_tls(new) != ends_tls(old) {
                bail!("TLS_TERMINATION takes effect at a restart only");
            }
            if new.listen != old.listen {
                new.listen = old.listen.clone();
                kept.push(
                    "LISTEN_ADDRESS, PORT, PROXY_PROTOCOL, TRUSTED_PROXIES, MAX_CONNECTIONS, \
                     MAX_HEADER_SIZE",
                );
            }
        }
        (None, None) => {}
        _ => bail!("direct logins are switched on and off by a restart only"),
    }
    if !kept.is_empty() {
        tracing::warn!(
            keys = kept.join(", "),
            "these keys change at a restart only"
        );
    }
    Ok(())
}

fn ends_tls(direct: &DirectConfig) -> bool {
    direct.tls.is_some()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "seconds of this age fit a double exactly"
)]
fn seconds(unix: i64) -> f64 {
    unix as f64
}
