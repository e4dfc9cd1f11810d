//! What a reload changes, and what only a restart does.

use std::net::SocketAddr;

use super::{
    keys,
    load::{Config, Loaded},
    mistake::Invalid,
};

/// Why a configuration cannot take the place of another one without a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("direct logins are switched on and off by a restart only")]
pub struct NeedsRestart;

impl Loaded {
    /// Takes what only a restart changes from the configuration in use. Gives the keys that this concerns,
    /// in the order of their names.
    ///
    /// # Errors
    /// Every mistake that the rest makes with them.
    pub fn keep_fixed(self, running: &Config) -> Result<(Self, Vec<&'static str>), Invalid> {
        let kept = self.config.fixed.that_differ(&running.fixed);
        if kept.is_empty() {
            return Ok((self, kept));
        }
        Ok((self.with(&running.fixed)?, kept))
    }
}

impl Config {
    /// Where it listens, each with the key that says so.
    #[must_use]
    pub fn listeners(&self) -> Vec<(&'static str, SocketAddr)> {
        let direct = self.direct.as_ref().map(|direct| &direct.listen);
        let direct = direct.map(|listen| {
            let address = SocketAddr::new(listen.address, listen.port);
            (keys::PORT.name, address)
        });
        direct.into_iter().chain(self.fixed.addresses()).collect()
    }

    /// Whether it can take the place of the one in use, as far as it was read.
    ///
    /// # Errors
    /// When it cannot.
    pub fn can_follow(&self, running: &Self) -> Result<(), NeedsRestart> {
        if self.direct.is_some() == running.direct.is_some() {
            Ok(())
        } else {
            Err(NeedsRestart)
        }
    }
}

#[cfg(test)]
#[path = "restart_tests.rs"]
mod tests;
