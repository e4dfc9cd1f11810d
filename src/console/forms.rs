//! The forms of settings: which keys they set.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::{backstage::Backstage, view::Setting};
use crate::config::find_key;

/// Key, label, hint.
type Field = (&'static str, &'static str, &'static str);

pub(super) const DIRECTORY: [Field; 6] = [
    (
        "LDAP_URL",
        "Directory servers",
        "ldaps://dc1.corp.example, several with commas in order of preference, or srv:corp.example for those that DNS names.",
    ),
    (
        "LDAP_BASE",
        "Where users are searched",
        "DC=corp,DC=example, or the unit below which all users are.",
    ),
    (
        "LDAP_BIND_USER",
        "Service account",
        "It searches users and groups: svc-ldap@corp.example, or its DN. It needs no other right.",
    ),
    (
        "LDAP_USER_BY_NAME",
        "How a login name finds its user",
        "An LDAP filter; {0} stands for the name.",
    ),
    (
        "LDAP_BASE_GROUPS",
        "Where groups are searched",
        "Empty: where users are.",
    ),
    (
        "SSL_CA_FILE",
        "CA of the directory's certificates",
        "A PEM file beside those that this machine trusts, certs/corp-ca.pem for instance.",
    ),
];

pub(super) const SERVER: [Field; 3] = [
    (
        "SERVER_URL",
        "The address that users open",
        "The balancer's, https. Its host needs an SPN and a certificate; the tenant is told at the next start.",
    ),
    (
        "SITE_NAME",
        "Whose sign-in page this is",
        "Shown above the form: your company's name.",
    ),
    (
        "KERBEROS_REALMS",
        "Realms whose users may sign in",
        "Several with commas. Empty: those of the keytab.",
    ),
];

pub(super) type Fields = HashMap<String, String>;

/// The settings of a form as they are, or as they were typed.
pub(super) fn settings(
    fields: &[Field],
    backstage: &dyn Backstage,
    typed: &Fields,
) -> Vec<Setting> {
    let setting = |(key, label, hint): &Field| {
        let (now, fixed) = backstage.key(key);
        Setting {
            key,
            label,
            hint,
            value: typed.get(*key).filter(|_| !fixed).cloned().unwrap_or(now),
            usual: find_key(key).map_or("", |key| key.default.trim_matches('`')),
            fixed,
        }
    };
    fields.iter().map(setting).collect()
}

/// The keys that a form may set; a list is written with commas.
pub(super) fn given(fields: &[Field], typed: &Fields) -> Map<String, Value> {
    let keys = fields.iter();
    keys.filter_map(|(key, ..)| Some(((*key).to_owned(), json!(typed.get(*key)?.trim()))))
        .collect()
}
