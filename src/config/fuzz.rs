//! What `tests/fuzz` calls: `config.json`, filters and names.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    Config, FileKeys, FilterTemplate, Home, RelyingParties, dn,
    filter::{parses, plain},
};

/// Keys of `config.json`, behind those that a configuration must have. Values that would open a file
/// elsewhere are left out.
pub fn configuration(data: &[u8]) {
    let Ok(mut keys) = serde_json::from_slice::<Map<String, Value>>(data) else {
        return;
    };
    keys.retain(|_, value| !leads_out(value));
    for (name, value) in needed() {
        keys.entry(name).or_insert(value);
    }
    if let Err(invalid) = load(&keys) {
        assert!(!invalid.mistakes.is_empty());
        for mistake in invalid.mistakes {
            let text = mistake.to_string();
            assert!(!text.chars().any(char::is_control), "{text:?}");
        }
    }
}

fn leads_out(value: &Value) -> bool {
    match value {
        Value::String(text) => {
            text.starts_with('/')
                || text.contains("..")
                || text.contains("DNS:")
                || text.contains('\0')
        }
        Value::Array(list) => list.iter().any(leads_out),
        _ => false,
    }
}

fn load(keys: &Map<String, Value>) -> Result<super::Loaded, super::Invalid> {
    let home = Home::new("no-such-folder-of-tests");
    Config::load_kept(home, &BTreeMap::new(), &FileKeys::default(), keys)
}

fn needed() -> Map<String, Value> {
    let keys = json!({
        "LDAP_URL": "ldaps://dc1.corp.example",
        "LDAP_BASE": "DC=corp,DC=example",
        "ANONYMOUS_SEARCH_ENABLED": true,
        "REALM": "urn:auth0:corp",
        "urn:auth0:corp": "https://t.example/cb,https://t.example/2",
    });
    let Value::Object(keys) = keys else {
        unreachable!("an object")
    };
    keys
}

/// Two callbacks of one realm.
pub(crate) fn relying_parties() -> RelyingParties {
    load(&needed())
        .expect("good")
        .config
        .federation
        .relying_parties
}

/// A filter in the configuration, behind a length and a name that a user typed: the filter that is sent
/// parses, whatever was typed.
pub fn filter(data: &[u8]) {
    let Some((length, rest)) = data.split_first() else {
        return;
    };
    let Some((name, template)) = rest.split_at_checked(usize::from(*length)) else {
        return;
    };
    let (Ok(name), Ok(template)) = (std::str::from_utf8(name), std::str::from_utf8(template))
    else {
        return;
    };
    let _ = dn::is_name(template);
    if let Ok(filter) = plain(template) {
        assert!(parses(&filter));
    }
    for template in [
        FilterTemplate::parse(template),
        FilterTemplate::parse_by_name(template),
    ]
    .into_iter()
    .flatten()
    {
        let sent = template.with_escaped(&ldap3::ldap_escape(name));
        assert!(parses(&sent), "{template:?} {name:?}");
        let by_attribute = template.by_attribute("sAMAccountName");
        assert!(parses(&by_attribute.with_escaped("x")), "{by_attribute:?}");
        if let Some(any) = template.with_any_value() {
            assert!(parses(&any), "{any:?}");
        }
    }
}
