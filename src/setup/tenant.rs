//! What a set-up asks the tenant.

use super::plan::{SetupPlan, tls};
use crate::{
    clock::Clock,
    config::{Config, keys},
    tenant::{CLOCK_LIMIT, Ticket, TicketError, TicketInfo},
};

/// What the tenant told, and the switches that count differently with it.
#[derive(Debug)]
pub struct TenantSays {
    pub info: TicketInfo,
    pub changed: Vec<String>,
}

impl SetupPlan<'_> {
    /// What the tenant says; its keys join this set-up.
    ///
    /// # Errors
    /// Why it says nothing, and what to do.
    pub async fn ask_tenant(&mut self, clock: &Clock) -> Result<TenantSays, String> {
        let config = self.provisional()?;
        let ticket =
            Self::ticket(&config, clock)?.ok_or("there is no ticket (PROVISIONING_TICKET)")?;
        let info = ticket.info().await.map_err(|error| error.to_string())?;
        let before = self.effective();
        self.keys.extend(info.keys());
        let after = self.effective();
        let changed = keys::tenant_switches()
            .filter_map(|key| {
                let key = key.name();
                let (old, new) = (before.text(key)?, after.text(key)?);
                (old != new).then(|| format!("{key} was {old} and is {new}, as the tenant says"))
            })
            .collect();
        self.ticket = Some(ticket);
        Ok(TenantSays { info, changed })
    }

    pub(super) async fn tenant_check(
        &self,
        config: &Config,
        clock: &Clock,
    ) -> Result<String, String> {
        let own;
        let ticket = match &self.ticket {
            Some(ticket) => ticket,
            None => match Self::ticket(config, clock)? {
                Some(ticket) => {
                    own = ticket;
                    &own
                }
                None => return Ok("no ticket, not asked".to_owned()),
            },
        };
        let offset = match ticket.clock_offset(|| clock.now()).await {
            Ok(offset) => offset,
            Err(TicketError::Status { .. }) => {
                return Ok(format!("{} answers, and tells no time", ticket.host()));
            }
            Err(error) => return Err(error.to_string()),
        };
        if offset.unsigned_abs() > CLOCK_LIMIT.as_secs() * 1000 {
            return Err(format!(
                "this machine's clock differs from the tenant's by {offset} ms: set it by NTP \
                 (timedatectl set-ntp true)"
            ));
        }
        Ok(format!(
            "{} answers, its clock differs by {offset} ms",
            ticket.host()
        ))
    }

    fn ticket(config: &Config, clock: &Clock) -> Result<Option<Ticket>, String> {
        let Some(url) = &config.ticket else {
            return Ok(None);
        };
        let ticket = Ticket::new(url, &tls(config, clock)?, &config.proxy);
        ticket.map(Some).map_err(|error| error.to_string())
    }
}
