//! A configuration with nothing in it but what must be there.

use serde_json::{Value, json};

/// It, with these keys over it.
pub fn smallest(changes: &Value) -> Value {
    let mut config = json!({
        "LDAP_URL": "ldaps://dc1.corp.example",
        "LDAP_BASE": "DC=corp,DC=example",
        "ANONYMOUS_SEARCH_ENABLED": true,
        "SERVER_URL": "https://login.corp.example",
        "REALM": "urn:auth0:corp",
        "urn:auth0:corp": "https://corp.auth0.com/login/callback",
    });
    let changes = changes.as_object().expect("an object").clone();
    config.as_object_mut().expect("an object").extend(changes);
    config
}
