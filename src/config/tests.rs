//! What an administrator may write, and what is said when it is wrong.

use std::{collections::BTreeMap, fs, time::Duration};

use tempfile::TempDir;

use super::*;
use crate::secret::ExposeSecret as _;

/// A home folder with the AD/LDAP Connector's keys alone, and what the test changes.
pub(super) struct Folder {
    pub dir: TempDir,
    environment: BTreeMap<String, String>,
}

impl Folder {
    pub fn new(config: &serde_json::Value) -> Self {
        let dir = TempDir::new().expect("a folder");
        fs::create_dir_all(dir.path().join("certs")).expect("a folder");
        fs::write(dir.path().join("config.json"), config.to_string()).expect("written");
        for file in ["certs/tls.pem", "certs/tls.key", "certs/krb5.keytab"] {
            fs::write(dir.path().join(file), "read later").expect("written");
        }
        Self {
            dir,
            environment: BTreeMap::new(),
        }
    }

    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.environment.insert(key.to_owned(), value.to_owned());
        self
    }

    pub fn load(&self) -> Result<Loaded, Invalid> {
        Config::load(Home::new(self.dir.path()), &self.environment)
    }

    pub fn config(&self) -> Config {
        self.load().expect("a good configuration").config
    }

    fn mistakes(&self) -> Vec<String> {
        let invalid = self.load().expect_err("a bad configuration");
        invalid.mistakes.iter().map(ToString::to_string).collect()
    }
}

pub(super) fn legacy() -> serde_json::Value {
    serde_json::json!({
        "LDAP_URL": "ldaps://dc1.corp.example",
        "LDAP_BASE": "DC=corp,DC=example",
        "LDAP_BIND_USER": "CN=svc,DC=corp,DC=example",
        "LDAP_BIND_PASSWORD": " secret with spaces ",
        "PORT": "4001",
        "SERVER_URL": "https://login.corp.example/",
        "REALM": "urn:auth0:corp",
        "urn:auth0:corp": "https://corp.auth0.com/login/callback, https://corp.eu.auth0.com/login/callback",
        "WSFED_ISSUER": "corp.example",
        "KERBEROS_AUTH": true,
    })
}

fn changed(key: &str, value: serde_json::Value) -> Folder {
    let mut config = legacy();
    config[key] = value;
    Folder::new(&config)
}

#[test]
fn the_legacy_connectors_keys_alone_are_enough() {
    let config = Folder::new(&legacy()).config();
    let direct = config.direct.expect("direct logins");
    assert_eq!(direct.listen.port, 4001);
    assert!(
        direct
            .kerberos
            .expect("kerberos")
            .keytab
            .ends_with("certs/krb5.keytab")
    );
    assert_eq!(
        config.directory.servers,
        ServersConfig::Fixed(vec![ServerUrl {
            scheme: Scheme::Ldaps,
            host: "dc1.corp.example".to_owned(),
            port: 636
        }])
    );
    assert_eq!(
        config.federation.server_url.as_str(),
        "https://login.corp.example/"
    );
    let callbacks = &config.federation.relying_parties.callbacks["urn:auth0:corp"];
    assert_eq!(callbacks.len(), 2);
    let ServiceAccount::Simple { password, .. } = config.directory.service else {
        panic!("a service account");
    };
    assert_eq!(password.expose_secret(), " secret with spaces ");
    assert!(config.tunnel.is_none());
}

#[test]
fn the_environment_wins_over_the_file() {
    let config = Folder::new(&legacy())
        .with("PORT", "4002")
        .with("KERBEROS_AUTH", "false")
        .with("GROUP_PROPERTIES", r#"["cn","dn"]"#)
        .config();
    let direct = config.direct.expect("direct logins");
    assert_eq!(direct.listen.port, 4002);
    assert!(direct.kerberos.is_none(), "the text false is false");
    assert_eq!(
        config.directory.groups.expect("groups").properties,
        ["cn", "dn"]
    );
}

#[test]
fn every_mistake_is_reported_at_once_with_key_and_remedy() {
    let mut config = legacy();
    config["PORT"] = "none".into();
    config["LDAP_URL"] = "dc1".into();
    config["LDAP_BASE"] = serde_json::Value::Null;
    config["KERBEROS_AUTH"] = "perhaps".into();
    config["LDAP_USER_BY_NAME"] = "(uid=alice)".into();
    config["SERVER_URL"] = "login.corp.example".into();
    config["KERBEROS_DEBUG_USER"] = "admin".into();
    let mistakes = Folder::new(&config).mistakes();
    for expected in [
        r#"PORT = "none": is not a whole number in range. Write a number from 0 to 65535"#,
        r#"LDAP_URL = "dc1": "dc1" is not the address of a directory. Write ldaps://"#,
        "LDAP_BASE: is missing. Write the DN",
        r#"KERBEROS_AUTH = "perhaps": is neither true nor false. Write true or false"#,
        r#"LDAP_USER_BY_NAME = "(uid=alice)": has no {0}"#,
        r#"SERVER_URL = "login.corp.example": is not a web address"#,
        r#"KERBEROS_DEBUG_USER = "admin": would sign in anyone"#,
    ] {
        assert!(
            mistakes.iter().any(|m| m.starts_with(expected)),
            "{expected}\n{mistakes:#?}"
        );
    }
    assert_eq!(mistakes.len(), 7, "{mistakes:#?}");
}

#[test]
fn a_secret_is_never_shown() {
    let folder = changed("SSL_PFX", "t0psecret!".into());
    fs::remove_file(folder.dir.path().join("certs/tls.pem")).expect("removed");
    let invalid = folder.load().expect_err("not base64");
    assert!(
        !format!("{invalid} {invalid:?}").contains("t0psecret"),
        "{invalid}"
    );
    let loaded = Folder::new(&legacy()).load().expect("good");
    assert!(!format!("{loaded:?}").contains("secret with"), "{loaded:?}");
}

#[test]
fn unknown_keys_are_warned_about_with_the_nearest_known_one() {
    let loaded = changed("LDAP_SERCH_GROUPS", "x".into())
        .load()
        .expect("good");
    let texts: Vec<_> = loaded.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        ["LDAP_SERCH_GROUPS: unknown key, without effect; did you mean LDAP_SEARCH_GROUPS?"]
    );
}

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
fn what_the_tenant_said_lies_over_the_file_and_under_the_environment() {
    let folder = changed("CONNECTION", "of-the-file".into());
    let learned = serde_json::json!({"CONNECTION": "learned", "REALM": null});
    let learned = learned.as_object().expect("an object");
    let load = |environment| {
        let home = crate::config::Home::new(folder.dir.path());
        Config::load_with(home, &environment, learned)
            .expect("good")
            .config
            .instance
            .site
    };
    assert_eq!(load(std::collections::BTreeMap::new()), "learned");
    let environment = [("CONNECTION".to_owned(), "environment".to_owned())];
    assert_eq!(load(environment.into()), "environment");
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
    let bad = changed("LDAP_URL", "srv:".into()).mistakes();
    assert!(bad[0].starts_with("LDAP_URL"), "{bad:?}");
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
fn a_secret_may_come_from_a_file() {
    let mut config = legacy();
    config["LDAP_BIND_PASSWORD"] = serde_json::Value::Null;
    let folder = Folder::new(&config).with("LDAP_BIND_PASSWORD_FILE", "certs/password");
    fs::write(folder.dir.path().join("certs/password"), "from a file\n").expect("written");
    let ServiceAccount::Simple { password, .. } = folder.config().directory.service else {
        panic!("a service account");
    };
    assert_eq!(password.expose_secret(), "from a file");
    fs::remove_file(folder.dir.path().join("certs/password")).expect("removed");
    assert!(
        folder.mistakes()[0].starts_with("LDAP_BIND_PASSWORD_FILE"),
        "{:?}",
        folder.mistakes()
    );
}

#[test]
fn override_config_false_reads_no_file() {
    let folder = Folder::new(&legacy()).with("OVERRIDE_CONFIG", "false");
    let mistakes = folder.mistakes();
    assert!(
        mistakes
            .iter()
            .any(|m| m.starts_with("LDAP_URL: is missing")),
        "{mistakes:?}"
    );
    assert!(
        mistakes
            .iter()
            .any(|m| m.starts_with("AUTH_CERT: is missing")),
        "{mistakes:?}"
    );
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
fn every_key_that_has_an_effect_is_read_once() {
    let folder = changed("AD_HUB", "https://acme.auth0.com/lo/hub".into());
    let home = Home::new(folder.dir.path());
    let (mut mistakes, mut warnings) = (Vec::new(), Vec::new());
    let environment = BTreeMap::new();
    let file = FileKeys::read(&home, &environment, &mut mistakes);
    let learned = serde_json::Map::new();
    let source = source::Source::read(
        &home,
        &environment,
        &file,
        &learned,
        &mut mistakes,
        &mut warnings,
    );
    let values = Effective::new(source, &home, &environment);
    let mut reader = reader::Reader::new(values, mistakes, warnings);
    load::read(home, true, &mut reader);
    let mut read = reader.read;
    read.sort_unstable();
    let mut declared: Vec<_> = keys::all()
        .filter(|key| !key.is_unused() && !key.scope().environment)
        .map(Declared::name)
        .collect();
    declared.sort_unstable();
    assert_eq!(read, declared);
}

#[test]
fn what_counts_for_want_of_a_value_is_that_of_the_declaration() {
    let config = changed("CONNECTION", "corp".into())
        .with("HTTP_PROXY", "http://proxy:3128")
        .with("INSTANCE_NAME", "")
        .config();
    assert_eq!(config.instance.site, "corp");
    assert_eq!(
        config.directory.groups.expect("groups").base,
        config.directory.base
    );
    assert!(config.proxy.https.is_some());
    assert!(
        config.instance.name.ends_with(":4001"),
        "{}",
        config.instance.name
    );
    // The same where no file of the home folder is read.
    let bare = Folder::new(&legacy())
        .with("OVERRIDE_CONFIG", "false")
        .with("CLIENT_CERT_AUTH", "true");
    fs::write(bare.dir.path().join("certs/client-ca.pem"), "").expect("written");
    let mistakes = bare.mistakes();
    assert!(
        mistakes
            .iter()
            .any(|m| m.starts_with("CLIENT_CA_FILE: is missing")),
        "{mistakes:?}"
    );
}

#[test]
fn a_star_stands_for_all_revocation_lists_of_a_folder() {
    let folder = changed("CLIENT_CERT_AUTH", true.into()).with("CA_CERT", "x");
    let lists = |folder: &Folder| {
        let direct = folder.config().direct.expect("direct logins");
        direct
            .client_cert
            .expect("a section")
            .revocation
            .files
            .paths()
    };
    assert!(lists(&folder).is_empty(), "there is no such folder");
    for (subfolder, name) in [
        ("certs/crl", "a.pem"),
        ("certs/crl", "b.txt"),
        ("certs/more", "c.crl"),
    ] {
        let path = folder.dir.path().join(subfolder);
        fs::create_dir_all(&path).expect("a folder");
        fs::write(path.join(name), "").expect("written");
    }
    let at = |name: &str| folder.dir.path().join(name);
    assert_eq!(lists(&folder), [at("certs/crl/a.pem")]);
    let (a, c, d) = (at("certs/crl/a.pem"), at("certs/more/c.crl"), at("d.pem"));
    let folder = folder.with(
        "CLIENT_CRL_FILES",
        "certs/more/*.crl, d.pem, certs/crl/*.pem",
    );
    assert_eq!(lists(&folder), [c, d, a]);
}
