//! What the tenant knows of an installation, and which of it may become keys of `config.json`.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::config::find_key;

/// What the tenant tells.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TicketInfo {
    pub ad_hub: Option<String>,
    pub connection_domain: String,
    pub connection_name: String,
    /// `None`: it does not say.
    pub cert_auth: Option<bool>,
    pub kerberos: Option<bool>,
    pub realm: Realm,
    #[serde(default)]
    pub thumbprints: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Realm {
    pub name: String,
    pub post_token_url: String,
}

impl Realm {
    /// Whether its name can be the name of a key of `config.json`: a URI, and none of ours, or a tenant
    /// could set any key, such as the server that the bind password is sent to.
    pub(super) fn is_plausible(&self) -> bool {
        let name = self.name.as_str();
        let ours = find_key(name).is_some()
            || name
                .strip_suffix("_FILE")
                .is_some_and(|key| find_key(key).is_some());
        let plain = |c: char| c.is_ascii_graphic();
        name.contains(':') && name.chars().all(plain) && !ours
    }
}

impl TicketInfo {
    /// As keys of `config.json`.
    #[must_use]
    pub fn keys(&self) -> Map<String, Value> {
        let mut keys = Map::new();
        let mut set = |key: &str, value: Value| {
            keys.insert(key.to_owned(), value);
        };
        if let Some(hub) = &self.ad_hub {
            set("AD_HUB", json!(hub));
        }
        set("WSFED_ISSUER", json!(self.connection_domain));
        set("CONNECTION", json!(self.connection_name));
        if let Some(on) = self.cert_auth {
            set("CLIENT_CERT_AUTH", json!(on));
        }
        if let Some(on) = self.kerberos {
            set("KERBEROS_AUTH", json!(on));
        }
        set("REALM", json!(self.realm.name));
        set(&self.realm.name, json!(self.realm.post_token_url));
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_realm_is_never_the_name_of_another_key() {
        let plausible = |name: &str| {
            let realm = Realm {
                name: name.to_owned(),
                post_token_url: String::new(),
            };
            realm.is_plausible()
        };
        assert!(plausible("urn:auth0:acme"));
        for name in [
            "",
            "LDAP_URL",
            "AUTH_CERT_KEY",
            "LDAP_BIND_PASSWORD_FILE",
            "PROFILE_MAPPER",
            "acme",
            "urn:auth0:acme\n",
            " urn:auth0:acme",
        ] {
            assert!(!plausible(name), "{name:?}");
        }
    }
}
