//! What an administrator types to bring what is missing, with the names of the configuration.

use std::{fs, os::unix::fs::MetadataExt as _, path::Path};

use url::Url;

use crate::config::{Mistake, keys};

/// What the commands name.
pub(super) struct Place {
    home: String,
    /// As `install` takes it: the home folder's owner, when that is not root.
    owner: String,
    host: String,
    realm: String,
}

impl Place {
    /// `server_url` and `base` are the values of SERVER_URL and LDAP_BASE.
    pub fn new(home: &Path, server_url: &str, base: &str) -> Self {
        let owner = fs::metadata(home).map(|meta| (meta.uid(), meta.gid()));
        let url = Url::parse(server_url).ok();
        let host = url.and_then(|url| url.host_str().map(str::to_owned));
        // The domain of the base is the realm.
        let base = base.to_uppercase();
        let labels = base.split(',').map(str::trim);
        let labels: Vec<_> = labels.filter_map(|part| part.strip_prefix("DC=")).collect();
        Self {
            home: home.display().to_string().trim_end_matches('/').to_owned(),
            owner: match owner {
                Ok((user, group)) if user != 0 => format!("-o {user} -g {group} "),
                _ => String::new(),
            },
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
        let is = |key| mistake.place.is(key);
        let file = mistake.file();
        let is_chain_or_key = is(&keys::TLS_CERT_FILE) || is(&keys::TLS_KEY_FILE);
        let is_authorities = is(&keys::CLIENT_CA_FILE);
        // Where there is one, the mistake itself says what is wrong with it.
        let is_logo_missing = is(&keys::SITE_LOGO) && file.is_some_and(|file| !file.exists());
        let text = if is(&keys::KERBEROS_KEYTAB) {
            let keytab = file.unwrap_or(Path::new(keys::KERBEROS_KEYTAB.kind.usual));
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
                 install -m 600 {owner}krb5.keytab {keytab}"
            )
        } else if (is_chain_or_key
            || is_authorities
            || is_logo_missing
            || is(&keys::PROFILE_MAPPER_FILE))
            && let Some(path) = file
        {
            // At a place of its own on the other host.
            let name = Path::new(path.file_name()?).display();
            let path = path.display();
            format!(
                "From the other host:
install -m 600 {owner}{name} {path}"
            )
        } else if is_chain_or_key {
            format!(
                "The logins in the browser need a certificate for {host}, chain and key in PEM:
\
                 install -m 644 {owner}chain.pem {home}/certs/tls.pem
\
                 install -m 600 {owner}key.pem {home}/certs/tls.key"
            )
        } else if is_authorities {
            format!(
                "Logins by client certificate need the CA that issues them, PEM:
\
                 install -m 644 {owner}issuing-ca.pem {home}/certs/client-ca.pem"
            )
        } else if is(&keys::SSL_CA_FILE) {
            format!(
                "The CA of the domain, and \"SSL_CA_FILE\": \"certs/ca.pem\" in config.json:
\
                 install -m 644 {owner}ca.pem {home}/certs/ca.pem"
            )
        } else {
            return None;
        };
        Some(text)
    }
}
