//! What a reload leaves as it was.

use std::{fs, time::Duration};

use super::{
    super::{
        key::Declared,
        keys,
        shape::{Form, Format},
        tests::{Folder, legacy},
    },
    *,
};

/// Another value of a key than its default, or that of these tests.
fn another(key: &dyn Declared) -> serde_json::Value {
    let shape = key.shape();
    let default = shape.default.unwrap_or_default();
    match shape.form {
        Form::Number { floor, most, .. } => {
            let default = default.as_u64().expect("a number");
            if default + 7 <= most {
                default + 7
            } else {
                floor
            }
            .into()
        }
        Form::Choice { words, .. } => {
            let mut others = words.iter().filter(|word| default != **word);
            (*others.next().expect("two words")).into()
        }
        Form::Address { port: true, .. } => "127.0.0.9:9".into(),
        Form::Address { port: false, .. } => "127.0.0.9".into(),
        Form::List(Format::Network) => vec!["127.0.0.9"].into(),
        form => panic!("{}: which value has a {form:?}?", key.name()),
    }
}

#[test]
fn what_is_declared_so_waits_for_a_restart() {
    let mut old = legacy();
    old["TRUSTED_PROXIES"] = "10.0.0.1".into();
    let old = Folder::new(&old).config();
    for key in keys::all().filter(|key| key.scope().restart) {
        assert!(!key.is_secret(), "{}", key.name());
        let mut changes = legacy();
        changes["TRUSTED_PROXIES"] = "10.0.0.1".into();
        changes["SITE_NAME"] = "Acme".into();
        changes["DRAIN_SECONDS"] = 1.into();
        changes[key.name()] = another(key);
        let folder = Folder::new(&changes);
        let loaded = folder.load().expect("good");
        let given = loaded.config.fixed.clone();
        let (new, kept) = loaded.keep_fixed(&old).expect("a configuration");
        assert_eq!(kept, [key.name()]);
        assert_ne!(given, old.fixed);
        assert_eq!(new.config.fixed, old.fixed);
        let fixed = |config: &Config| {
            let direct = config.direct.as_ref().expect("direct logins");
            (
                config.ops_listen,
                config.admin_listen,
                config.log_format,
                direct.listen.clone(),
                direct.tls.is_some(),
            )
        };
        assert_eq!(fixed(&new.config), fixed(&old), "{}", key.name());
        assert_eq!(new.config.drain, Duration::from_secs(1));
        assert_eq!(new.config.instance.site, "Acme");
    }
}

#[test]
fn what_only_a_restart_changes_is_checked_all_the_same() {
    let mut changes = legacy();
    changes["PROXY_PROTOCOL"] = "v2".into();
    let invalid = Folder::new(&changes).load().expect_err("nobody is trusted");
    assert!(invalid.to_string().contains("PROXY_PROTOCOL"), "{invalid}");
    // What is new may depend on it.
    changes["TRUSTED_PROXIES"] = "10.0.0.1".into();
    changes["WITH_KERBEROS_PROXY_FRONTEND"] = true.into();
    changes["PROXY_PROTOCOL"] = "off".into();
    let old = Folder::new(&legacy()).config();
    let folder = Folder::new(&changes);
    let loaded = folder.load().expect("good");
    let invalid = loaded
        .keep_fixed(&old)
        .expect_err("no proxy is trusted yet");
    assert!(
        invalid.to_string().contains("WITH_KERBEROS_PROXY_FRONTEND"),
        "{invalid}"
    );
    let folder = Folder::new(&legacy());
    fs::remove_file(folder.dir.path().join("certs/tls.pem")).expect("removed");
    let without = folder.with("KERBEROS_AUTH", "false").config();
    assert_eq!(without.can_follow(&old), Err(NeedsRestart));
}
