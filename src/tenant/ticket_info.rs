//! What the tenant knows of an installation, and which of it may become keys of `config.json`.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::config::keys;

/// What the tenant says of an installation.
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
        let plain = |c: char| c.is_ascii_graphic();
        name.contains(':') && name.chars().all(plain) && keys::names_relying_party(name, "")
    }
}

impl TicketInfo {
    /// As keys of `config.json`.
    #[must_use]
    pub fn keys(&self) -> Map<String, Value> {
        let mut said = Map::new();
        let mut set = |key: &str, value: Value| {
            said.insert(key.to_owned(), value);
        };
        if let Some(hub) = &self.ad_hub {
            set(keys::AD_HUB.name, json!(hub));
        }
        set(keys::WSFED_ISSUER.name, json!(self.connection_domain));
        set(keys::CONNECTION.name, json!(self.connection_name));
        if let Some(on) = self.cert_auth {
            set(keys::CLIENT_CERT_AUTH.name, json!(on));
        }
        if let Some(on) = self.kerberos {
            set(keys::KERBEROS_AUTH.name, json!(on));
        }
        set(keys::REALM.name, json!(self.realm.name));
        set(&self.realm.name, json!(self.realm.post_token_url));
        said
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::config::Declared;

    #[test]
    fn the_tenant_gives_the_keys_that_are_declared_so() {
        let info: TicketInfo = serde_json::from_value(json!({
            "adHub": "https://acme.auth0.com/lo/hub",
            "connectionDomain": "urn:acme",
            "connectionName": "corp",
            "certAuth": true,
            "kerberos": true,
            "realm": {"name": "urn:auth0:acme", "postTokenUrl": "https://acme.auth0.com/cb"},
        }))
        .expect("what a tenant says");
        let mut said = info.keys();
        assert!(said.shift_remove("urn:auth0:acme").is_some());
        let mut said: BTreeSet<_> = said.keys().map(String::as_str).collect();
        // It comes with the next request.
        said.insert(keys::TENANT_SIGNING_KEY.name);
        let declared = keys::all().filter(|key| key.scope().tenant);
        assert_eq!(said, declared.map(Declared::name).collect());
    }

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

    #[test]
    fn what_the_tenant_says_is_the_tenant_s_to_say() {
        let info = TicketInfo {
            ad_hub: Some("https://hub".to_owned()),
            connection_domain: "corp.example".to_owned(),
            connection_name: "corp".to_owned(),
            cert_auth: Some(true),
            kerberos: Some(true),
            realm: Realm {
                name: "urn:auth0:acme".to_owned(),
                post_token_url: "https://acme/cb".to_owned(),
            },
            thumbprints: Vec::new(),
        };
        let said = info.keys();
        let declared = said.keys().filter_map(|name| keys::find(name));
        let strange: Vec<_> = declared.filter(|key| !key.scope().tenant).collect();
        assert!(strange.is_empty(), "{strange:?}");
        // All but the key that a registration answers with.
        let tenant = keys::all().filter(|key| key.scope().tenant);
        let missing: Vec<_> = tenant
            .map(Declared::name)
            .filter(|name| !said.contains_key(*name))
            .collect();
        assert_eq!(missing, [keys::TENANT_SIGNING_KEY.name]);
    }
}
