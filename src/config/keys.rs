//! Every key: its name, default and meaning. The table in src/config/README.md is made from this list.

use std::fmt::Write as _;

/// A key of `config.json` and the environment.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    pub name: &'static str,
    /// The default as text; empty: none.
    pub default: &'static str,
    pub meaning: &'static str,
    /// Its value never appears in a log, a page or a message; `<KEY>_FILE` may name a file instead.
    pub secret: bool,
    /// Accepted because the incumbent writes it; without effect here.
    pub unused: bool,
}

const fn key(name: &'static str, default: &'static str, meaning: &'static str) -> Key {
    Key {
        name,
        default,
        meaning,
        secret: false,
        unused: false,
    }
}

const fn secret(name: &'static str, default: &'static str, meaning: &'static str) -> Key {
    Key {
        secret: true,
        ..key(name, default, meaning)
    }
}

const fn unused(name: &'static str, meaning: &'static str) -> Key {
    Key {
        unused: true,
        ..key(name, "", meaning)
    }
}

/// All keys, in the order in which the documentation shows them.
#[rustfmt::skip]
pub const KEYS: &[Key] = &[
    key("SERVER_URL", "`https://<hostname>:<PORT>`", "the address users open: the balancer's"),
    key("LISTEN_ADDRESS", "`::`", "address to listen on; `::` takes IPv4 too"),
    key("PORT", "4000", "port of the direct logins, `/healthz` and `/readyz`"),
    key("TLS_CERT_FILE", "`certs/tls.pem` when there", "certificate chain for SERVER_URL, PEM, leaf first; else SSL_PFX"),
    key("TLS_KEY_FILE", "`certs/tls.key` when there", "its key, PEM"),
    secret("SSL_PFX", "", "certificate and key for SERVER_URL: a PKCS#12 file in base64"),
    secret("SSL_KEY_PASSWORD", "", "password of SSL_PFX"),
    key("TLS_TERMINATION", "`here`", "`proxy`: plain HTTP on PORT, the balancers in TRUSTED_PROXIES end TLS"),
    key("PROXY_PROTOCOL", "`off`", "`v2`: every connection must open with a PROXY v2 header from TRUSTED_PROXIES"),
    key("TRUSTED_PROXIES", "[]", "addresses of the balancers, as CIDRs"),
    key("MAX_CONNECTIONS", "10000", "open connections; one more waits in the kernel's queue"),
    key("MAX_LOGINS", "1000", "logins under way at the same time; one more is told at once to come back in a few seconds (503)"),
    key("MAX_HEADER_SIZE", "65536", "the largest Kerberos token in bytes; smaller values count as 65536"),
    key("KERBEROS_AUTH", "false", "sign users in by Kerberos (SPNEGO)"),
    key("KERBEROS_KEYTAB", "`certs/krb5.keytab`", "keys of the service principal HTTP/<host of SERVER_URL>"),
    key("KERBEROS_REALMS", "the keytab's realms", "realms whose users may sign in"),
    key("CHANNEL_BINDING", "`accept`", "Kerberos tokens made for another TLS connection: `off` does not look, `accept` refuses them, `require` refuses those without a binding too"),
    key("CHANNEL_BINDING_CERT_FILES", "[]", "with TLS_TERMINATION `proxy`: the certificates that the balancers show, PEM, to which clients bind their tokens"),
    key("CLIENT_CERT_AUTH", "false", "sign users in by client certificate"),
    key("CLIENT_CA_FILE", "`certs/client-ca.pem` when there", "issuers of client certificates, PEM; else CA_CERT"),
    key("CA_CERT", "", "issuers of client certificates as PEM text, or a list of texts"),
    key("CLIENT_CRL_FILES", "`certs/crl/*.pem`", "revocation lists, PEM"),
    key("CLIENT_CRL_REQUIRED", "false", "refuse a certificate whose issuer has no revocation list, or only an expired one"),
    key("CLIENT_CERT_MAP", "`[\"upn\",\"sid\",\"cn\"]`", "how a certificate names its user, the first that it holds: `upn`, `sid`, `issuer-serial`, `ski`, `sha1`, `email`, `dn`, `cn`"),
    key("CLIENT_CERT_HEADER", "`X-SSL-Client-Cert`", "with TLS_TERMINATION `proxy`: the header with the client's certificate; the balancer must remove what clients send under this name"),
    key("CLIENT_CERT_HOSTS", "[] (every host)", "host names (SNI) for which a certificate is asked"),
    key("FORM_LOGIN", "true", "offer the password form when Kerberos is not possible"),
    key("FORM_ATTEMPTS_PER_MINUTE", "60", "wrong passwords from one client address at the form; 0: no limit"),
    key("FORM_FAILURES_PER_USER", "3", "wrong passwords of one user at the form, on each instance, before it is refused for a while: times the number of instances it shall stay below the domain's lockout threshold; 0: no limit"),
    key("FORM_FAILURES_SECONDS", "1860", "how long after the last of them those failures count: longer than the domain counts its own (`lockOutObservationWindow`)"),
    key("WITH_KERBEROS_PROXY_FRONTEND", "false", "take the user from X-Forwarded-User, only of a connection straight from TRUSTED_PROXIES"),
    key("REALM", "", "the relying party's name, for instance `urn:auth0:acme`; a key of that name lists its callback URLs"),
    key("WSFED_ISSUER", "`urn:auth0`", "issuer of the tokens"),
    key("TOKEN_LIFETIME_SECONDS", "28800", "how long a token is valid"),
    key("TOKEN_SKEW_SECONDS", "0", "how far NotBefore lies in the past, for relying parties whose clock is behind"),
    key("TOKEN_INCUMBENT_METHOD", "false", "say `am:password` in every token, whatever the login was"),
    secret("AUTH_CERT_KEY", "`certs/cert.key`", "signing key, PEM text"),
    key("AUTH_CERT", "`certs/cert.pem`", "signing certificate, PEM text"),
    key("LDAP_URL", "", "directory server, `ldaps://dc1.corp.example`, a list in order of preference, or `srv:corp.example` for those of the domain's SRV records (by LDAPS, or StartTLS with LDAP_STARTTLS)"),
    key("LDAP_SRV_NAMESERVERS", "the system's", "name servers for `srv:`, as `address` or `address:port`"),
    key("LDAP_STARTTLS", "false", "upgrade `ldap://` connections to TLS before the bind"),
    key("LDAP_BASE", "", "where users are searched, `DC=corp,DC=example`"),
    key("LDAP_BIND_USER", "", "the service account that searches: a DN or a user principal name"),
    secret("LDAP_BIND_PASSWORD", "", "its password"),
    secret("LDAP_BIND_CREDENTIALS", "", "its password, encrypted with the signing key"),
    key("ANONYMOUS_SEARCH_ENABLED", "false", "search without a service account"),
    key("LDAP_USER_BY_NAME", "`(sAMAccountName={0})`", "finds a user by login name"),
    key("LDAP_NUMBER_OF_PARALLEL_BINDS", "32", "password checks under way at the same time"),
    key("LDAP_TIMEOUT_SECONDS", "10", "limit of one connect, bind or search"),
    key("LDAP_HEARTBEAT_SECONDS", "60", "pause between two probes of the directory"),
    key("LDAP_HEARTBEAT_SEARCH_QUERY", "`(&(objectclass=user)(\\|(sAMAccountName=foo)(UserPrincipalName=foo)))`", "what a probe searches"),
    key("GROUPS", "true", "look up the user's groups"),
    key("LDAP_BASE_GROUPS", "LDAP_BASE", "where groups are searched"),
    key("LDAP_SEARCH_GROUPS", "`(member:1.2.840.113556.1.4.1941:={0})`", "finds the groups of a user's DN, nested ones too"),
    key("GROUP_PROPERTY", "`cn`", "attribute that names a group"),
    key("GROUP_PROPERTIES", "[]", "when given, each group is an object of these attributes"),
    key("GROUPS_TIMEOUT_SECONDS", "20", "limit of a group search; the login goes on without groups"),
    key("GROUPS_CACHE_SECONDS", "600", "how long a user's groups are remembered; 0: not at all"),
    key("GROUPS_DEREF_ALIASES", "0", "alias dereferencing in group searches: 0 never to 3 always"),
    key("SSL_CA_FILE", "", "PEM file of further roots for outgoing TLS; the system's count too"),
    key("SSL_CA_PATH", "", "folder of such files"),
    key("INSTANCE_NAME", "`<hostname>:<PORT>`", "this instance's name in audit lines"),
    key("INSTANCE_HEADER", "false", "name the instance in the response header `x-ad-edge-instance`"),
    key("OPS_LISTEN", "`127.0.0.1:9464`", "`/metrics`, `/healthz` and `/readyz`, plain HTTP"),
    key("ADMIN_LISTEN", "`127.0.0.1:8357`", "address of the console, plain HTTP; `off` to do without. Whoever is not root or ad-edge's own user on this machine needs a token, which the log shows"),
    key("DRAIN_SECONDS", "10", "how long `/readyz` answers 404 after SIGTERM before the listener closes"),
    key("SHUTDOWN_SECONDS", "30", "how long logins in flight may then take"),
    key("LOG_FORMAT", "`text` on a terminal, else `json`", "form of the log lines on standard error"),
    key("CONNECTION", "", "name of the tenant's connection"),
    key("SITE_NAME", "CONNECTION", "name shown on the sign-in page"),
    secret("PROVISIONING_TICKET", "", "the tenant's set-up address"),
    key("AD_HUB", "", "the tenant's hub, for the tunnel"),
    secret("TENANT_SIGNING_KEY", "", "key that signs the hub's requests"),
    key("AGENT_MODE", "true", "keep the tunnel"),
    key("WS_RECONNECT_INTERVAL_MS", "10000", "the longest pause before the tunnel connects again"),
    key("TUNNEL_MAX_REQUESTS", "256", "requests of the hub under way at the same time; one more waits in the connection"),
    secret("HTTP_PROXY", "", "proxy for the tunnel, `http://user:password@proxy.corp.example:3128`"),
    secret("HTTPS_PROXY", "HTTP_PROXY", "the same for a hub at https"),
    key("NO_PROXY", "", "hosts and domains that are reached without a proxy"),
    key("ALLOW_PASSWORD_EXPIRED", "false", "an expired password signs in"),
    key("ALLOW_PASSWORD_CHANGE_REQUIRED", "false", "a password that must be changed signs in"),
    key("ENABLE_WRITE_BACK", "false", "let the tenant change passwords"),
    key("ENABLE_ACTIVE_DIRECTORY_UNICODE_PASSWORD", "false", "change `unicodePwd`, as Active Directory needs it, else `userPassword`"),
    key("AUTO_UNLOCK_ON_PASSWORD_CHANGE", "false", "a password change ends a lockout"),
    key("LDAP_SEARCH_QUERY", "`(&(objectCategory=person)(anr={0}))`", "finds users by what the tenant's administrator types"),
    key("LDAP_SEARCH_ALL_QUERY", "`(objectCategory=person)`", "finds users when nothing is typed"),
    key("LDAP_SEARCH_LIST_GROUPS_QUERY", "`(objectCategory=group)`", "finds all groups"),
    key("LDAP_SEARCH_RESULTS_OMIT_GROUPS", "true", "users found by a search carry no groups"),
    key("PROFILE_MAPPER", "", "the profile mapper in JavaScript, as text"),
    key("PROFILE_MAPPER_FILE", "`lib/profileMapper.js` when there", "the profile mapper in JavaScript"),
    key("KERBEROS_DEBUG_USER", "", "refused: it would sign in anyone as that user"),
    key("OVERRIDE_CONFIG", "true", "`false` in the environment: read and write no file of the home folder"),
    unused("SESSION_SECRET", "the incumbent's; there is no session"),
    unused("AUTHENTICATION", "the incumbent's"),
    unused("CACHE_FILE", "the incumbent's; the cache is in memory"),
    unused("FIREWALL_RULE_CREATED", "the incumbent's, Windows only"),
    unused("SSL_OPENSSLDIR_PATTERN", "the incumbent's"),
    unused("CONNECTIONS_API_V2_KEY", "the incumbent's"),
    unused("LAST_SENT_THUMBPRINT", "the incumbent's; kept"),
];

/// The key of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// The known key that `name` is probably a misspelling of.
#[must_use]
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let upper = name.to_uppercase();
    KEYS.iter()
        .map(|key| (strsim::jaro_winkler(&upper, key.name), key.name))
        .filter(|(likeness, _)| *likeness > 0.9)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// The keys that have an effect, as a Markdown table.
#[must_use]
pub fn keys_table() -> String {
    let mut table = String::from("| key | default | meaning |\n| --- | --- | --- |\n");
    for key in KEYS.iter().filter(|key| !key.unused) {
        let note = if key.secret { " (secret)" } else { "" };
        // Writing to a String cannot fail.
        let _ = writeln!(
            table,
            "| `{}` | {} | {}{note} |",
            key.name, key.default, key.meaning
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_key_stands_once() {
        let names: BTreeSet<_> = KEYS.iter().map(|key| key.name).collect();
        assert_eq!(names.len(), KEYS.len());
    }

    #[test]
    fn a_misspelling_finds_its_key() {
        assert_eq!(nearest("LDAP_BASE_GROUP"), Some("LDAP_BASE_GROUPS"));
        assert_eq!(nearest("Kerberos_Keytab"), Some("KERBEROS_KEYTAB"));
        assert_eq!(nearest("FAVOURITE_COLOUR"), None);
    }
}
