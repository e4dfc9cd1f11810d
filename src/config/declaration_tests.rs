//! What is declared of a key, and what is done with it, are the same.

use std::{collections::BTreeMap, time::Duration};

use super::{
    restart::NeedsRestart,
    tests::{Folder, changed, legacy},
    *,
};

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
    let mut reader = reader::Reader::new(source, mistakes, warnings);
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
fn what_waits_for_a_restart_is_declared_so() {
    let old = Folder::new(&legacy()).config();
    let mut changes = legacy();
    for (key, value) in [
        ("OPS_LISTEN", "127.0.0.1:1"),
        ("ADMIN_LISTEN", "off"),
        ("LOG_FORMAT", "json"),
        ("LISTEN_ADDRESS", "127.0.0.1"),
        ("PORT", "1"),
        ("PROXY_PROTOCOL", "v2"),
        ("TRUSTED_PROXIES", "127.0.0.1"),
        ("MAX_CONNECTIONS", "7"),
        ("MAX_HEADER_SIZE", "70000"),
        ("DRAIN_SECONDS", "1"),
        ("SITE_NAME", "Acme"),
    ] {
        changes[key] = value.into();
    }
    let mut new = Folder::new(&changes).config();
    let mut kept = new.keep_fixed(&old).expect("a configuration");
    // It cannot be kept by itself.
    kept.push(keys::TLS_TERMINATION.name);
    kept.sort_unstable();
    let mut declared: Vec<_> = keys::all()
        .filter(|key| key.scope().restart)
        .map(Declared::name)
        .collect();
    declared.sort_unstable();
    assert_eq!(kept, declared);
    assert_eq!(new.ops_listen, old.ops_listen);
    assert_eq!(new.drain, Duration::from_secs(1));
    changes["TLS_TERMINATION"] = "proxy".into();
    let mut new = Folder::new(&changes).config();
    assert_eq!(new.keep_fixed(&old), Err(NeedsRestart::TlsTermination));
}

#[test]
fn the_tenant_gives_its_own_keys_only() {
    let said = keys::all().filter(|key| key.scope().tenant);
    let said: Vec<_> = said.map(Declared::name).collect();
    assert_eq!(
        said,
        [
            "KERBEROS_AUTH",
            "CLIENT_CERT_AUTH",
            "REALM",
            "WSFED_ISSUER",
            "CONNECTION",
            "AD_HUB",
            "TENANT_SIGNING_KEY"
        ]
    );
}
