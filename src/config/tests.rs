//! What an administrator may write, and what is said when it is wrong.

use std::{collections::BTreeMap, fs};

use tempfile::TempDir;

use super::*;
use crate::secret::ExposeSecret as _;

/// A home folder with the AD/LDAP Connector's keys alone, and what the test changes.
pub(super) struct Folder {
    pub dir: TempDir,
    pub environment: BTreeMap<String, String>,
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

    pub fn mistakes(&self) -> Vec<String> {
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

pub(super) fn changed(key: &str, value: serde_json::Value) -> Folder {
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
    assert_eq!(config.directory.groups.properties, ["cn", "dn"]);
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
    for (key, value) in [
        ("LDAP_URL", "ldaps://svc:t0psecret@dc1.corp.example"),
        ("urn:auth0:corp", "ftp://svc:t0psecret@acme.example"),
    ] {
        let invalid = changed(key, value.into()).load().expect_err("wrong");
        assert!(
            !format!("{invalid} {invalid:?}").contains("t0psecret"),
            "{invalid}"
        );
    }
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
fn what_counts_for_want_of_a_value_is_that_of_the_declaration() {
    let config = changed("CONNECTION", "corp".into())
        .with("HTTP_PROXY", "http://proxy:3128")
        .with("INSTANCE_NAME", "")
        .config();
    assert_eq!(config.instance.site, "corp");
    assert_eq!(config.directory.groups.base, config.directory.base);
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
    fs::create_dir_all(at("certs/crl/..data")).expect("a folder");
    fs::create_dir_all(at("certs/crl/old")).expect("a folder");
    assert_eq!(
        lists(&folder),
        [at("certs/crl/a.pem"), at("certs/crl/b.txt")]
    );
    let (a, c, d) = (at("certs/crl/a.pem"), at("certs/more/c.crl"), at("d.pem"));
    let folder = folder.with(
        "CLIENT_CRL_FILES",
        "certs/more/*.crl, d.pem, certs/crl/*.pem",
    );
    assert_eq!(lists(&folder), [c, d, a]);
}
