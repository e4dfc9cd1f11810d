//! The files that a configuration names, as far as it needs them.

use std::path::PathBuf;

use serde_json::Map;

use crate::config::{Declared, Settings, TlsTermination, keys, looks_like_pattern};

/// Each with the key that names it; what has its place in the home folder without one.
pub(super) fn named_files(settings: &Settings) -> Vec<(String, PathBuf)> {
    let home = settings.home();
    let values = settings.effective(&Map::new());
    let mut files = Vec::new();
    if settings.uses_files() {
        let own = [
            home.config_json(),
            home.path("certs"),
            home.signing_key(),
            home.signing_certificate(),
        ];
        // What is not there is not denied.
        files.extend(own.map(|path| (String::new(), path)));
    }
    let ends_tls = values.value(&keys::TLS_TERMINATION) == TlsTermination::Here;
    let certificates = values.value(&keys::CLIENT_CERT_AUTH);
    let one = [
        (&keys::TLS_CERT_FILE, ends_tls),
        (&keys::TLS_KEY_FILE, ends_tls),
        (&keys::CLIENT_CA_FILE, certificates),
        (&keys::KERBEROS_KEYTAB, values.value(&keys::KERBEROS_AUTH)),
        (&keys::PROFILE_MAPPER_FILE, true),
        (&keys::SITE_LOGO, true),
    ];
    for (key, is_needed) in one {
        let given = values.value(key);
        let usual = settings.uses_files().then(|| key.kind.usual.to_owned());
        let usual = usual.filter(|file| !file.is_empty());
        if is_needed && let Some(file) = given.or(usual) {
            files.push((key.name.to_owned(), home.path(file)));
        }
    }
    let mut several = vec![(
        &keys::CHANNEL_BINDING_CERT_FILES as &dyn Declared,
        values.value(&keys::CHANNEL_BINDING_CERT_FILES),
    )];
    if certificates {
        several.push((
            &keys::CLIENT_CRL_FILES,
            values.value(&keys::CLIENT_CRL_FILES),
        ));
    }
    several.push((&keys::SSL_CA_FILE, values.value(&keys::SSL_CA_FILE)));
    for (key, names) in several {
        let paths = names.into_iter().filter(|name| !looks_like_pattern(name));
        files.extend(paths.map(|name| (key.name().to_owned(), home.path(name))));
    }
    if let Some(folder) = values.value(&keys::SSL_CA_PATH) {
        files.push((keys::SSL_CA_PATH.name.to_owned(), home.path(folder)));
    }
    for key in keys::all() {
        if let Some(variant) = key.file_variant()
            && let Some(file) = values
                .text(&variant)
                .or_else(|| settings.variable(&variant).map(str::to_owned))
        {
            files.push((variant, home.path(file)));
        }
    }
    files
}
