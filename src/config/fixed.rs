//! What only a restart changes.

use std::{collections::BTreeMap, net::SocketAddr};

use serde_json::Value;

use super::{
    effective::Effective,
    keys,
    load::{Config, Loaded},
    mistake::Invalid,
    shape::Form,
};

/// The keys that a reload leaves as they were, each with the value that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixedKeys(BTreeMap<&'static str, Value>);

/// Why a configuration cannot take the place of another one without a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("direct logins are switched on and off by a restart only")]
pub struct NeedsRestart;

impl FixedKeys {
    pub(super) fn of(values: &Effective) -> Self {
        let fixed = keys::all().filter(|key| key.scope().restart);
        let values = fixed.map(|key| (key.name(), values.counting(key)));
        Self(values.collect())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.0.iter().map(|(key, value)| (*key, value))
    }

    /// Addresses with a port, each with its key.
    fn addresses(&self) -> impl Iterator<Item = (&'static str, SocketAddr)> {
        let is_address = |key: &str| {
            let form = keys::find(key).map(|key| key.shape().form);
            matches!(form, Some(Form::Address { port: true, .. }))
        };
        let addresses = self.iter().filter(move |(key, _)| is_address(key));
        addresses.filter_map(|(key, value)| Some((key, value.as_str()?.parse().ok()?)))
    }

    /// The keys whose values are others here.
    fn that_differ(&self, other: &Self) -> Vec<&'static str> {
        let differ = self
            .iter()
            .filter(|(key, value)| other.0.get(key) != Some(value));
        differ.map(|(key, _)| key).collect()
    }
}

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
#[path = "fixed_tests.rs"]
mod tests;
