//! The ticket's steps at each start, in the background: an unreachable tenant keeps nobody from signing
//! in.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};
use tokio::{sync::mpsc, time::sleep};

use super::{generation::Generation, settings::Settings};
use crate::{
    clock::Clock,
    config::Config,
    lifecycle::Backoff,
    secret::ExposeSecret as _,
    setup::{CLOCK_LIMIT, ConfigFile, Registration, Ticket, TicketError},
    telemetry::Metrics,
    token::SigningKey,
};

const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_mins(10);

/// What the steps need of the running program.
pub(super) struct Provision {
    pub settings: Arc<Settings>,
    pub current: Arc<ArcSwap<Generation>>,
    pub metrics: Arc<Metrics>,
    pub clock: Clock,
    /// Asks for a reload, since something new was learned.
    pub tell: mpsc::Sender<()>,
}

/// Asks until the tenant has answered once.
pub(super) async fn keep(provision: Provision) {
    let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
    loop {
        let generation = provision.current.load_full();
        let Some(url) = &generation.config.ticket else {
            return;
        };
        let ticket = Ticket::new(url, &generation.outgoing, &generation.config.proxy);
        let steps = async {
            let ticket = ticket?;
            provision.steps(&ticket, &generation).await
        };
        match steps.await {
            Ok(()) => {
                provision.count("ok");
                return;
            }
            Err(error) => {
                provision.count("error");
                tracing::warn!(%error, "the ticket's steps failed; logins go on, and it is tried again");
            }
        }
        drop(generation);
        sleep(backoff.pause()).await;
    }
}

impl Provision {
    async fn steps(&self, ticket: &Ticket, generation: &Generation) -> Result<(), TicketError> {
        let offset = ticket.clock_offset(|| self.clock.now()).await?;
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
        let keys = exchange(ticket, &generation.config, &generation.signing).await?;
        self.take(&keys, generation);
        Ok(())
    }

    /// Uses and saves what the tenant said, when a configuration with it is a good one.
    fn take(&self, keys: &Map<String, Value>, generation: &Generation) {
        if let Err(invalid) = self.settings.load_with(keys) {
            tracing::error!(
                error = %invalid,
                "the tenant's ticket says what this installation cannot do; the old settings stay"
            );
            return;
        }
        if generation.config.uses_files {
            let saved = ConfigFile::read(&generation.config.home).and_then(|mut file| {
                let mut changed = false;
                for (key, value) in keys {
                    if file.keys().get(key) != Some(value) {
                        file.set(key, value.clone());
                        changed = true;
                    }
                }
                if changed { file.save() } else { Ok(()) }
            });
            if let Err(error) = saved {
                tracing::warn!(%error, "what the tenant said is used, and not saved");
            }
        }
        self.settings.learn(keys);
        // A reload that is asked for already reads this too.
        let _ = self.tell.try_send(());
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
) -> Result<Map<String, Value>, TicketError> {
    let info = ticket.info().await?;
    let server_url = config.federation.server_url.as_str().trim_end_matches('/');
    let mut certificates = vec![STANDARD.encode(signing.certificate())];
    certificates.extend(next_certificate(config));
    let registration = Registration {
        certificates,
        server_url,
        agent_mode: true,
    };
    let tenant_key = ticket.register(&registration).await?;
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
