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
        self.tunnel();
        self.searches();
        self.relying_parties();
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

    fn tunnel(&mut self) {
        if self.given(&keys::AD_HUB) && !self.on(&keys::AGENT_MODE) {
            self.add(
                "AGENT_MODE is off: there is no tunnel to the hub here. The legacy connector kept it all the \
                 same, and told the tenant alone.",
            );
        }
        if self.values.text(keys::WS_RECONNECT_INTERVAL_MS).as_deref() == Some("0") {
            self.add(
                "WS_RECONNECT_INTERVAL_MS is 0, which the legacy connector took for 10000; here it counts as \
                 100. Take it out for 10000.",
            );
        }
        for key in [
            &keys::ALLOW_PASSWORD_EXPIRED,
            &keys::ALLOW_PASSWORD_CHANGE_REQUIRED,
        ] {
            if self.on(key) {
                self.add(format!(
                    "{} counts at the form too; in the legacy connector it counted over the tunnel alone.",
                    key.name
                ));
            }
        }
    }

    fn searches(&mut self) {
        if self.given(&keys::LDAP_USER_BY_NAME) {
            self.add(
                "A name that by LDAP_USER_BY_NAME means several users is refused; the legacy connector took \
                 the first of them.",
            );
        }
        let lower = |base: Option<String>| base.map(|base| base.to_lowercase());
        let groups = lower(self.values.value(&keys::LDAP_BASE_GROUPS));
        if groups.is_some() && groups != lower(self.values.value(&keys::LDAP_BASE)) {
            self.add(
                "The tenant's list of all groups comes from LDAP_BASE_GROUPS too, as those of a user do; the \
                 legacy connector searched it under LDAP_BASE.",
            );
        }
        if self.values.value(&keys::GROUPS) && self.values.value(&keys::GROUPS_REQUIRED) {
            self.add(
                "A login whose groups cannot be had is refused for the moment; the legacy connector signed in \
                 without them. GROUPS_REQUIRED false does so here too.",
            );
        }
        let property = self.values.value(&keys::GROUP_PROPERTY);
        let asked_for = ["cn", "dn", "memberof"].contains(&property.to_lowercase().as_str());
        let objects = !self.values.value(&keys::GROUP_PROPERTIES).is_empty();
        if self.values.value(&keys::GROUPS) && !asked_for && !objects {
            self.add(format!(
                "GROUP_PROPERTY is {}: a user's groups are these values. The legacy connector did not ask the \
                 directory for it, and gave an empty value for each group of a user.",
                crate::cause::quoted(&property)
            ));
        }
    }

    /// The legacy connector takes any key for the name of a relying party.
    fn relying_parties(&mut self) {
        let realm = self.values.value(&keys::REALM).unwrap_or_default();
        let is_callback = |value: &Value| {
            let text = value.as_str().unwrap_or_default().trim_start();
            text.starts_with("https://") || text.starts_with("http://")
        };
        let unknown = self.keys.iter().filter(|(key, value)| {
            let ours = keys::find(key).is_some() || keys::find_by_file_variant(key).is_some();
            !ours && !keys::names_relying_party(key, &realm) && is_callback(value)
        });
        let names: Vec<_> = unknown.map(|(key, _)| shown(key)).collect();
        if !names.is_empty() {
            self.add(format!(
                "{}: no name of a relying party here, which is that of REALM or has a colon, as a URI does. If \
                 an application calls itself so (wtrealm), give it such a name there and here.",
                names.join(", ")
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
