//! What a set-up asks the tenant.

use super::{
    error::SetupError,
    plan::{SetupPlan, tls},
};
use crate::{
    clock::Clock,
    config::{Config, keys},
    tenant::{CLOCK_LIMIT, ProvisioningTicket, TicketError, TicketInfo},
};

/// What the tenant says, and which switches change with it, in words.
#[derive(Debug)]
pub struct TenantSays {
    pub info: TicketInfo,
    pub changed: Vec<String>,
}

impl SetupPlan<'_> {
    /// What the tenant says; its keys join this set-up.
    ///
    /// # Errors
    /// Why it does not answer, and what to do.
    pub async fn ask_tenant(&mut self, clock: &Clock) -> Result<TenantSays, SetupError> {
        let config = self.provisional()?;
        let ticket = Self::ticket(&config, clock)?.ok_or(SetupError::NoTicket)?;
        let info = ticket.info().await?;
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
    ) -> Result<String, SetupError> {
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
                return Ok(format!(
                    "{} answers, and does not say its time",
                    ticket.host()
                ));
            }
            Err(error) => return Err(error.into()),
        };
        if offset.unsigned_abs() > CLOCK_LIMIT.as_secs() * 1000 {
            return Err(SetupError::Clock {
                milliseconds: offset,
            });
        }
        Ok(format!(
            "{} answers, its clock differs by {offset} ms",
            ticket.host()
        ))
    }

    fn ticket(config: &Config, clock: &Clock) -> Result<Option<ProvisioningTicket>, SetupError> {
        let Some(url) = &config.ticket else {
            return Ok(None);
        };
        let ticket = ProvisioningTicket::new(url, &tls(config, clock)?, &config.proxy)?;
        Ok(Some(ticket))
    }
}
