//! What only a restart changes.

use super::{keys, load::Config};

/// Why a configuration cannot take the place of another one without a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NeedsRestart {
    #[error("{} takes effect at a restart only", keys::TLS_TERMINATION.name)]
    TlsTermination,
    #[error("direct logins are switched on and off by a restart only")]
    DirectLogins,
}

impl Config {
    /// Leaves what only a restart changes as `old` has it. Gives the keys that this concerns.
    ///
    /// # Errors
    /// When the rest makes no sense without it.
    pub fn keep_fixed(&mut self, old: &Self) -> Result<Vec<&'static str>, NeedsRestart> {
        let mut kept = Vec::new();
        keep(
            &mut self.ops_listen,
            &old.ops_listen,
            keys::OPS_LISTEN.name,
            &mut kept,
        );
        keep(
            &mut self.admin_listen,
            &old.admin_listen,
            keys::ADMIN_LISTEN.name,
            &mut kept,
        );
        keep(
            &mut self.log_format,
            &old.log_format,
            keys::LOG_FORMAT.name,
            &mut kept,
        );
        let (new, old) = match (&mut self.direct, &old.direct) {
            (None, None) => return Ok(kept),
            (Some(new), Some(old)) => (new, old),
            _ => return Err(NeedsRestart::DirectLogins),
        };
        if new.tls.is_some() != old.tls.is_some() {
            return Err(NeedsRestart::TlsTermination);
        }
        let (new, old) = (&mut new.listen, &old.listen);
        keep(
            &mut new.address,
            &old.address,
            keys::LISTEN_ADDRESS.name,
            &mut kept,
        );
        keep(&mut new.port, &old.port, keys::PORT.name, &mut kept);
        keep(
            &mut new.proxy_protocol,
            &old.proxy_protocol,
            keys::PROXY_PROTOCOL.name,
            &mut kept,
        );
        keep(
            &mut new.trusted_proxies,
            &old.trusted_proxies,
            keys::TRUSTED_PROXIES.name,
            &mut kept,
        );
        keep(
            &mut new.max_connections,
            &old.max_connections,
            keys::MAX_CONNECTIONS.name,
            &mut kept,
        );
        keep(
            &mut new.max_token,
            &old.max_token,
            keys::MAX_HEADER_SIZE.name,
            &mut kept,
        );
        Ok(kept)
    }
}

fn keep<T: PartialEq + Clone>(
    new: &mut T,
    old: &T,
    key: &'static str,
    kept: &mut Vec<&'static str>,
) {
    if new != old {
        new.clone_from(old);
        kept.push(key);
    }
}
