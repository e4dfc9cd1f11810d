//! What an administrator types to bring what is missing, with the names of the configuration.

use std::path::Path;

use url::Url;

use crate::{
    config::{Mistake, keys},
    privileges::Owner,
};

/// What the commands name.
pub(super) struct Place {
    home: String,
    /// The home folder's.
    owner: Owner,
    host: String,
    realm: String,
}

impl Place {
    /// `server_url` and `base` are the values of SERVER_URL and LDAP_BASE.
    pub fn new(home: &Path, server_url: &str, base: &str) -> Self {
        let root = Owner { user: 0, group: 0 };
        let url = Url::parse(server_url).ok();
        let host = url.and_then(|url| url.host_str().map(str::to_owned));
        // The domain of the base is the realm.
        let base = base.to_uppercase();
        let labels = base.split(',').map(str::trim);
        let labels: Vec<_> = labels.filter_map(|part| part.strip_prefix("DC=")).collect();
        Self {
            home: home.display().to_string().trim_end_matches('/').to_owned(),
            owner: Owner::of(home).unwrap_or(root),
            host: host.unwrap_or_else(|| "<host of SERVER_URL>".to_owned()),
            realm: if labels.is_empty() {
                "<REALM>".to_owned()
            } else {
                labels.join(".")
            },
        }
    }

    /// How a mistake is corrected, where it takes files that only the administrator has.
    pub fn step(&self, mistake: &Mistake) -> Option<String> {
        let Self {
            home,
            owner,
            host,
            realm,
        } = self;
        let copy = |from: &str, to: &str| owner.copy_command(Path::new(from), Path::new(to));
        let is = |key| mistake.place.is(key);
        let file = mistake.file();
        let is_chain_or_key = is(&keys::TLS_CERT_FILE) || is(&keys::TLS_KEY_FILE);
        let is_authorities = is(&keys::CLIENT_CA_FILE);
        // Where there is one, the mistake itself says what is wrong with it.
        let is_logo_missing = is(&keys::SITE_LOGO) && file.is_some_and(|file| !file.exists());
        let text = if is(&keys::KERBEROS_KEYTAB) {
            let keytab = file.unwrap_or(Path::new(keys::KERBEROS_KEYTAB.kind.usual));
            let copy = copy("krb5.keytab", &keytab.display().to_string());
            let keytab = keytab.display();
            format!(
                "Kerberos is on, and its keytab {keytab} is missing. Give the name to one account \
                 of the domain and export its keys, on a domain controller:
\
                 setspn -S HTTP/{host} svc-adedge
\
                 ktpass /princ HTTP/{host}@{realm} /mapuser svc-adedge /crypto All /ptype KRB5_NT_PRINCIPAL /pass * /out krb5.keytab
\
                 (or all of it by deploy/windows/Set-AdEdge.ps1: .\\Set-AdEdge.ps1 -ServerName {host} -Account svc-adedge)
\
                 (Samba: samba-tool spn add HTTP/{host} svc-adedge; samba-tool domain exportkeytab krb5.keytab --principal=HTTP/{host})
\
                 then here:
\
                 {copy}"
            )
        } else if (is_chain_or_key
            || is_authorities
            || is_logo_missing
            || is(&keys::PROFILE_MAPPER_FILE))
            && let Some(path) = file
        {
            // At a place of its own on the other host.
            let name = Path::new(path.file_name()?).display().to_string();
            let copy = copy(&name, &path.display().to_string());
            format!("From the other host:\n{copy}")
        } else if is_chain_or_key {
            let chain = copy("chain.pem", &format!("{home}/certs/tls.pem"));
            let key = copy("key.pem", &format!("{home}/certs/tls.key"));
            format!(
                "The logins in the browser need a certificate for {host}, chain and key in PEM:\n{chain}\n{key}"
            )
        } else if is_authorities {
            let copy = copy("issuing-ca.pem", &format!("{home}/certs/client-ca.pem"));
            format!("Logins by client certificate need the CA that issues them, PEM:\n{copy}")
        } else if is(&keys::SSL_CA_FILE) {
            let copy = copy("ca.pem", &format!("{home}/certs/ca.pem"));
            format!(
                "The CA of the domain, and \"SSL_CA_FILE\": \"certs/ca.pem\" in config.json:\n{copy}"
            )
        } else {
            return None;
        };
        Some(text)
    }
}
