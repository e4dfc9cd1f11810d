//! The ticket's steps at each start, and when what the tenant was told has changed; in the background: an
//! unreachable tenant keeps nobody from signing in.

use std::{sync::Arc, time::Duration};

use anyhow::bail;
use arc_swap::ArcSwap;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};
use tokio::{sync::mpsc, time::sleep};

use super::{generation::Generation, settings::Settings};
use crate::{
    clock::Clock,
    config::{Config, find_key},
    lifecycle::{Backoff, Lifecycle, pause_between},
    secret::{ExposeSecret as _, SecretString},
    setup::{CLOCK_LIMIT, ConfigFile, FileError, Registration, Ticket, TicketError},
    telemetry::Metrics,
    token::{SigningKey, TenantKey},
};

const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_mins(10);
/// How often a reload's outcome is looked at: its own SERVER_URL, pair or ticket is told anew.
const LOOK: Duration = Duration::from_secs(5);

/// What the steps need of the running program.
pub(super) struct Provision {
    pub settings: Arc<Settings>,
    pub current: Arc<ArcSwap<Generation>>,
    pub metrics: Arc<Metrics>,
    pub clock: Clock,
    pub life: Lifecycle,
    /// Asks for a reload, since something new was learned.
    pub tell: mpsc::Sender<()>,
}

/// What the tenant was told, and where.
#[derive(PartialEq, Eq)]
struct Told {
    ticket: Option<String>,
    server_url: String,
    thumbprint: String,
}

impl Told {
    fn by(generation: &Generation) -> Self {
        let ticket = generation.config.ticket.as_ref();
        Self {
            ticket: ticket.map(|url| url.expose_secret().to_owned()),
            server_url: generation.config.federation.server_url.to_string(),
            thumbprint: generation.signing.thumbprint().to_owned(),
        }
    }
}

/// Asks until the tenant has answered, and again when there is something new to tell; ends with the
/// program.
pub(super) async fn keep(provision: Provision) {
    let life = provision.life.clone();
    tokio::select! {
        () = life.draining() => {}
        () = provision.keep_told() => {}
    }
}

impl Provision {
    async fn keep_told(&self) {
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        loop {
            let generation = self.current.load_full();
            let now = Told::by(&generation);
            let Some(url) = &generation.config.ticket else {
                drop(generation);
                self.differs(&now).await;
                continue;
            };
            match self.steps(url, &generation).await {
                Ok(()) => {
                    self.count("ok");
                    backoff.reset();
                    drop(generation);
                    self.differs(&now).await;
                }
                Err(error) => {
                    self.count("error");
                    tracing::warn!(
                        error = format!("{error:#}"),
                        "the ticket's steps failed; logins go on, and it is tried again"
                    );
                    let pause = pause_after(&error, &mut backoff);
                    drop(generation);
                    tokio::select! {
                        () = sleep(pause) => {}
                        () = self.differs(&now) => {}
                    }
                }
            }
        }
    }

    /// Waits for a reload that has something else to tell.
    async fn differs(&self, told: &Told) {
        while Told::by(&self.current.load()) == *told {
            sleep(LOOK).await;
        }
    }

    async fn steps(&self, url: &SecretString, generation: &Generation) -> anyhow::Result<()> {
        let ticket = Ticket::new(url, &generation.outgoing, &generation.config.proxy)?;
        match ticket.clock_offset(|| self.clock.now()).await {
            Ok(offset) => self.compare_clocks(offset),
            Err(error @ (TicketError::Status { .. } | TicketError::Answer { .. })) => {
                tracing::warn!(%error, "the tenant does not tell its clock");
            }
            Err(error) => return Err(error.into()),
        }
        let agent_mode = self
            .settings
            .effective(&Map::new())
            .flag("AGENT_MODE", true);
        let signing = &generation.signing;
        let keys = exchange(&ticket, &generation.config, signing, agent_mode).await?;
        self.take(keys, url, generation)
    }

    fn compare_clocks(&self, offset: i64) {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a difference of clocks is small"
        )]
        self.metrics.tenant_clock.set(offset as f64 / 1000.0);
        if offset.unsigned_abs() > CLOCK_LIMIT.as_secs() * 1000 {
            tracing::error!(
                milliseconds = offset,
                "the tenant's clock is not ours: it may refuse tokens. Set this machine's clock by NTP"
            );
        }
    }

    /// Uses and saves what the tenant said, as far as a configuration with it is a good one.
    fn take(
        &self,
        keys: Map<String, Value>,
        ticket: &SecretString,
        generation: &Generation,
    ) -> anyhow::Result<()> {
        let keys = self.fitting(keys)?;
        let changed = self.log_changes(&keys);
        if generation.config.uses_files {
            match self.save(&generation.config, &keys) {
                Ok(()) => self.settings.forget(),
                Err(error) => {
                    tracing::warn!(%error, "what the tenant said is used, and not saved");
                    self.settings.learn(ticket, &keys);
                }
            }
        } else {
            self.settings.learn(ticket, &keys);
        }
        if changed {
            // A reload that is asked for already reads this too.
            let _ = self.tell.try_send(());
        }
        Ok(())
    }

    /// All of the keys; or without those that switch on logins for which files are missing here, since
    /// the tunnel can do without them.
    fn fitting(&self, keys: Map<String, Value>) -> anyhow::Result<Map<String, Value>> {
        let Err(invalid) = self.settings.load_with(&keys) else {
            return Ok(keys);
        };
        let [kerberos, certificates] = ["KERBEROS_AUTH", "CLIENT_CERT_AUTH"];
        for left in [&[kerberos][..], &[certificates], &[kerberos, certificates]] {
            let mut some = keys.clone();
            for key in left {
                some.shift_remove(*key);
            }
            if self.settings.load_with(&some).is_ok() {
                tracing::error!(
                    keys = left.join(", "),
                    error = %invalid,
                    "the tenant asks for logins that this installation cannot do yet; all else that \
                     it says is used"
                );
                return Ok(some);
            }
        }
        bail!(
            "what the tenant says is not used, since the configuration would not be a good one: {invalid}"
        )
    }

    /// Says which keys count differently now; true when some do.
    fn log_changes(&self, keys: &Map<String, Value>) -> bool {
        let before = self.settings.effective(&Map::new());
        let after = self.settings.effective(keys);
        let mut any = false;
        for key in keys.keys() {
            let (old, new) = (before.text(key), after.text(key));
            if old == new {
                continue;
            }
            any = true;
            if find_key(key).is_some_and(|known| known.secret) {
                tracing::info!(key, "the tenant gave another value");
            } else {
                tracing::info!(key, old, new, "the tenant gave another value");
            }
        }
        any
    }

    fn save(&self, config: &Config, keys: &Map<String, Value>) -> Result<(), FileError> {
        let _alone = self.settings.writing();
        let mut file = ConfigFile::read(&config.home)?;
        let mut changed = false;
        for (key, value) in keys {
            // What stands there may be newer than what this process began with.
            let ours = key == "SERVER_URL" && file.keys().contains_key(key);
            if !ours && file.keys().get(key) != Some(value) {
                file.set(key, value.clone());
                changed = true;
            }
        }
        if changed { file.save() } else { Ok(()) }
    }

    fn count(&self, outcome: &str) {
        self.metrics
            .ticket_steps
            .with_label_values(&[outcome])
            .inc();
    }
}

/// Asks what the tenant knows, and tells it who we are: the keys that come of it.
pub(super) async fn exchange(
    ticket: &Ticket,
    config: &Config,
    signing: &SigningKey,
    agent_mode: bool,
) -> anyhow::Result<Map<String, Value>> {
    let info = ticket.info().await?;
    let server_url = config.federation.server_url.as_str().trim_end_matches('/');
    let mut certificates = vec![STANDARD.encode(signing.certificate())];
    certificates.extend(next_certificate(config));
    let registration = Registration {
        certificates,
        server_url,
        agent_mode,
    };
    let tenant_key = ticket.register(&registration).await?;
    TenantKey::new(&tenant_key)
        .map_err(|error| anyhow::anyhow!("{} gave no key: {error}", ticket.host()))?;
    let mut keys = info.keys();
    keys.insert(
        "TENANT_SIGNING_KEY".to_owned(),
        json!(tenant_key.expose_secret()),
    );
    keys.insert("SERVER_URL".to_owned(), json!(server_url));
    keys.insert(
        "LAST_SENT_THUMBPRINT".to_owned(),
        json!(signing.thumbprint()),
    );
    Ok(keys)
}

fn pause_after(error: &anyhow::Error, backoff: &mut Backoff) -> Duration {
    match error.downcast_ref() {
        // It hardly becomes the right one: the tenant is not to be bothered.
        Some(TicketError::Wrong) => pause_between(LONGEST_PAUSE / 2, LONGEST_PAUSE),
        _ => backoff.pause(),
    }
}

/// The certificate of a pair that will take the place of the present one: the tenant knows it before the
/// first token bears it.
fn next_certificate(config: &Config) -> Option<String> {
    use rustls_pki_types::{CertificateDer, pem::PemObject as _};
    let path = config
        .uses_files
        .then(|| config.home.path("certs/next.pem"))?;
    let certificate = CertificateDer::from_pem_file(path).ok()?;
    Some(STANDARD.encode(certificate))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_ticket_is_tried_again_only_after_minutes() {
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        let wrong = anyhow::Error::from(TicketError::Wrong);
        assert!(pause_after(&wrong, &mut backoff) >= LONGEST_PAUSE / 2);
        let other = anyhow::Error::from(TicketError::Address);
        assert!(pause_after(&other, &mut backoff) <= FIRST_PAUSE);
    }
}
