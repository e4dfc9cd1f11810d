//! The declarations hold together.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    super::{key::Section, shape::Form},
    *,
};

#[test]
fn every_key_is_declared_once() {
    let older = all().filter_map(Declared::older_name);
    let names: Vec<_> = all().map(Declared::name).chain(older).collect();
    let once: BTreeSet<_> = names.iter().collect();
    assert_eq!(once.len(), names.len());
    for key in all() {
        let variant = key.file_variant();
        assert!(
            variant.is_none_or(|name| find(&name).is_none()),
            "{} and its file are both keys",
            key.name()
        );
    }
}

#[test]
fn every_default_is_a_value_of_its_key() {
    for key in all() {
        let shape = key.shape();
        let good = match (&shape.form, &shape.default) {
            (Form::Number { least, most, .. }, Some(default)) => {
                default
                    .as_u64()
                    .is_some_and(|n| (*least..=*most).contains(&n))
                    && least <= most
            }
            (Form::Number { .. } | Form::Flag, None) => false,
            (Form::Choice { words, .. }, Some(default)) => {
                default.as_str().is_some_and(|word| words.contains(&word))
            }
            (Form::Choices(words), Some(Value::Array(default))) => default
                .iter()
                .all(|word| word.as_str().is_some_and(|word| words.contains(&word))),
            _ => true,
        };
        assert!(good, "{}: {shape:?}", key.name());
    }
}

#[test]
fn every_key_that_has_an_effect_has_a_meaning() {
    for key in all().filter(|key| !key.is_unused()) {
        assert!(!key.meaning().is_empty(), "{}", key.name());
        assert_ne!(key.section(), Section::Unused, "{}", key.name());
    }
}

#[test]
fn a_misspelling_finds_its_key() {
    assert_eq!(nearest("LDAP_BASE_GROUP"), Some("LDAP_BASE_GROUPS"));
    assert_eq!(nearest("Kerberos_Keytab"), Some("KERBEROS_KEYTAB"));
    assert_eq!(nearest("FAVOURITE_COLOUR"), None);
}

#[test]
fn only_secrets_may_come_from_a_file() {
    let found = |name| find_by_file_variant(name).map(Declared::name);
    assert_eq!(found("LDAP_BIND_PASSWORD_FILE"), Some("LDAP_BIND_PASSWORD"));
    assert_eq!(found("LDAP_URL_FILE"), None);
    assert_eq!(found("SSL_CA_FILE"), None);
    assert_eq!(found("SESSION_SECRET_FILE"), None);
}
