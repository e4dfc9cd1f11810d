//! Values that the legacy connector understands in another way.

use serde_json::Value;

use super::{
    differences::{Old, of_windows},
    paths::shown,
};
use crate::config::{Declared, keys};

impl Old<'_> {
    pub(super) fn values(&mut self) {
        let flags = keys::all().filter(|key| key.is_flag() && key.scope().legacy);
        for key in flags.map(Declared::name) {
            if let Some(Value::String(text)) = self.keys.get(key)
                && self.values.flag(key) == Some(false)
            {
                self.add(format!(
                    "{key} is the text {}, which the legacy connector took for true; here it means false.",
                    crate::cause::quoted(text.trim())
                ));
            }
        }
        self.strict_flags();
        if self.values.value(&keys::GROUPS_CACHE_SECONDS).is_zero() {
            self.add(
                "GROUPS_CACHE_SECONDS is 0, which the legacy connector took for ever; here groups are searched \
                 at each login.",
            );
        }
        if self.given(&keys::KERBEROS_DEBUG_USER) {
            self.add(
                "KERBEROS_DEBUG_USER would sign in anyone as that user: remove it, nothing starts with \
                 it.",
            );
        }
        let windows: Vec<_> = self
            .keys
            .iter()
            .filter(|(key, value)| *key != keys::CACHE_FILE.name && names_windows(value))
            .map(|(key, _)| shown(key))
            .collect();
        if !windows.is_empty() {
            self.add(format!(
                "Paths of the old Windows server in {}: copy these files into certs/ and write the paths \
                 that they have here.",
                windows.join(", ")
            ));
        }
        if self.values.value(&keys::LDAP_NUMBER_OF_PARALLEL_BINDS) == 1 {
            let usual = keys::LDAP_NUMBER_OF_PARALLEL_BINDS.kind.default;
            self.add(format!(
                "LDAP_NUMBER_OF_PARALLEL_BINDS is 1, the legacy connector's default: one password check waits for \
                 another. Take it out for {usual} at the same time."
            ));
        }
        let counts = self.values.value(&keys::MAX_HEADER_SIZE);
        let size = self.values.text(keys::MAX_HEADER_SIZE);
        if let Some(size) = size.filter(|size| size.parse().is_ok_and(|size: usize| size < counts))
        {
            self.add(format!(
                "MAX_HEADER_SIZE {size} counts as {counts}: Kerberos tokens of users in many groups are that \
                 large."
            ));
        }
    }

    /// Keys of which the legacy connector understands one word alone.
    fn strict_flags(&mut self) {
        for key in [
            &keys::ENABLE_ACTIVE_DIRECTORY_UNICODE_PASSWORD,
            &keys::AUTO_UNLOCK_ON_PASSWORD_CHANGE,
        ] {
            let given = self.keys.get(key.name);
            if self.on(key) && given != Some(&Value::Bool(true)) {
                self.add(format!(
                    "{} is not the word true without quotes, which alone counts in the legacy connector; here it \
                     means true.",
                    key.name
                ));
            }
        }
        if self.keys.get(keys::GROUPS.name) == Some(&Value::from(0)) {
            self.add("GROUPS is 0, which the legacy connector took for true; here it means false.");
        }
    }
}

fn names_windows(value: &Value) -> bool {
    match value {
        Value::String(text) => of_windows(text),
        Value::Array(items) => items.iter().filter_map(Value::as_str).any(of_windows),
        _ => false,
    }
}
