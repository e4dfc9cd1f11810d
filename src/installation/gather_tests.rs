//! Installations of every version, as a zip and as a folder, with the names that Windows has for them.

use std::{collections::BTreeMap, fs, io::Cursor, io::Write as _, os::unix::fs::symlink};

use serde_json::{Value, json};
use zip::{ZipWriter, write::SimpleFileOptions};

use super::*;
use crate::{
    config::credentials_open,
    installation::{ExportLayout, Imported, archive::tests::now, report},
};

/// What version 7 of the AD/LDAP Connector writes.
fn newer_config() -> Value {
    json!({
        "PROVISIONING_TICKET": "https://acme.eu.example.com/p/ad/abcDEF12",
        "AD_HUB": "https://acme.eu.example.com/lo/hub", "LDAP_URL": "ldaps://127.0.87.194",
        "LDAP_BASE": "DC=corp,DC=example", "LDAP_BIND_USER": "svc-ldap@corp.example", "PORT": 4000,
        "CONNECTION": "corp", "REALM": "urn:auth0:acme", "SITE_NAME": "corp",
        "urn:auth0:acme": "https://acme.eu.example.com/login/callback", "KERBEROS_AUTH": false,
        "CLIENT_CERT_AUTH": false, "PROFILE_MAPPING_MEMORY_LIMIT_MB": 16, "PROFILE_MAPPING_TIMEOUT_MS": 10000,
    })
}

const NEWER_MAPPER: &str = "module.exports = function (raw_data) { return { id: raw_data.objectGUID, displayName: \
                            raw_data.displayName, nickname: raw_data.sAMAccountName, costCentre: \
                            'from-custom-mapper' }; };\n";

type Files = BTreeMap<String, Vec<u8>>;

/// The files of one in `root`, with these over them; empty content takes one out.
fn files(root: &str, changes: &[(&str, &str)]) -> Files {
    let folder = tempfile::TempDir::new().expect("a folder");
    let home = crate::config::Home::new(folder.path());
    crate::installation::generate_signing_key(&home, "corp", "corp.example", now()).expect("made");
    let mut files = Files::new();
    for name in ["certs/cert.pem", "certs/cert.key"] {
        let content = fs::read(home.path(name)).expect("made");
        files.insert(format!("{root}{name}"), content);
    }
    let config = newer_config().to_string();
    files.insert(format!("{root}config.json"), config.into_bytes());
    for (name, content) in changes {
        if content.is_empty() {
            files.remove(*name);
        } else {
            files.insert((*name).to_owned(), content.as_bytes().to_vec());
        }
    }
    files
}

fn zip_of(files: &Files) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        let entry = writer.start_file(name.as_str(), SimpleFileOptions::default());
        entry.expect("an entry");
        writer.write_all(content).expect("written");
    }
    writer.finish().expect("a zip").into_inner()
}

fn written(files: &Files) -> tempfile::TempDir {
    let folder = tempfile::TempDir::new().expect("a folder");
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("one")).expect("a folder");
        fs::write(path, content).expect("written");
    }
    folder
}

fn of_folder(path: &Path) -> Installation {
    let folder = Folder::open(path).expect("opened");
    let read = Installation::read_folder(&folder).expect("read");
    read.whole().expect("whole")
}

/// The same installation by both ways.
fn both(files: &Files) -> [Installation; 2] {
    let zip = Installation::of_zip(Cursor::new(zip_of(files))).expect("reads");
    [zip, of_folder(written(files).path())]
}

fn said(installation: &Installation) -> String {
    report(installation).expect("a report")
}

#[test]
fn the_newer_layout_is_taken_as_a_zip_as_a_folder_and_as_data_itself() {
    let mapper = ("data/profileMapper/custom.js", NEWER_MAPPER);
    let whole = files(
        "data/",
        &[mapper, ("package.json", "{}"), ("lib/server.js", "x")],
    );
    let inner = files("", &[("profileMapper/custom.js", NEWER_MAPPER)]);
    let around = files(
        "AD LDAP Connector/data/",
        &[(
            "AD LDAP Connector/data/profileMapper/custom.js",
            NEWER_MAPPER,
        )],
    );
    let windows = files(
        "",
        &[
            ("config.json", ""),
            ("certs/cert.pem", ""),
            ("certs/cert.key", ""),
        ],
    );
    assert!(windows.is_empty());
    let windows: Files = whole
        .iter()
        .map(|(name, content)| {
            let name = name
                .replace("data/", "Data/")
                .replace("certs/cert", "Certs/Cert");
            (
                name.replace("custom.js", "Custom.js")
                    .replace("config", "Config"),
                content.clone(),
            )
        })
        .collect();
    for files in [whole, inner, around, windows] {
        for installation in both(&files) {
            let taken: Vec<_> = installation.files.keys().map(String::as_str).collect();
            assert_eq!(
                taken,
                [
                    "certs/cert.key",
                    "certs/cert.pem",
                    "config.json",
                    "lib/profileMapper.js"
                ]
            );
            assert_eq!(installation.mapper().expect("one"), NEWER_MAPPER);
            let text = said(&installation);
            for words in [
                "version 7 of the AD/LDAP Connector",
                "profileMapper/custom.js as lib/profileMapper.js",
                "no claim is lost in silence",
                "secret-tool search --unlock service auth0-ad-ldap-connector",
                "security find-generic-password -s auth0-ad-ldap-connector -a ldap-bind-password -w",
                "auth0-ad-ldap-connector/ldap-bind-password",
            ] {
                assert!(text.contains(words), "no {words:?} in {text}");
            }
            assert!(!text.contains("NOT TAKEN"), "{text}");
        }
    }
}

#[test]
fn a_pending_password_is_taken_and_the_file_is_to_be_removed() {
    let bridge = r#"{"ldap-bind-password": "Pässw0rd 23", "custom-ssl-pfx-password": "pfx", "console-password": "x"}"#;
    for encoded in [bridge.to_owned(), format!("\u{feff}{bridge}\r\n")] {
        let files = files("data/", &[("data/.connector-bridge", &encoded)]);
        for installation in both(&files) {
            let keys = installation.config().expect("keys");
            let stored = keys["LDAP_BIND_CREDENTIALS"].as_str().expect("a text");
            let key = installation.file("certs/cert.key").expect("one");
            credentials_open(stored, key).expect("it opens with the key");
            assert_eq!(keys["SSL_KEY_PASSWORD"], "pfx");
            assert!(!keys.contains_key("LDAP_BIND_PASSWORD"));
            let text = said(&installation);
            for words in [
                "data/.connector-bridge holds secrets in clear",
                "ldap-bind-password was taken from it, as LDAP_BIND_CREDENTIALS",
                "Without use here: console-password",
                "Remove this file",
            ] {
                assert!(text.contains(words), "no {words:?} in {text}");
            }
            assert!(
                !text.contains("Pässw0rd") && !text.contains("secret-tool"),
                "{text}"
            );
            assert!(!installation.has("data/.connector-bridge"));
        }
    }
    let broken = files("data/", &[("data/.connector-bridge", "secret \"x")]);
    for installation in both(&broken) {
        let text = said(&installation);
        assert!(
            text.contains("cannot be read (line 1: no JSON)") && text.contains("secret-tool"),
            "{text}"
        );
        assert!(!text.contains("secret \"x"), "{text}");
    }
}

#[test]
fn without_a_mapper_of_its_own_the_newer_connector_has_the_built_in_one() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let home = crate::config::Home::new(folder.path());
    fs::create_dir_all(home.path("lib")).expect("a folder");
    fs::write(home.path("lib/profileMapper.js"), "module.exports = 1").expect("written");
    for installation in both(&files("data/", &[])) {
        assert!(said(&installation).contains("profiles are made by the built-in mapper"));
        assert_eq!(installation.retires(&home), ["lib/profileMapper.js"]);
        assert!(
            !installation
                .config()
                .expect("keys")
                .contains_key("PROFILE_MAPPER")
        );
    }
    let Imported { retired, .. } = both(&files("data/", &[]))[0]
        .install(&home, now())
        .expect("installs");
    assert_eq!(retired, ["lib/profileMapper.js"]);
}

#[test]
fn no_mapper_is_left_without_a_word() {
    let older = "module.exports = function (raw) { return { id: raw.cn, old: true }; };";
    for (changes, words) in [
        (
            vec![("lib/profileMapper.js", older), ("config.json", "{}")],
            "lib/profileMapper.js",
        ),
        (
            vec![("data/profileMapper/custom.js.bak", older)],
            "data/profileMapper/custom.js.bak",
        ),
        (
            vec![("data/profileMapper/other.js", older)],
            "data/profileMapper/other.js",
        ),
        (
            vec![("data/profileMapper/profileMapper.js", older)],
            "data/profileMapper/profileMapper.js",
        ),
        (
            vec![("lib/profileMapper.old.js", older)],
            "lib/profileMapper.old.js",
        ),
    ] {
        for installation in both(&files("data/", &changes)) {
            let text = said(&installation);
            assert!(text.contains("NOT TAKEN"), "{changes:?}: {text}");
            let line = text
                .lines()
                .find(|line| line.contains("may be a profile mapper"));
            assert!(
                line.is_some_and(|line| line.contains(words)),
                "{changes:?}: {text}"
            );
        }
    }
    let both_say = files(
        "",
        &[
            ("lib/profileMapper.js", older),
            ("config.json", r#"{"PROFILE_MAPPER": "raw => raw"}"#),
        ],
    );
    for installation in both(&both_say) {
        let text = said(&installation);
        assert!(
            text.contains("so lib/profileMapper.js has no effect"),
            "{text}"
        );
    }
}

#[test]
fn what_a_mapper_loads_comes_with_it() {
    let mapper = "const roles = require('./roles.json'), _ = require('lodash'), own = require('./own/deep');\n\
                  const crypto = require('node:crypto'), gone = require('ldapjs');\n\
                  module.exports = raw => ({ id: raw.cn });";
    let all = files(
        "",
        &[
            ("lib/profileMapper.js", mapper),
            ("lib/Roles.JSON", "{}"),
            ("lib/own/deep.js", "require('../up');"),
            ("lib/up.js", "x"),
            ("lib/server.js", "the connector's own"),
            (
                "node_modules/lodash/package.json",
                r#"{"main": "lodash.js"}"#,
            ),
            ("node_modules/lodash/lodash.js", "module.exports = {};"),
            ("node_modules/other/index.js", "x"),
        ],
    );
    for installation in both(&all) {
        let taken: Vec<_> = installation
            .files
            .keys()
            .filter(|name| name.starts_with("lib/"))
            .collect();
        assert_eq!(
            taken,
            [
                "lib/node_modules/lodash/lodash.js",
                "lib/node_modules/lodash/package.json",
                "lib/own/deep.js",
                "lib/profileMapper.js",
                "lib/roles.json",
                "lib/up.js"
            ]
        );
        let text = said(&installation);
        assert!(text.contains("calls require of ldapjs"), "{text}");
        assert!(text.contains("loads lib/node_modules/lodash/lodash.js, lib/own/deep.js, lib/roles.json, lib/up.js"), "{text}");
        // An export of it has them too.
        let again = Installation::of_zip(Cursor::new(
            installation.to_zip(ExportLayout::Usual).expect("a zip"),
        ))
        .expect("reads");
        assert_eq!(again.files, installation.files);
    }
    let other = files(
        "",
        &[
            ("config.json", r#"{"PROFILE_MAPPER_FILE": "./own"}"#),
            ("lib/own.js", "raw => raw"),
        ],
    );
    for installation in both(&other) {
        assert!(installation.has("lib/own.js"));
        assert!(!said(&installation).contains("not in what was given"));
    }
}

#[test]
fn files_of_windows_are_read_in_their_encoding() {
    let config = newer_config().to_string().replace(",\"", ",\r\n\"");
    let utf16 = |text: &str| -> Vec<u8> {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        [0xff, 0xfe].into_iter().chain(units).collect()
    };
    let mut all = files("", &[]);
    all.insert("config.json".to_owned(), utf16(&config));
    all.insert(
        "lib/profileMapper.js".to_owned(),
        utf16("module.exports = raw => ({ id: raw.cn, ä: 1 });\r\n"),
    );
    for installation in both(&all) {
        assert_eq!(
            Value::Object(installation.config().expect("keys")),
            newer_config()
        );
        let text = fs_text(&installation, "config.json");
        assert!(text.starts_with('{'), "{text}");
        assert!(installation.mapper().expect("one").contains("ä: 1"));
        assert!(said(&installation).contains("config.json is written in UTF-16"));
    }
    all.insert(
        "config.json".to_owned(),
        format!("\u{feff}{config}").into_bytes(),
    );
    all.insert(
        "lib/profileMapper.js".to_owned(),
        b"// M\xfcller\nmodule.exports = raw => raw;".to_vec(),
    );
    for installation in both(&all) {
        assert_eq!(
            Value::Object(installation.config().expect("keys")),
            newer_config()
        );
        assert!(said(&installation).contains("lib/profileMapper.js is not UTF-8"));
    }
}

fn fs_text(installation: &Installation, name: &str) -> String {
    String::from_utf8(installation.file(name).expect("there").to_vec()).expect("UTF-8")
}

#[test]
fn a_link_is_followed_nowhere() {
    let all = files("data/", &[("data/profileMapper/custom.js", NEWER_MAPPER)]);
    for link in [
        "data",
        "data/certs",
        "data/profileMapper",
        "data/profileMapper/custom.js",
        "data/.connector-bridge",
    ] {
        let folder = written(&all);
        let (path, elsewhere) = (folder.path().join(link), folder.path().join("elsewhere"));
        if path.exists() {
            fs::rename(&path, &elsewhere).expect("moved");
        } else {
            fs::write(&elsewhere, "{}").expect("written");
        }
        symlink(&elsewhere, &path).expect("a link");
        let folder = Folder::open(folder.path()).expect("opened");
        let refused = Installation::read_folder(&folder).and_then(Installation::whole);
        assert!(
            matches!(refused, Err(ArchiveError::Linked(_))),
            "{link}: {refused:?}"
        );
    }
}

#[test]
fn the_newer_connector_s_time_counts_for_its_mapper() {
    let mut config = newer_config();
    config
        .as_object_mut()
        .expect("keys")
        .remove("PROFILE_MAPPING_TIMEOUT_MS");
    let config = config.to_string();
    let mapper = ("data/profileMapper/custom.js", NEWER_MAPPER);
    for installation in both(&files("data/", &[("data/config.json", &config), mapper])) {
        assert_eq!(
            installation.config().expect("keys")["PROFILE_MAPPING_TIMEOUT_MS"],
            10_000
        );
    }
    for installation in both(&files("", &[])) {
        assert_eq!(
            installation.config().expect("keys"),
            *newer_config().as_object().expect("keys")
        );
    }
}

#[test]
fn an_export_in_the_newer_layout_is_an_installation_of_it() {
    let all = files(
        "",
        &[
            (
                "lib/profileMapper.js",
                "const r = require('./roles.json'); module.exports = raw => r;",
            ),
            ("lib/roles.json", "{}"),
        ],
    );
    for installation in both(&all) {
        let zip = installation.to_zip(ExportLayout::Data).expect("a zip");
        let names: Vec<_> = Archive::open(Cursor::new(zip.clone()))
            .expect("a zip")
            .names()
            .to_vec();
        assert_eq!(
            names,
            [
                "data/certs/cert.key",
                "data/certs/cert.pem",
                "data/config.json",
                "data/profileMapper/custom.js",
                "data/profileMapper/roles.json"
            ]
        );
        let again = Installation::of_zip(Cursor::new(zip)).expect("reads");
        assert_eq!(again.files, installation.files);
    }
    // The default mapper has no file there.
    let built_in = &both(&files("", &[]))[0];
    let zip = built_in.to_zip(ExportLayout::Data).expect("a zip");
    let names: Vec<_> = Archive::open(Cursor::new(zip))
        .expect("a zip")
        .names()
        .to_vec();
    assert_eq!(names.len(), 3, "{names:?}");
}
