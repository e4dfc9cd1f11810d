//! Registers this installation at the tenant: at each start, and when what is registered has changed.
//! It runs in the background: an unreachable tenant keeps nobody from signing in.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use serde_json::{Map, Value};
use tokio::{sync::mpsc, task::JoinError, time::sleep};

use super::{
    generation::Generation, load_error::Unusable, materials::Materials, reload_request::Answer,
};
use crate::{
    clock::Clock,
    config::{Config, Declared, Invalid, Settings, keys},
    installation::{ArchiveError, ConfigFile, Locked},
    lifecycle::{Backoff, Lifecycle, pause_between},
    secret::{ExposeSecret as _, SecretString},
    telemetry::{Metrics, event},
    tenant::{CLOCK_LIMIT, ProvisioningTicket, TicketError, exchange, other_certificates},
};

const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_mins(10);
/// How often it is compared with what is registered: a reload may bring another SERVER_URL, signing
/// certificate or ticket, and a rotation other certificates.
const LOOK: Duration = Duration::from_secs(5);

/// What the registration needs of the running program.
pub struct RegistrationKeeper {
    pub settings: Arc<Settings>,
    pub current: Arc<ArcSwap<Generation>>,
    pub metrics: Arc<Metrics>,
    pub clock: Clock,
    pub life: Lifecycle,
    /// Asks for a reload, since the tenant gave another value.
    pub reloads: mpsc::Sender<Answer>,
}

/// Why the registration failed, or why what the tenant says is not used.
#[derive(Debug, thiserror::Error)]
pub enum RegistrationError {
    #[error(transparent)]
    Ticket(#[from] TicketError),
    #[error("with what the tenant says the configuration cannot be used, so it is ignored: {0}")]
    Unfit(#[from] Unfit),
}

/// Why a configuration with what the tenant says could not start.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    Unusable(#[from] Unusable),
    #[error("reading the files was interrupted by a fault of the program: please report it")]
    Interrupted(#[from] JoinError),
}

/// What is registered at the tenant, and where.
#[derive(PartialEq, Eq)]
struct Registration {
    ticket: Option<String>,
    server_url: String,
    thumbprint: String,
    /// Of the rotation, if one is under way.
    others: Vec<String>,
}

impl Registration {
    fn of(generation: &Generation) -> Self {
        let ticket = generation.config.ticket.as_ref();
        Self {
            ticket: ticket.map(|url| url.expose_secret().to_owned()),
            server_url: generation.config.federation.server_url.to_string(),
            thumbprint: generation.signing.thumbprint().to_owned(),
            others: other_certificates(&generation.config),
        }
    }
}

/// Tries until the tenant has answered, and again when there is something new to tell; ends with the
/// program.
pub async fn keep(keeper: Arc<RegistrationKeeper>) {
    let life = keeper.life.clone();
    tokio::select! {
        () = life.draining() => {}
        () = keeper.keep_registered() => {}
    }
}

impl RegistrationKeeper {
    async fn keep_registered(&self) {
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        loop {
            let generation = self.current.load_full();
            let now = Registration::of(&generation);
            let Some(url) = &generation.config.ticket else {
                drop(generation);
                self.await_difference(&now).await;
                continue;
            };
            match self.register(url, &generation).await {
                Ok(()) => {
                    self.count("ok");
                    backoff.reset();
                    drop(generation);
                    self.await_difference(&now).await;
                }
                Err(error) => {
                    self.count("error");
                    tracing::warn!(
                        event = event::TENANT_FAILED,
                        %error,
                        "the registration at the tenant failed; logins go on, and it is tried again"
                    );
                    let pause = pause_after(&error, &mut backoff);
                    drop(generation);
                    tokio::select! {
                        () = sleep(pause) => {}
                        () = self.await_difference(&now) => {}
                    }
                }
            }
        }
    }

    /// Waits until a reload brings something else to tell the tenant.
    async fn await_difference(&self, registered: &Registration) {
        while Registration::of(&self.current.load()) == *registered {
            sleep(LOOK).await;
        }
    }

    async fn register(
        &self,
        url: &SecretString,
        generation: &Arc<Generation>,
    ) -> Result<(), RegistrationError> {
        let ticket = ProvisioningTicket::new(url, &generation.outgoing, &generation.config.proxy)?;
        match ticket.clock_offset(|| self.clock.now()).await {
            Ok(offset) => self.compare_clocks(offset),
            Err(error @ (TicketError::Status { .. } | TicketError::Answer { .. })) => {
                tracing::warn!(
                    event = event::TENANT_CLOCK_UNKNOWN,
                    %error,
                    "the tenant does not say its time"
                );
            }
            Err(error) => return Err(error.into()),
        }
        let agent_mode = self
            .settings
            .effective(&Map::new())
            .value(&keys::AGENT_MODE);
        let signing = &generation.signing;
        let keys = exchange(&ticket, &generation.config, signing, agent_mode).await?;
        self.take(keys, url, generation).await
    }

    fn compare_clocks(&self, offset: i64) {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a difference of clocks is small"
        )]
        self.metrics.tenant_clock.set(offset as f64 / 1000.0);
        if offset.unsigned_abs() > CLOCK_LIMIT.as_secs() * 1000 {
            tracing::error!(
                event = event::TENANT_CLOCK_OFF,
                milliseconds = offset,
                "the tenant's clock and this machine's differ: it may refuse tokens. Set this machine's clock by NTP"
            );
        }
    }

    /// Uses and saves what the tenant said, as far as a configuration with it can be used.
    async fn take(
        &self,
        keys: Map<String, Value>,
        ticket: &SecretString,
        generation: &Arc<Generation>,
    ) -> Result<(), RegistrationError> {
        let keys = self.fitting(keys, generation).await?;
        let changed = self.log_changes(&keys);
        if generation.config.uses_files {
            match self.save(&generation.config, &keys) {
                Ok(()) => self.settings.forget(),
                Err(error) => {
                    tracing::warn!(
                        event = event::TENANT_UNSAVED,
                        %error,
                        "what the tenant said is used, and not saved"
                    );
                    self.settings.learn(ticket, &keys);
                }
            }
        } else {
            self.settings.learn(ticket, &keys);
        }
        if changed {
            // A reload that is asked for already reads this too.
            let _ = self.reloads.try_send(None);
        }
        Ok(())
    }

    /// All of the keys; or without those that switch on logins for which files are missing here, since
    /// the tunnel can do without them.
    async fn fitting(
        &self,
        keys: Map<String, Value>,
        generation: &Arc<Generation>,
    ) -> Result<Map<String, Value>, Unfit> {
        let Err(error) = self.fits(&keys, generation).await else {
            return Ok(keys);
        };
        let switches: Vec<_> = keys::tenant_switches().map(Declared::name).collect();
        let alone = switches.iter().map(|switch| vec![*switch]);
        for left in alone.chain([switches.clone()]) {
            let mut some = keys.clone();
            for key in &left {
                some.shift_remove(*key);
            }
            if self.fits(&some, generation).await.is_ok() {
                tracing::error!(
                    event = event::TENANT_UNUSABLE,
                    keys = left.join(", "),
                    %error,
                    "the tenant asks for logins that this installation cannot do yet; all else that \
                     it says is used"
                );
                return Ok(some);
            }
        }
        Err(error)
    }

    /// Whether a configuration with these keys could start; files are read only for logins that are
    /// off so far.
    async fn fits(
        &self,
        keys: &Map<String, Value>,
        generation: &Arc<Generation>,
    ) -> Result<(), Unfit> {
        let config = self.settings.load_with(keys)?.config;
        let (new, old) = (switches(&config), switches(&generation.config));
        if (!new.0 || old.0) && (!new.1 || old.1) {
            return Ok(());
        }
        let clock = self.clock.clone();
        let kept = generation.kept(&self.metrics);
        let load = move || Materials::load(&config, &clock, false, &kept).map(drop);
        Ok(tokio::task::spawn_blocking(load).await??)
    }

    /// Logs which keys have another value now; true when some have.
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
            if keys::find(key).is_some_and(Declared::is_secret) {
                tracing::info!(
                    event = event::TENANT_CHANGED,
                    key,
                    "the tenant gave another value"
                );
            } else {
                tracing::info!(
                    event = event::TENANT_CHANGED,
                    key,
                    old,
                    new,
                    "the tenant gave another value"
                );
            }
        }
        any
    }

    fn save(&self, config: &Config, keys: &Map<String, Value>) -> Result<(), ArchiveError> {
        let _alone = self.settings.writing();
        let _locked = Locked::take(&config.home)?;
        let mut file = ConfigFile::read(&config.home)?;
        let mut changed = false;
        for (key, value) in keys {
            // The value in the file may be newer than the one that this process started with.
            let ours = key == keys::SERVER_URL.name && file.keys().contains_key(key);
            if !ours && file.keys().get(key) != Some(value) {
                file.set(key, value.clone());
                changed = true;
            }
        }
        if changed {
            file.save()?;
        }
        Ok(())
    }

    fn count(&self, outcome: &str) {
        self.metrics
            .ticket_steps
            .with_label_values(&[outcome])
            .inc();
    }
}

/// Kerberos, client certificates.
fn switches(config: &Config) -> (bool, bool) {
    let direct = config.direct.as_ref();
    let kerberos = direct.is_some_and(|direct| direct.kerberos.is_some());
    (
        kerberos,
        direct.is_some_and(|direct| direct.client_cert.is_some()),
    )
}

fn pause_after(error: &RegistrationError, backoff: &mut Backoff) -> Duration {
    match error {
        // It hardly becomes valid: the tenant is not asked often.
        RegistrationError::Ticket(TicketError::Wrong) => {
            pause_between(LONGEST_PAUSE / 2, LONGEST_PAUSE)
        }
        _ => backoff.pause(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_ticket_is_tried_again_only_after_minutes() {
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        let wrong = RegistrationError::from(TicketError::Wrong);
        assert!(pause_after(&wrong, &mut backoff) >= LONGEST_PAUSE / 2);
        let other = RegistrationError::from(TicketError::Address);
        assert!(pause_after(&other, &mut backoff) <= FIRST_PAUSE);
    }
}
