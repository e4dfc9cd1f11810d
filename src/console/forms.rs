//! The forms of settings: which keys they set.

use serde_json::{Map, Value, json};

use super::{backend::ConsoleBackend, view::Setting};
use crate::config::{Declared, InForce, Origin, Shown, keys};

/// Key, label, hint.
type Field = (&'static dyn Declared, &'static str, &'static str);

pub(super) const DIRECTORY: [Field; 6] = [
    (
        &keys::LDAP_URL,
        "Directory servers",
        "ldaps://dc1.corp.example, several with commas in order of preference, or srv:corp.example for those that DNS names.",
    ),
    (
        &keys::LDAP_BASE,
        "Where users are searched",
        "DC=corp,DC=example, or the unit below which all users are.",
    ),
    (
        &keys::LDAP_BIND_USER,
        "Service account",
        "It searches users and groups: svc-ldap@corp.example, or its DN. It needs no other right.",
    ),
    (
        &keys::LDAP_USER_BY_NAME,
        "How a login name finds its user",
        "An LDAP filter; {0} is replaced by the name. Empty, on Active Directory: alice, CORP\\alice, alice@corp.example and a user's mail address all count.",
    ),
    (
        &keys::LDAP_BASE_GROUPS,
        "Where groups are searched",
        "Empty: where users are.",
    ),
    (
        &keys::SSL_CA_FILE,
        "CA of the directory's certificates",
        "A PEM file beside those that this machine trusts, certs/corp-ca.pem for instance.",
    ),
];

pub(super) const SERVER: [Field; 6] = [
    (
        &keys::SERVER_URL,
        "The address that users open",
        "The balancer's, https. Its host needs an SPN and a certificate; the tenant learns it at the next start.",
    ),
    (
        &keys::SITE_NAME,
        "Whose sign-in page this is",
        "Shown above the form: your company's name.",
    ),
    (
        &keys::SITE_LOGO,
        "Your company's logo",
        "An SVG or PNG of at most 256 KiB; logo.svg in the home folder goes with an export.",
    ),
    (
        &keys::HELP_TEXT,
        "A sentence that says where help is",
        "Shown below every page.",
    ),
    (
        &keys::HELP_URL,
        "Where a link to help leads",
        "https://, mailto: or tel:.",
    ),
    (
        &keys::KERBEROS_REALMS,
        "Realms whose users may sign in",
        "Several with commas. Empty: those of the keytab.",
    ),
];

pub(super) use super::view::Fields;

/// The settings of a form as they are, or as they were typed.
pub(super) fn settings(
    fields: &[Field],
    backend: &dyn ConsoleBackend,
    typed: &Fields,
) -> Vec<Setting> {
    let fields = fields.iter();
    fields
        .map(|field| setting(field, backend.key(field.0), typed))
        .collect()
}

/// A setting as it is, or as it was typed.
fn setting((key, label, hint): &Field, (now, usual): (InForce, Shown), typed: &Fields) -> Setting {
    let given = match &now.origin {
        Origin::Default => String::new(),
        _ => now.value.text().unwrap_or_default(),
    };
    let fixed = now.origin.is_environment();
    let typed = typed.get(key.name()).filter(|_| !fixed);
    Setting {
        key: key.name(),
        label,
        hint: match &now.origin {
            Origin::Tenant => "The tenant gave this value.",
            _ => hint,
        },
        value: typed.cloned().unwrap_or(given),
        usual: usual.text().unwrap_or_default(),
        fixed,
    }
}

/// The keys that a form may set; a list is written with commas.
pub(super) fn given(fields: &[Field], typed: &Fields) -> Map<String, Value> {
    let given = fields.iter();
    given
        .filter_map(|(key, ..)| {
            let key = key.name();
            Some((key.to_owned(), json!(typed.get(key)?.trim())))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tempfile::TempDir;

    use super::*;
    use crate::config::{Effective, Home};

    /// The settings of a host whose file names a site, with these variables and what the tenant said.
    fn shown(environment: &[(&str, &str)], said: &Value) -> Vec<Setting> {
        let folder = TempDir::new().expect("a folder");
        let config =
            json!({"SITE_NAME": "of the file", "SERVER_URL": "https://login.corp.example"});
        std::fs::write(folder.path().join("config.json"), config.to_string()).expect("written");
        let pairs = environment.iter();
        let environment: BTreeMap<_, _> = pairs
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        let said = said.as_object().expect("an object");
        let effective = Effective::read(&Home::new(folder.path()), &environment, said);
        let fields = SERVER.iter().chain(&DIRECTORY);
        fields
            .map(|field| {
                let state = (effective.in_force(field.0), effective.usual(field.0));
                setting(field, state, &Fields::new())
            })
            .collect()
    }

    fn of<'a>(settings: &'a [Setting], key: &str) -> &'a Setting {
        let found = settings.iter().find(|setting| setting.key == key);
        found.expect("a setting")
    }

    #[test]
    fn a_form_shows_what_counts_and_the_default_where_nothing_does() {
        let settings = shown(&[], &json!({}));
        let site = of(&settings, "SITE_NAME");
        assert_eq!((site.value.as_str(), site.fixed), ("of the file", false));
        let filter = of(&settings, "LDAP_USER_BY_NAME");
        assert_eq!((filter.value.as_str(), filter.usual.as_str()), ("", ""));
        assert!(filter.hint.contains(r"CORP\alice"), "{}", filter.hint);
    }

    #[test]
    fn the_environment_and_the_tenant_are_told_apart() {
        let settings = shown(&[("SITE_NAME", "given")], &json!({}));
        let site = of(&settings, "SITE_NAME");
        assert_eq!((site.value.as_str(), site.fixed), ("given", true));
        let settings = shown(&[], &json!({"SITE_NAME": "of the tenant"}));
        let site = of(&settings, "SITE_NAME");
        assert_eq!((site.value.as_str(), site.fixed), ("of the tenant", false));
        assert!(site.hint.contains("tenant"), "{}", site.hint);
    }

    #[test]
    fn without_files_the_file_does_not_count() {
        let settings = shown(&[("OVERRIDE_CONFIG", "false")], &json!({}));
        assert_eq!(of(&settings, "SITE_NAME").value, "");
        assert_eq!(of(&settings, "SERVER_URL").value, "");
    }
}
