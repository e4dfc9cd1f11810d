//! The values of the keys that only a restart changes.

use std::{collections::BTreeMap, net::SocketAddr};

use serde_json::Value;

use super::{key::Declared, keys, shape::Form};

/// The keys that a reload leaves as they were, each with the value that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixedKeys(BTreeMap<&'static str, Value>);

impl FixedKeys {
    /// Each with the value that counts.
    pub(super) fn of(counting: impl Fn(&'static dyn Declared) -> Value) -> Self {
        let fixed = keys::all().filter(|key| key.scope().restart);
        Self(fixed.map(|key| (key.name(), counting(key))).collect())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.0.iter().map(|(key, value)| (*key, value))
    }

    /// Addresses with a port, each with its key.
    pub(super) fn addresses(&self) -> impl Iterator<Item = (&'static str, SocketAddr)> {
        let is_address = |key: &str| {
            let form = keys::find(key).map(|key| key.shape().form);
            matches!(form, Some(Form::Address { port: true, .. }))
        };
        let addresses = self.iter().filter(move |(key, _)| is_address(key));
        addresses.filter_map(|(key, value)| Some((key, value.as_str()?.parse().ok()?)))
    }

    /// The keys whose values are others here.
    pub(super) fn that_differ(&self, other: &Self) -> Vec<&'static str> {
        let differ = self
            .iter()
            .filter(|(key, value)| other.0.get(key) != Some(value));
        differ.map(|(key, _)| key).collect()
    }
}
