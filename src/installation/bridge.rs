//! Secrets of version 7 of the AD/LDAP Connector: none is a key of its `config.json`. They lie in the system's keychain,
//! or, until its service has taken them there, in clear in a file of JSON.

use serde_json::{Map, Value};

use super::findings::{Finding, Keychain};
use crate::{
    config::{Declared, Effective, encrypt_credentials, keys},
    secret::SecretString,
};

/// A secret by the name that the keychain has for it, and the key that holds it here.
pub(super) const BIND_PASSWORD: &str = "ldap-bind-password";
const PFX_PASSWORD: &str = "custom-ssl-pfx-password";

/// What was pending in the bridge.
#[derive(Default)]
pub(super) struct Pending {
    bind: Option<SecretString>,
    pfx: Option<String>,
    /// Names of what has no use here.
    others: Vec<String>,
}

impl Pending {
    /// The secrets in the file: members by their names, in objects and lists of any depth, or entries that say their
    /// name and their value.
    ///
    /// # Errors
    /// When it is no JSON.
    pub fn read(text: &str) -> Result<Self, serde_json::Error> {
        let mut pending = Self::default();
        pending.look(&serde_json::from_str(text)?, 0);
        Ok(pending)
    }

    fn look(&mut self, value: &Value, depth: usize) {
        if depth > 8 {
            return;
        }
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.look(item, depth + 1)),
            Value::Object(members) => {
                if let Some((name, value)) = entry(members) {
                    self.take(name, value);
                    return;
                }
                for (name, value) in members {
                    match value {
                        Value::String(text) => self.take(name, text),
                        Value::Object(inner) if is_secret(name) => {
                            if let Some(text) = said(inner) {
                                self.take(name, text);
                            }
                        }
                        _ => self.look(value, depth + 1),
                    }
                }
            }
            _ => {}
        }
    }

    fn take(&mut self, name: &str, text: &str) {
        if text.is_empty() {
            return;
        }
        match plain(name).as_str() {
            "ldapbindpassword" => self.bind = Some(SecretString::from(text.to_owned())),
            "customsslpfxpassword" | "sslkeypassword" => self.pfx = Some(text.to_owned()),
            _ if is_secret(name) => self.others.push(name.to_owned()),
            _ => {}
        }
    }
}

/// How long a profile mapper may take there, ms, where no key says it.
const MAPPER_TIME: u64 = 10_000;

/// What holds there without a key and not here.
pub(super) fn usual_there(given: &mut Map<String, Value>) {
    let key = keys::PROFILE_MAPPING_TIMEOUT_MS.name;
    if !given.contains_key(key) {
        given.insert(key.to_owned(), Value::from(MAPPER_TIME));
    }
}

/// What it takes to find each secret, of a configuration of version 7: those that were pending go into the keys, and
/// the bind password is encrypted with the signing key.
pub(super) fn settle(
    given: &mut Map<String, Value>,
    signing_key: &[u8],
    pending: Option<(&str, Pending)>,
    has_pfx_file: bool,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some((file, pending)) = pending {
        let mut taken = Vec::new();
        if let Some(password) = &pending.bind
            && let Ok(stored) = encrypt_credentials(password, signing_key)
        {
            let name = keys::LDAP_BIND_PASSWORD.name;
            given.shift_remove(name);
            given.shift_remove(&format!("{name}_FILE"));
            let key = keys::LDAP_BIND_CREDENTIALS.name;
            given.insert(key.to_owned(), Value::from(stored));
            taken.push((BIND_PASSWORD, key));
        }
        if let Some(password) = pending.pfx {
            let key = keys::SSL_KEY_PASSWORD.name;
            given.insert(key.to_owned(), Value::from(password));
            taken.push((PFX_PASSWORD, key));
        }
        findings.push(Finding::Bridge {
            file: file.to_owned(),
            taken,
            others: pending.others,
        });
    }
    let values = Effective::of_file(given);
    let has = |key: &dyn Declared| values.is_given(key);
    let binds = has(&keys::LDAP_BIND_USER) && !values.value(&keys::ANONYMOUS_SEARCH_ENABLED);
    if binds && !has(&keys::LDAP_BIND_PASSWORD) && !has(&keys::LDAP_BIND_CREDENTIALS) {
        let key = keys::LDAP_BIND_PASSWORD.name;
        findings.push(Finding::Keychain(Keychain {
            secret: BIND_PASSWORD,
            key,
        }));
    }
    if (has(&keys::SSL_PFX) || has_pfx_file) && !has(&keys::SSL_KEY_PASSWORD) {
        let key = keys::SSL_KEY_PASSWORD.name;
        findings.push(Finding::Keychain(Keychain {
            secret: PFX_PASSWORD,
            key,
        }));
    }
    findings
}

/// An object that says a secret's name beside its value.
fn entry(members: &Map<String, Value>) -> Option<(&str, &str)> {
    let names = ["account", "name", "key", "id", "secret"];
    let name = names.iter().find_map(|name| members.get(*name)?.as_str())?;
    is_secret(name).then_some((name, said(members)?))
}

fn said(members: &Map<String, Value>) -> Option<&str> {
    let names = ["value", "password", "secret", "data"];
    let mut values = names.iter().filter_map(|name| members.get(*name)?.as_str());
    values.next()
}

fn is_secret(name: &str) -> bool {
    let plain = plain(name);
    ["password", "secret", "credential", "token"]
        .iter()
        .any(|word| plain.contains(word) && plain.len() > word.len())
}

/// `ldap-bind-password`, `LDAP_BIND_PASSWORD` and `ldapBindPassword` are one name.
fn plain(name: &str) -> String {
    let name = name.rsplit(['/', ':']).next().unwrap_or(name);
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::ExposeSecret as _;

    #[test]
    fn a_pending_password_is_found_however_the_file_says_it() {
        for text in [
            r#"{"ldap-bind-password": "Pä ss"}"#,
            r#"{"LDAP_BIND_PASSWORD": "Pä ss"}"#,
            r#"{"auth0-ad-ldap-connector": {"ldap-bind-password": "Pä ss", "session-secret": "x"}}"#,
            r#"{"pending": [{"account": "ldap-bind-password", "password": "Pä ss"}]}"#,
            r#"{"secrets": [{"name": "ldap-bind-password", "value": "Pä ss"}], "version": 1}"#,
            r#"{"ldapBindPassword": {"value": "Pä ss"}}"#,
            r#"[{"service": "auth0-ad-ldap-connector", "key": "ldap-bind-password", "value": "Pä ss"}]"#,
        ] {
            let pending = Pending::read(text).expect("JSON");
            let found = pending.bind.as_ref().map(SecretString::expose_secret);
            assert_eq!(found, Some("Pä ss"), "{text}");
        }
        let none = Pending::read(r#"{"console-password": "x", "at": "2026", "n": 1}"#);
        let none = none.expect("JSON");
        assert!(none.bind.is_none() && none.pfx.is_none());
        assert_eq!(none.others, ["console-password"]);
        assert!(Pending::read("no JSON").is_err());
    }
}
