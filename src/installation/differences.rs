//! What an administrator who comes from the legacy connector has to know, each only where it matters for the
//! configuration.

use serde_json::{Map, Value};

use super::Installation;
use crate::config::{Declared, Effective, FlagKey, TlsTermination, home, keys, looks_like_pattern};

/// The configuration, read as a start reads it.
pub(super) struct Old<'a> {
    installation: &'a Installation,
    pub(super) keys: &'a Map<String, Value>,
    pub(super) values: Effective,
    found: Vec<String>,
}

pub(super) fn differences(installation: &Installation, keys: &Map<String, Value>) -> Vec<String> {
    let mut old = Old {
        installation,
        keys,
        values: Effective::of_file(keys),
        found: Vec::new(),
    };
    old.direct_logins();
    old.kerberos();
    old.certificates();
    old.proxy_frontend();
    old.directory();
    old.mapper();
    old.values();
    old.found
}

impl Old<'_> {
    pub(super) fn add(&mut self, what: impl Into<String>) {
        self.found.push(what.into());
    }

    pub(super) fn given(&self, key: &dyn Declared) -> bool {
        self.values.is_given(key)
    }

    pub(super) fn on(&self, key: &FlagKey) -> bool {
        self.values.value(key)
    }

    fn has_certificate(&self) -> bool {
        self.installation.has(home::TLS_CERTIFICATE)
            || self.given(&keys::TLS_CERT_FILE)
            || self.given(&keys::SSL_PFX)
    }

    fn server_url(&self) -> String {
        self.values.value(&keys::SERVER_URL).unwrap_or_default()
    }

    fn proxy_ends_tls(&self) -> bool {
        self.values.value(&keys::TLS_TERMINATION) == TlsTermination::Proxy
    }

    fn direct_logins(&mut self) {
        if self.server_url().starts_with("http://") {
            self.add(
                "SERVER_URL is plain http: browsers send passwords and tickets to it. Give it https and a \
                 certificate (certs/tls.pem and certs/tls.key, or SSL_PFX).",
            );
        }
        if !self.has_certificate() && !self.proxy_ends_tls() {
            self.add(
                "There is no certificate for SERVER_URL (certs/tls.pem with certs/tls.key, or SSL_PFX): \
                 direct logins are off until there is one, and only the tunnel serves. Where a balancer \
                 ends TLS, set TLS_TERMINATION to proxy and list it in TRUSTED_PROXIES.",
            );
        }
        let direct = self.on(&keys::KERBEROS_AUTH) || self.on(&keys::CLIENT_CERT_AUTH);
        if direct && !self.on(&keys::TOKEN_LEGACY_METHOD) {
            self.add(
                "Tokens say how the user signed in: AuthenticationMethod is urn:ietf:rfc:1510 for Kerberos \
                 and urn:ietf:rfc:2246 for a certificate, where the legacy connector wrote am:password for \
                 everything. TOKEN_LEGACY_METHOD true brings that back.",
            );
        }
        if direct {
            self.add(
                "A disabled, expired or locked account is refused by Kerberos and by certificate too, and \
                 whoever is no user (a computer, a group); the legacy connector let them in.",
            );
        }
    }

    fn kerberos(&mut self) {
        if !self.on(&keys::KERBEROS_AUTH) {
            return;
        }
        if !self.installation.has(home::KEYTAB) && !self.given(&keys::KERBEROS_KEYTAB) {
            self.add(
                "Kerberos needs a keytab here, where Windows used its machine account: give \
                 HTTP/<host of SERVER_URL> to one account (setspn -S) and export its keys to \
                 certs/krb5.keytab. The SPN must leave the old server's account.",
            );
        }
        self.add(
            "On Active Directory the user of a Kerberos ticket is the account whose SID the ticket has, \
             whatever LDAP_USER_BY_NAME compares with the name (its other conditions count); a ticket without \
             a SID (no PAC) is refused unless KERBEROS_REQUIRE_PAC is false. The legacy connector searched the \
             name by LDAP_USER_BY_NAME.",
        );
        if !self.given(&keys::KERBEROS_ALIASES) {
            self.add(
                "Tickets count for HTTP/<host of SERVER_URL> alone: a name by which browsers reach it otherwise \
                 (a DNS alias, a short name) has to be in KERBEROS_ALIASES.",
            );
        }
        if !self.given(&keys::KERBEROS_REALMS) {
            self.add(
                "Only users of the keytab's realm sign in by Kerberos; users of trusted domains are \
                 refused until KERBEROS_REALMS lists their realms.",
            );
        }
    }

    fn certificates(&mut self) {
        if !self.on(&keys::CLIENT_CERT_AUTH) {
            return;
        }
        self.add(
            "Revocation lists of client certificates count (certs/crl/), and a certificate finds its \
             user by CLIENT_CERT_MAP, not by its CN alone.",
        );
        if !self.given(&keys::CLIENT_CERT_BINDING) {
            self.add(
                "CLIENT_CERT_BINDING stays compatible, as the legacy connector was: a certificate may mean its \
                 user by a name alone (UPN, mail address, CN), which another account may have later, and need \
                 not say that it is for signing in. New installations begin with strong (Microsoft's \
                 KB5014754): set it once certificates hold the user's SID, or altSecurityIdentities maps them.",
            );
        }
        let issuers = self.given(&keys::CA_CERT)
            || self.given(&keys::CLIENT_CA_FILE)
            || self.installation.has(home::CLIENT_CA);
        if !issuers {
            self.add(
                "CLIENT_CERT_AUTH is on without CA_CERT: the CA that issues client certificates must be \
                 known here (certs/client-ca.pem).",
            );
        }
    }

    fn proxy_frontend(&mut self) {
        if self.on(&keys::WITH_KERBEROS_PROXY_FRONTEND) {
            if !self.given(&keys::TRUSTED_PROXIES) {
                self.add(
                    "WITH_KERBEROS_PROXY_FRONTEND: the user that a proxy names is accepted only from \
                     TRUSTED_PROXIES: list its address.",
                );
            }
            if !self.proxy_ends_tls() {
                self.add(
                    "WITH_KERBEROS_PROXY_FRONTEND: a proxy that speaks plain HTTP to this host needs \
                     TLS_TERMINATION proxy.",
                );
            }
            return;
        }
        let proxied = self.server_url().starts_with("https://") && !self.has_certificate();
        if proxied || self.on(&keys::KERBEROS_AUTH) {
            self.add(
                "A header that names the user (X-Forwarded-User, x-iisnode-logon_user) does not count, \
                 where the legacy connector accepted it from anyone. If a proxy or IIS signed users in, set \
                 WITH_KERBEROS_PROXY_FRONTEND and TRUSTED_PROXIES, or let Kerberos end here with a keytab.",
            );
        }
    }

    fn directory(&mut self) {
        let urls = self.values.value(&keys::LDAP_URL);
        let scheme = |url: &String| {
            url.split("://")
                .next()
                .unwrap_or_default()
                .to_ascii_lowercase()
        };
        let open = urls.iter().any(|url| scheme(url) == "ldap") && !self.on(&keys::LDAP_STARTTLS);
        if open {
            self.add("LDAP_URL is not encrypted: write ldaps://, or set LDAP_STARTTLS.");
        }
        if open
            && self.on(&keys::ENABLE_WRITE_BACK)
            && self.on(&keys::ENABLE_ACTIVE_DIRECTORY_UNICODE_PASSWORD)
        {
            self.add(
                "Active Directory takes new passwords over TLS only: ENABLE_WRITE_BACK cannot work over \
                 this LDAP_URL.",
            );
        }
        let by_name = self.values.value(&keys::LDAP_USER_BY_NAME);
        let by_account = |name: &str| name.eq_ignore_ascii_case("sAMAccountName");
        let by_other = by_name.is_some_and(|filter| !filter.attributes().all(by_account));
        if by_other && self.on(&keys::WITH_KERBEROS_PROXY_FRONTEND) {
            self.add(
                "A user whom a proxy names is found on Active Directory by the sAMAccountName, whatever \
                 LDAP_USER_BY_NAME compares with the name; its other conditions count.",
            );
        }
        let folder = self.values.value(&keys::SSL_CA_PATH);
        let folder = folder.is_some_and(|folder| !of_windows(&folder));
        let files = self.values.value(&keys::SSL_CA_FILE);
        if files.iter().any(|name| looks_like_pattern(name)) && !folder {
            self.add(
                "SSL_CA_FILE is a pattern of file names, and SSL_CA_PATH names no folder of this host: it has \
                 no effect. Put the CA at certs/ca.pem and set SSL_CA_FILE to certs/ca.pem, or name the folder.",
            );
        }
        if folder {
            self.add(
                "The roots of SSL_CA_PATH count beside those of this host, where the legacy connector trusted \
                 them alone; and for the tenant and the hub as well as for the directory, as there.",
            );
        }
        let file = |path: &String| !of_windows(path) && !looks_like_pattern(path);
        let roots = files.iter().any(file) || folder;
        let encrypted =
            urls.iter().any(|url| scheme(url) == "ldaps") || self.on(&keys::LDAP_STARTTLS);
        if encrypted && !roots {
            self.add(
                "Windows trusted the CA of its own domain; this host does not. Unless it has that CA \
                 already, export it (certutil -ca.cert ca.cer on the CA; openssl x509 -in ca.cer -out \
                 ca.pem), put it at certs/ca.pem and set SSL_CA_FILE to certs/ca.pem.",
            );
        }
    }

    fn mapper(&mut self) {
        let Some(file) = self.values.value(&keys::PROFILE_MAPPER_FILE) else {
            return;
        };
        if self.given(&keys::PROFILE_MAPPER) || !self.given(&keys::PROFILE_MAPPER_FILE) {
            return;
        }
        // Counted from `lib/`, with or without its ending.
        let name = file.trim_start_matches("./").trim_start_matches("lib/");
        let usual = home::MAPPER.trim_start_matches("lib/");
        let is_usual = name == usual || usual.strip_suffix(".js") == Some(name);
        let is_there = |end: &str| self.installation.has(&format!("lib/{name}{end}"));
        if !is_usual && !is_there("") && !is_there(".js") {
            self.add(
                "PROFILE_MAPPER_FILE names a file that is not in what was given (the legacy connector counts it from \
                 lib/): copy it to lib/profileMapper.js and take the key out.",
            );
        }
    }
}

/// `C:\…`, or a share.
pub(super) fn of_windows(path: &str) -> bool {
    let bytes = path.trim().as_bytes();
    let drive = bytes.len() > 2
        && bytes[0].is_ascii_alphabetic()
        && bytes[1] == b':'
        && matches!(bytes[2], b'\\' | b'/');
    drive || bytes.starts_with(b"\\\\")
}
