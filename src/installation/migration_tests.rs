//! What the report says, and when.

use serde_json::json;

use super::*;
use crate::installation::archive::tests::archive_with;

fn said(config: &Value) -> String {
    let text = config.to_string();
    report(&archive_with(&[("config.json", text.as_bytes())])).expect("a report")
}

/// Each text is in the report of the first configuration and not in that of the second.
#[test]
fn each_difference_is_said_where_it_matters() {
    let tls = |more: Value| {
        let mut all = json!({"SSL_PFX": "x", "SERVER_URL": "https://login.corp.example"});
        for (key, value) in more.as_object().expect("keys") {
            all[key] = value.clone();
        }
        all
    };
    let cases = [
        (
            "am:password",
            tls(json!({"KERBEROS_AUTH": true})),
            tls(json!({})),
        ),
        (
            "am:password",
            tls(json!({"CLIENT_CERT_AUTH": "yes"})),
            tls(json!({"CLIENT_CERT_AUTH": 1, "TOKEN_LEGACY_METHOD": 1})),
        ),
        (
            "am:password",
            tls(json!({"KERBEROS_AUTH": 1})),
            tls(json!({"KERBEROS_AUTH": 1, "TOKEN_INCUMBENT_METHOD": 1})),
        ),
        ("direct logins are off", json!({}), tls(json!({}))),
        (
            "SERVER_URL is plain http",
            json!({"SERVER_URL": "http://a"}),
            tls(json!({})),
        ),
        (
            "needs a keytab",
            json!({"KERBEROS_AUTH": "1"}),
            json!({"KERBEROS_AUTH": "no"}),
        ),
        (
            "users of trusted domains",
            json!({"KERBEROS_AUTH": 1}),
            json!({"KERBEROS_AUTH": 1, "KERBEROS_REALMS": "A,B"}),
        ),
        (
            "refused by Kerberos and by certificate too",
            json!({"KERBEROS_AUTH": true}),
            json!({}),
        ),
        (
            "the account whose SID the ticket has",
            json!({"KERBEROS_AUTH": 1}),
            json!({"WITH_KERBEROS_PROXY_FRONTEND": 1, "LDAP_USER_BY_NAME": "(mail={0})"}),
        ),
        (
            "KERBEROS_REQUIRE_PAC",
            json!({"KERBEROS_AUTH": 1}),
            json!({}),
        ),
        (
            "by the sAMAccountName",
            json!({"WITH_KERBEROS_PROXY_FRONTEND": 1, "LDAP_USER_BY_NAME": "mail={0}"}),
            json!({"KERBEROS_AUTH": 1, "LDAP_USER_BY_NAME": "mail={0}"}),
        ),
        (
            "by the sAMAccountName",
            json!({"WITH_KERBEROS_PROXY_FRONTEND": 1, "LDAP_USER_BY_NAME": "(|(sAMAccountName={0})(mail={0}))"}),
            json!({"WITH_KERBEROS_PROXY_FRONTEND": 1, "LDAP_USER_BY_NAME": "(&(a=b)(samaccountname={0}))"}),
        ),
        (
            "there is no tunnel to the hub here",
            json!({"AD_HUB": "https://a/lo/hub", "AGENT_MODE": false}),
            json!({"AD_HUB": "https://a/lo/hub"}),
        ),
        (
            "legacy connector took for 10000",
            json!({"WS_RECONNECT_INTERVAL_MS": 0}),
            json!({"WS_RECONNECT_INTERVAL_MS": 10}),
        ),
        (
            "MAX_HEADER_SIZE 0 counts as 65536",
            json!({"MAX_HEADER_SIZE": 0}),
            json!({"MAX_HEADER_SIZE": 70_000}),
        ),
        (
            "ALLOW_PASSWORD_EXPIRED counts at the form too",
            json!({"ALLOW_PASSWORD_EXPIRED": true}),
            json!({"ALLOW_PASSWORD_CHANGE_REQUIRED": true}),
        ),
        (
            "means several users is refused",
            json!({"LDAP_USER_BY_NAME": "(mail={0})"}),
            json!({}),
        ),
        (
            "searched it under LDAP_BASE",
            json!({"LDAP_BASE": "DC=a", "LDAP_BASE_GROUPS": "OU=g,DC=a"}),
            json!({"LDAP_BASE": "DC=a", "LDAP_BASE_GROUPS": "dc=a"}),
        ),
        (
            "did not ask the directory for it",
            json!({"GROUP_PROPERTY": "displayName"}),
            json!({"GROUP_PROPERTY": "dn"}),
        ),
        (
            "did not ask the directory for it",
            json!({"GROUP_PROPERTY": "displayName"}),
            json!({"GROUP_PROPERTY": "displayName", "GROUP_PROPERTIES": ["cn"]}),
        ),
        (
            "no name of a relying party here",
            json!({"portal": "https://portal.corp.example/cb"}),
            json!({"REALM": "portal", "portal": "https://portal.corp.example/cb"}),
        ),
        (
            "needs TLS_TERMINATION proxy",
            json!({"WITH_KERBEROS_PROXY_FRONTEND": true}),
            json!({"WITH_KERBEROS_PROXY_FRONTEND": true, "TLS_TERMINATION": "proxy"}),
        ),
        (
            "only from TRUSTED_PROXIES",
            json!({"WITH_KERBEROS_PROXY_FRONTEND": true}),
            json!({"WITH_KERBEROS_PROXY_FRONTEND": true, "TRUSTED_PROXIES": ["10.0.0.1"]}),
        ),
        (
            "X-Forwarded-User",
            json!({"SERVER_URL": "https://login.corp.example"}),
            tls(json!({})),
        ),
        (
            "Windows trusted the CA",
            json!({"LDAP_URL": "ldaps://dc1"}),
            json!({"LDAP_URL": "ldaps://dc1", "SSL_CA_FILE": "certs/ca.pem"}),
        ),
        (
            "LDAP_URL is not encrypted",
            json!({"LDAP_URL": ["ldaps://dc1", "ldap://dc2"]}),
            json!({"LDAP_URL": "ldap://dc2", "LDAP_STARTTLS": "on"}),
        ),
        (
            "new passwords over TLS only",
            json!({"LDAP_URL": "ldap://a", "ENABLE_WRITE_BACK": true,
                "ENABLE_ACTIVE_DIRECTORY_UNICODE_PASSWORD": true}),
            json!({"LDAP_URL": "ldaps://a", "ENABLE_WRITE_BACK": true,
                "ENABLE_ACTIVE_DIRECTORY_UNICODE_PASSWORD": true}),
        ),
        (
            "SSL_CA_FILE is a pattern of file names",
            json!({"SSL_CA_FILE": ".+.(pem|crt|cer)$", "SSL_CA_PATH": false}),
            json!({"SSL_CA_FILE": ".+.(pem|crt|cer)$", "SSL_CA_PATH": "/etc/roots"}),
        ),
        (
            "Windows trusted the CA",
            json!({"LDAP_URL": "ldaps://dc1", "SSL_CA_FILE": "^corp", "SSL_CA_PATH": "false"}),
            json!({"LDAP_URL": "ldaps://dc1", "SSL_CA_FILE": "^corp", "SSL_CA_PATH": "roots"}),
        ),
        (
            "SSL_CA_PATH count beside those of this host",
            json!({"SSL_CA_PATH": "/etc/roots"}),
            json!({"SSL_CA_PATH": false}),
        ),
        (
            "GROUPS_CACHE_SECONDS is 0",
            json!({"GROUPS_CACHE_SECONDS": "0"}),
            json!({"GROUPS_CACHE_SECONDS": 60}),
        ),
        (
            "whose groups cannot be had is refused",
            json!({}),
            json!({"GROUPS_REQUIRED": false}),
        ),
        (
            "the word true without quotes",
            json!({"AUTO_UNLOCK_ON_PASSWORD_CHANGE": "true"}),
            json!({"AUTO_UNLOCK_ON_PASSWORD_CHANGE": true}),
        ),
        (
            "GROUPS is 0",
            json!({"GROUPS": 0}),
            json!({"GROUPS": false}),
        ),
        (
            "counts it from lib/",
            json!({"PROFILE_MAPPER_FILE": "./own"}),
            json!({"PROFILE_MAPPER_FILE": "./profileMapper"}),
        ),
        (
            "Windows server in SSL_CA_FILE",
            json!({"SSL_CA_FILE": ["certs/ca.pem", "C:\\certs\\ca.pem"]}),
            json!({"SSL_CA_FILE": "certs/ca.pem"}),
        ),
        (
            "CLIENT_CERT_BINDING stays compatible",
            json!({"CLIENT_CERT_AUTH": true}),
            json!({"CLIENT_CERT_AUTH": true, "CLIENT_CERT_BINDING": "strong"}),
        ),
        (
            "CLIENT_CERT_AUTH is on without CA_CERT",
            json!({"CLIENT_CERT_AUTH": true}),
            json!({"CLIENT_CERT_AUTH": true, "CA_CERT": "x"}),
        ),
        (
            "counts as 65536",
            json!({"MAX_HEADER_SIZE": "16384"}),
            json!({"MAX_HEADER_SIZE": 70000}),
        ),
        (
            "GROUPS is the text \"0\"",
            json!({"GROUPS": "0"}),
            json!({"GROUPS": 0}),
        ),
        (
            "ALLOW_PASSWORD_EXPIRED is the text \"false\"",
            json!({"ALLOW_PASSWORD_EXPIRED": "false"}),
            json!({"ALLOW_PASSWORD_EXPIRED": false}),
        ),
        (
            "one password check waits",
            json!({"LDAP_NUMBER_OF_PARALLEL_BINDS": 1}),
            json!({}),
        ),
        (
            "PROFILE_MAPPER_FILE names a file",
            json!({"PROFILE_MAPPER_FILE": "../mapper.js"}),
            json!({"PROFILE_MAPPER_FILE": "lib/profileMapper.js"}),
        ),
        (
            "remove it, nothing starts",
            json!({"KERBEROS_DEBUG_USER": "x"}),
            json!({}),
        ),
    ];
    for (text, with, without) in cases {
        let (with_said, without_said) = (said(&with), said(&without));
        assert!(
            with_said.contains(text),
            "no {text:?} for {with}: {with_said}"
        );
        assert!(
            !without_said.contains(text),
            "{text:?} for {without}: {without_said}"
        );
    }
}

#[test]
fn keys_are_sorted_by_what_becomes_of_them() {
    let text = said(&json!({
        "LDAP_URL": "ldaps://dc1", "LDAP_BIND_PASSWORD_FILE": "p", "LDAP_URL_FILE": "u",
        "SESSION_SECRET": "x", "urn:auth0:a": "https://a", "EVIL\u{1b}[31m\nTaken (99) X": 1,
    }));
    assert!(
        text.contains("Taken (3): LDAP_URL, LDAP_BIND_PASSWORD_FILE, urn:auth0:a\n"),
        "{text}"
    );
    assert!(
        text.contains("Kept, without effect here (1): SESSION_SECRET\n"),
        "{text}"
    );
    assert!(
        text.contains("Kept, unknown (2): LDAP_URL_FILE, EVIL[31mTaken (99) X\n"),
        "{text}"
    );
}

#[test]
fn an_archive_of_ours_is_not_compared() {
    let mut archive = archive_with(&[]);
    assert!(
        report(&archive)
            .expect("a report")
            .contains("What is different")
    );
    archive.ours = true;
    assert!(
        !report(&archive)
            .expect("a report")
            .contains("What is different")
    );
}
