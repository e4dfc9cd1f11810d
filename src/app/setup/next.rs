//! What is left to do after a set-up, each step with its commands: files that only the administrator has.

use std::os::unix::fs::MetadataExt as _;

use serde_json::Map;

use crate::{
    app::{Kept, Materials, Settings},
    clock::Clock,
    config::{Invalid, Mistake},
};

/// Files of the direct logins: the tunnel runs without them.
const LATER: [&str; 5] = [
    "KERBEROS_KEYTAB",
    "TLS_CERT_FILE",
    "TLS_KEY_FILE",
    "CLIENT_CA_FILE",
    "CHANNEL_BINDING_CERT_FILES",
];

pub(super) fn may_come_later(mistake: &Mistake) -> bool {
    LATER.contains(&mistake.key.as_str())
}

/// What keeps `ad-edge serve` from starting.
#[derive(Debug, Default)]
pub struct Next {
    /// How it is mended, each with its commands; empty when it can start.
    pub steps: Vec<String>,
    /// It could start with the tunnel alone.
    pub tunnel_alone: bool,
}

/// What is left to do before `ad-edge serve`.
#[must_use]
pub fn next_steps(settings: &Settings, clock: &Clock) -> Next {
    let place = Place::of(settings);
    let mut values = settings.effective(&Map::new());
    let tunnel = values.has("AD_HUB") && values.flag("AGENT_MODE", true);
    match settings.load() {
        Err(Invalid { mistakes, .. }) => Next {
            steps: mistakes.iter().map(|m| place.step(m)).collect(),
            tunnel_alone: tunnel && mistakes.iter().all(may_come_later),
        },
        Ok(loaded) => Next {
            steps: match Materials::load(&loaded.config, clock, false, &Kept::default()) {
                Ok(_) => Vec::new(),
                Err(unusable) => unusable.0,
            },
            tunnel_alone: false,
        },
    }
}

/// What the commands name.
struct Place {
    home: String,
    /// As `install` takes it: the home folder's owner, when that is not root.
    owner: String,
    host: String,
    realm: String,
}

impl Place {
    fn of(settings: &Settings) -> Self {
        let home = settings.home().path("");
        let owner = std::fs::metadata(&home).map(|meta| (meta.uid(), meta.gid()));
        let values = settings.effective(&Map::new());
        let url = values.text("SERVER_URL").unwrap_or_default();
        let url = url::Url::parse(&url).ok();
        let host = url.and_then(|url| url.host_str().map(str::to_owned));
        let base = values.text("LDAP_BASE").unwrap_or_default().to_uppercase();
        let parts: Vec<_> = base
            .split(',')
            .filter_map(|part| part.trim().strip_prefix("DC="))
            .collect();
        Self {
            home: home.display().to_string().trim_end_matches('/').to_owned(),
            owner: match owner {
                Ok((user, group)) if user != 0 => format!("-o {user} -g {group} "),
                _ => String::new(),
            },
            host: host.unwrap_or_else(|| "<host of SERVER_URL>".to_owned()),
            realm: if parts.is_empty() {
                "<REALM>".to_owned()
            } else {
                parts.join(".")
            },
        }
    }

    fn step(&self, mistake: &Mistake) -> String {
        let Self {
            home,
            owner,
            host,
            realm,
        } = self;
        match mistake.key.as_str() {
            "KERBEROS_KEYTAB" => {
                let keytab = mistake.value.as_deref().unwrap_or("certs/krb5.keytab");
                format!(
                    "Kerberos is on, and its keytab {keytab} is missing. Give the name to one account \
                     of the domain and export its keys, on a domain controller:\n\
                     setspn -S HTTP/{host} svc-adedge\n\
                     ktpass /princ HTTP/{host}@{realm} /mapuser svc-adedge /crypto AES256-SHA1 /ptype KRB5_NT_PRINCIPAL /pass * /out krb5.keytab\n\
                     (Samba: samba-tool spn add HTTP/{host} svc-adedge; samba-tool domain exportkeytab krb5.keytab --principal=HTTP/{host})\n\
                     then here:\n\
                     install -m 600 {owner}krb5.keytab {keytab}"
                )
            }
            "TLS_CERT_FILE" | "TLS_KEY_FILE" if mistake.value.is_none() => format!(
                "The logins in the browser need a certificate for {host}, chain and key in PEM:\n\
                 install -m 644 {owner}chain.pem {home}/certs/tls.pem\n\
                 install -m 600 {owner}key.pem {home}/certs/tls.key"
            ),
            "CLIENT_CA_FILE" if mistake.value.is_none() => format!(
                "Logins by client certificate need the CA that issues them, PEM:\n\
                 install -m 644 {owner}issuing-ca.pem {home}/certs/client-ca.pem"
            ),
            _ => mistake.to_string(),
        }
    }
}
