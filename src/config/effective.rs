//! Values as they count, before they make a configuration: for a set-up, in which some are missing still.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    home::Home,
    reader::{self, Reader},
    source::{self, FileKeys, Source},
};
use crate::secret::SecretString;

/// Every value that was given: the environment over what is tried over `config.json`. By hand in Debug,
/// since values may be secrets.
pub struct Effective(Reader);

impl std::fmt::Debug for Effective {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Effective")
    }
}

impl Effective {
    /// As [`super::Config::load_with`] reads them; what cannot be read counts as not given.
    #[must_use]
    pub fn read(
        home: &Home,
        environment: &BTreeMap<String, String>,
        tried: &Map<String, Value>,
    ) -> Self {
        let (mut mistakes, mut warnings) = (Vec::new(), Vec::new());
        let file = FileKeys::read(home, environment, &mut mistakes);
        let source = Source::read(
            home,
            environment,
            &file,
            tried,
            &mut mistakes,
            &mut warnings,
        );
        Self(Reader::new(source, mistakes, warnings))
    }

    /// Whether a key has a value: a text, a number or a list that is not empty.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.text(key).is_some()
    }

    /// The value as one text: numbers in digits, a list between commas.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<String> {
        text_of(&self.0.source().get(key)?.value)
    }

    /// The text of a secret, as it was given.
    #[must_use]
    pub fn secret(&self, key: &str) -> Option<SecretString> {
        match &self.0.source().get(key)?.value {
            Value::String(text) if !text.is_empty() => Some(SecretString::from(text.clone())),
            Value::Number(number) => Some(SecretString::from(number.to_string())),
            _ => None,
        }
    }

    pub fn flag(&mut self, key: &str, default: bool) -> bool {
        self.0.flag(key, default)
    }
}

/// A value as one text; `None` for one that counts as absent.
#[must_use]
pub fn text_of(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) if !text.trim_start().starts_with('[') => text.trim().to_owned(),
        Value::String(_) | Value::Array(_) => match reader::list(value) {
            Some(items) => items.join(", "),
            None => value.to_string(),
        },
        other => other.to_string(),
    };
    (!text.is_empty()).then_some(text)
}

/// Whether files of the home folder are read and written: not with `OVERRIDE_CONFIG=false`.
#[must_use]
pub fn uses_files(environment: &BTreeMap<String, String>) -> bool {
    source::reads_files(environment)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_of_value_has_one_text() {
        for (value, text) in [
            (json!("  ldaps://dc1 "), Some("ldaps://dc1")),
            (
                json!(["ldaps://dc1", "ldaps://dc2"]),
                Some("ldaps://dc1, ldaps://dc2"),
            ),
            (json!(r#"["a","b"]"#), Some("a, b")),
            (json!(8443), Some("8443")),
            (json!(true), Some("true")),
            (json!(""), None),
            (json!([]), None),
            (json!(null), None),
        ] {
            assert_eq!(text_of(&value).as_deref(), text, "{value}");
        }
    }

    #[test]
    fn the_environment_wins_by_whatever_name() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let file = folder.path().join("ticket");
        std::fs::write(&file, "https://tenant.example/p/ad/x\n").expect("written");
        let environment = BTreeMap::from([
            (
                "PROVISIONING_TICKET_FILE".to_owned(),
                file.display().to_string(),
            ),
            ("https_proxy".to_owned(), "http://proxy".to_owned()),
            ("ANONYMOUS_SEARCH_ENABLED".to_owned(), "yes".to_owned()),
        ]);
        let mut tried = Map::new();
        for key in ["PROVISIONING_TICKET", "HTTPS_PROXY", "LDAP_BASE"] {
            tried.insert(key.to_owned(), json!("tried"));
        }
        let mut effective = Effective::read(&Home::new(folder.path()), &environment, &tried);
        let text = |key| effective.text(key);
        assert_eq!(
            text("PROVISIONING_TICKET").as_deref(),
            Some("https://tenant.example/p/ad/x")
        );
        assert_eq!(text("HTTPS_PROXY").as_deref(), Some("http://proxy"));
        assert_eq!(text("LDAP_BASE").as_deref(), Some("tried"));
        assert!(effective.flag("ANONYMOUS_SEARCH_ENABLED", false));
    }
}
