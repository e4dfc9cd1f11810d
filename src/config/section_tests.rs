//! What each section makes of its keys.

use std::{fs, time::Duration};

use super::{
    tests::{Folder, changed, legacy},
    *,
};
use crate::secret::ExposeSecret as _;

#[test]
fn the_console_is_on_loopback_unless_told_otherwise() {
    let listen = |value: &str| {
        let folder = changed("ADMIN_LISTEN", value.into());
        folder.load().expect("good").config.admin_listen
    };
    assert_eq!(
        listen("").map(|at| at.to_string()).as_deref(),
        Some("127.0.0.1:8357")
    );
    assert_eq!(listen("off"), None);
    assert_eq!(listen("[::]:9000").map(|at| at.port()), Some(9000));
}

#[test]
fn servers_may_come_from_dns() {
    let srv = |nameservers: &str| {
        changed("LDAP_URL", "srv:corp.example".into()).with("LDAP_SRV_NAMESERVERS", nameservers)
    };
    let expected = |nameservers: &[&str]| ServersConfig::Srv {
        domain: "corp.example".to_owned(),
        nameservers: nameservers
            .iter()
            .map(|a| a.parse().expect("one"))
            .collect(),
    };
    assert_eq!(srv("").config().directory.servers, expected(&[]));
    assert_eq!(
        srv("192.0.2.1, [2001:db8::1]:5353")
            .config()
            .directory
            .servers,
        expected(&["192.0.2.1:53", "[2001:db8::1]:5353"])
    );
    let bad = srv("dns.corp.example").mistakes();
    assert!(bad[0].starts_with("LDAP_SRV_NAMESERVERS"), "{bad:?}");
    for domain in ["srv:", "srv:192.0.2.1", "srv:[::1]", "srv:*.corp.example"] {
        let bad = changed("LDAP_URL", domain.into()).mistakes();
        assert!(bad[0].starts_with("LDAP_URL"), "{bad:?}");
    }
}

#[test]
fn a_server_to_which_nothing_can_connect_is_none() {
    for url in [
        "ldaps://dc1.corp.example:0",
        "ldaps://*.corp.example",
        "ldaps://dc1.corp.example#x",
        "ldaps://dc%31",
    ] {
        let bad = changed("LDAP_URL", url.into()).mistakes();
        assert!(
            bad[0].contains("is not the address of a directory"),
            "{bad:?}"
        );
    }
    for url in [
        "ldaps://[2001:db8::1]:3269",
        "ldap://dc_1.corp.example./",
        "LDAPS://DC1",
    ] {
        let servers = changed("LDAP_URL", url.into()).config().directory.servers;
        assert!(matches!(servers, ServersConfig::Fixed(servers) if servers.len() == 1));
    }
}

#[test]
fn client_certificates_need_an_issuer() {
    let on = || changed("CLIENT_CERT_AUTH", true.into());
    let missing = on().mistakes();
    assert!(missing[0].starts_with("CLIENT_CA_FILE"), "{missing:?}");
    let config = on()
        .with("CA_CERT", "-----BEGIN CERTIFICATE-----")
        .with("CLIENT_CERT_MAP", "sid, dn")
        .with("CLIENT_CERT_HOSTS", "Cert.Corp.Example")
        .config();
    let section = config
        .direct
        .expect("direct logins")
        .client_cert
        .expect("a section");
    assert_eq!(section.map, [CertificateName::Sid, CertificateName::Dn]);
    assert_eq!(section.hosts, ["cert.corp.example"]);
    assert!(!section.revocation.required);
    let bad = on()
        .with("CA_CERT", "x")
        .with("CLIENT_CERT_MAP", "upn,shoe-size")
        .mistakes();
    assert!(
        bad[0].contains("shoe-size") && bad[0].contains("issuer-serial"),
        "{bad:?}"
    );
}

#[test]
fn tls_may_end_at_a_trusted_balancer_only() {
    let folder = changed("TLS_TERMINATION", "proxy".into());
    let bad = folder.mistakes();
    assert!(bad[0].starts_with("TLS_TERMINATION"), "{bad:?}");
    let direct = folder.with("TRUSTED_PROXIES", "10.0.0.1").config().direct;
    assert!(direct.expect("direct logins").tls.is_none());
}

#[test]
fn a_hub_makes_a_tunnel() {
    let folder = changed("AD_HUB", "https://acme.auth0.com/lo/hub".into());
    let missing = folder.mistakes();
    assert!(
        missing.iter().any(|m| m.starts_with("CONNECTION")),
        "{missing:?}"
    );
    assert!(
        missing.iter().any(|m| m.starts_with("TENANT_SIGNING_KEY")),
        "{missing:?}"
    );
    let folder = folder
        .with("CONNECTION", "corp")
        .with("TENANT_SIGNING_KEY", "secret")
        .with("WS_RECONNECT_INTERVAL_MS", "2500")
        .with("http_proxy", "http://u:p@proxy:3128");
    let tunnel = folder.config().tunnel.expect("a tunnel");
    assert_eq!(tunnel.hub.as_str(), "wss://acme.auth0.com/lo/hub");
    assert_eq!(
        (tunnel.connection.as_str(), tunnel.realm.as_str()),
        ("corp", "urn:auth0:corp")
    );
    assert_eq!(tunnel.reconnect, Duration::from_millis(2500));
    let proxy = tunnel.proxy.https.expect("that of HTTP_PROXY");
    assert_eq!(proxy.expose_secret(), "http://u:p@proxy:3128");
    assert!(folder.with("AGENT_MODE", "false").config().tunnel.is_none());
    let bad = changed("AD_HUB", "acme".into()).mistakes();
    assert!(bad[0].starts_with("AD_HUB"), "{bad:?}");
}

#[test]
fn the_mapper_of_the_home_folder_counts_unless_a_key_gives_another() {
    let folder = Folder::new(&legacy());
    assert_eq!(folder.config().accounts.mapper, None);
    fs::create_dir(folder.dir.path().join("lib")).expect("a folder");
    let file = folder.dir.path().join("lib/profileMapper.js");
    fs::write(&file, "").expect("written");
    assert_eq!(
        folder.config().accounts.mapper,
        Some(MapperSource::File(file))
    );
    let text = folder.with("PROFILE_MAPPER", "module.exports = x");
    let expected = MapperSource::Text("module.exports = x".to_owned());
    assert_eq!(text.config().accounts.mapper, Some(expected));
}

#[test]
fn a_request_cannot_name_a_key_as_its_realm() {
    let folder = changed("LDAP_BIND_PASSWORD", "https://evil.example/".into());
    let parties = folder.config().federation.relying_parties;
    assert!(parties.callback("LDAP_BIND_PASSWORD", None).is_none());
    assert!(parties.callback("SERVER_URL", None).is_none());
    assert_eq!(parties.callbacks.len(), 1);
}

#[test]
fn a_realm_without_colon_is_a_key_too() {
    let mut config = legacy();
    config["REALM"] = "acme".into();
    config["acme"] = "https://acme.auth0.com/cb".into();
    let parties = Folder::new(&config).config().federation.relying_parties;
    assert!(parties.callback("acme", None).is_some());
}

#[test]
fn a_proxy_header_is_trusted_only_with_a_list_of_proxies() {
    let mistakes = changed("PROXY_PROTOCOL", "v2".into()).mistakes();
    assert!(
        mistakes[0].contains("List the balancers' addresses"),
        "{mistakes:?}"
    );
    let good = changed("PROXY_PROTOCOL", "v2".into())
        .with("TRUSTED_PROXIES", "127.0.0.0/8, ::1")
        .config();
    let listen = good.direct.expect("direct logins").listen;
    assert!(listen.trusts("127.0.0.9".parse().expect("an address")));
    assert!(listen.trusts("::ffff:127.0.0.9".parse().expect("an address")));
    assert!(!listen.trusts("10.0.0.1".parse().expect("an address")));
}

#[test]
fn kerberos_needs_a_keytab_and_a_certificate() {
    let folder = Folder::new(&legacy());
    for file in ["certs/tls.pem", "certs/krb5.keytab"] {
        fs::remove_file(folder.dir.path().join(file)).expect("removed");
    }
    let mistakes = folder.mistakes();
    assert!(
        mistakes.iter().any(|m| m.starts_with("KERBEROS_KEYTAB = ")),
        "{mistakes:?}"
    );
    assert!(
        mistakes
            .iter()
            .any(|m| m.starts_with("TLS_CERT_FILE: is missing")),
        "{mistakes:?}"
    );
}

#[test]
fn what_follows_from_a_mistake_is_no_mistake_of_its_own() {
    for (key, value) in [
        ("LDAP_BASE", "corp.example"),
        ("TRUSTED_PROXIES", "balancer"),
    ] {
        let folder = changed("PROXY_PROTOCOL", "v2".into());
        let mistakes = folder
            .with("TRUSTED_PROXIES", "10.0.0.5")
            .with(key, value)
            .mistakes();
        assert_eq!(mistakes.len(), 1, "{mistakes:?}");
        assert!(mistakes[0].starts_with(key), "{mistakes:?}");
    }
    for key in ["WITH_KERBEROS_PROXY_FRONTEND", "TLS_TERMINATION"] {
        let value = if key == "TLS_TERMINATION" {
            "proxy"
        } else {
            "true"
        };
        let folder = changed(key, value.into());
        let mistakes = folder.with("TRUSTED_PROXIES", "balancer").mistakes();
        assert_eq!(mistakes.len(), 1, "{mistakes:?}");
    }
    for (key, missing) in [
        ("TLS_CERT_FILE", "TLS_KEY_FILE"),
        ("TLS_KEY_FILE", "TLS_CERT_FILE"),
    ] {
        let folder = changed("KERBEROS_AUTH", true.into());
        let mistakes = folder.with(key, "certs/other.pem").mistakes();
        assert_eq!(mistakes.len(), 1, "{mistakes:?}");
        assert!(mistakes[0].starts_with(missing), "{mistakes:?}");
    }
}

#[test]
fn a_mapped_range_of_proxies_is_one_of_ipv4() {
    let trusts = |range: &str, address: &str| {
        let config = changed("TRUSTED_PROXIES", range.into()).config();
        let listen = config.direct.expect("direct logins").listen;
        listen.trusts(address.parse().expect("an address"))
    };
    for address in ["10.0.0.1", "::ffff:10.0.0.1"] {
        assert!(trusts("::ffff:10.0.0.1", address));
        assert!(trusts("::ffff:10.0.0.0/104", address));
        assert!(!trusts("::ffff:10.0.0.2", address));
        assert!(!trusts("::/0", address));
    }
    assert!(trusts("::/0", "fd00::1"));
}

#[test]
fn the_address_of_the_site_has_nothing_behind_it() {
    for url in [
        "https://login.corp.example/?a=b",
        "https://login.corp.example#top",
        "https://user:word@login.corp.example",
    ] {
        let mistakes = changed("SERVER_URL", url.into()).mistakes();
        assert_eq!(mistakes.len(), 1, "{mistakes:?}");
        assert!(mistakes[0].contains("more than an address"), "{mistakes:?}");
        assert!(!mistakes[0].contains("word"), "{mistakes:?}");
    }
}
