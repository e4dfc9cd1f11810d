//! What all instances of a fleet must have equal, key by key, so that two of them can be compared without
//! telling each other a value.

use std::{collections::BTreeMap, fmt};

use aws_lc_rs::digest;
use serde_json::Value;

use super::{
    directory::ServiceAccount, effective::Effective, key::Declared, keys, shape::Usual,
    source::Origin, value::list,
};
use crate::secret::ExposeSecret as _;

/// The keys that are not a host's own, as they count in this process: defaults are in it, and values are
/// taken as they are understood, so that `8443` and `"8443"` are equal.
#[derive(Clone, Default)]
pub struct SharedValues(BTreeMap<String, SharedValue>);

/// One key of it.
#[derive(Clone)]
pub struct SharedValue {
    /// SHA-256 of the value as it is understood. It could be guessed offline: it stays in this process, and
    /// is shown only under a key that whoever guesses does not have.
    pub digest: [u8; 32],
    pub origin: Origin,
}

/// By hand: a digest of a short secret tells it.
impl fmt::Debug for SharedValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedValues")
    }
}

impl SharedValues {
    pub(super) fn of(effective: &Effective, service: &ServiceAccount) -> Self {
        let mut values = BTreeMap::new();
        for key in keys::all().filter(|key| is_shared(*key)) {
            let value = if key.name() == keys::LDAP_BIND_PASSWORD.name {
                bind_password(service)
            } else {
                understood(effective, key)
            };
            let mut origin = effective.in_force(key).origin;
            if key.name() == keys::LDAP_BIND_PASSWORD.name && origin == Origin::Default {
                origin = effective.in_force(&keys::LDAP_BIND_CREDENTIALS).origin;
            }
            values.insert(key.name().to_owned(), SharedValue::of(&value, origin));
        }
        for (name, given) in effective.source().relying_parties() {
            let callbacks = list(&given.value).unwrap_or_default();
            let value = SharedValue::of(&Value::from(callbacks), given.origin.clone());
            values.insert(name.to_owned(), value);
        }
        Self(values)
    }

    /// Has these keys as `old` has them: they wait for a restart.
    pub fn keep(&mut self, old: &Self, waiting: &[&str]) {
        for key in waiting {
            if let Some(value) = old.0.get(*key) {
                self.0.insert((*key).to_owned(), value.clone());
            }
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &SharedValue)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }
}

impl SharedValue {
    fn of(value: &Value, origin: Origin) -> Self {
        let mut bytes = [0; 32];
        let text = value.to_string();
        bytes.copy_from_slice(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
        Self {
            digest: bytes,
            origin,
        }
    }
}

/// The signing key and certificate are compared as such, and the bind password as it is in the open: it is
/// encrypted anew each time that it is saved.
fn is_shared(key: &dyn Declared) -> bool {
    let elsewhere = [
        keys::AUTH_CERT.name,
        keys::AUTH_CERT_KEY.name,
        keys::LDAP_BIND_CREDENTIALS.name,
    ];
    let scope = key.scope();
    !scope.host && !scope.environment && !key.is_unused() && !elsewhere.contains(&key.name())
}

fn bind_password(service: &ServiceAccount) -> Value {
    match service {
        ServiceAccount::Anonymous => Value::Null,
        ServiceAccount::Simple { password, .. } => Value::from(password.expose_secret()),
    }
}

/// What was given, else what counts without it.
fn understood(effective: &Effective, key: &'static dyn Declared) -> Value {
    let given = effective.source().get(key.name());
    let given = given.and_then(|given| key.canonical(&given.value));
    let shape = key.shape();
    match (given, shape.default, shape.usual) {
        // As the other key: a difference is named there.
        (given, None, Usual::Key(other)) => {
            let other = keys::find(other).map(|other| understood(effective, other));
            given.filter(|given| Some(given) != other.as_ref()).into()
        }
        (Some(given), ..) => given,
        (None, Some(default), _) => key.canonical(&default).unwrap_or(default),
        (None, None, _) => effective.usual(key).text().map_or(Value::Null, Value::from),
    }
}

#[cfg(test)]
#[path = "shared_tests.rs"]
mod tests;
