//! Which files count as further roots, and what is said of those that do not.

use std::{fs, os::unix::fs::symlink};

use serde_json::{Value, json};

use super::super::tests::{Folder, legacy};

/// A configuration with a folder `roots` of these files.
fn with(files: &[&str], keys: &Value) -> Folder {
    let mut config = legacy();
    for (key, value) in keys.as_object().expect("keys") {
        config[key] = value.clone();
    }
    let folder = Folder::new(&config);
    fs::create_dir(folder.dir.path().join("roots")).expect("a folder");
    for file in files {
        fs::write(folder.dir.path().join(file), "read later").expect("written");
    }
    folder
}

/// The names of the roots, and the warnings.
fn roots(folder: &Folder) -> (Vec<String>, Vec<String>) {
    let loaded = folder.load().expect("good");
    let name = |path: &std::path::PathBuf| {
        let name = path.strip_prefix(folder.dir.path()).expect("inside");
        name.display().to_string()
    };
    let names = loaded.config.extra_roots.iter().map(name).collect();
    (
        names,
        loaded.warnings.iter().map(ToString::to_string).collect(),
    )
}

const FILES: [&str; 5] = [
    "roots/a.pem",
    "roots/B.CER",
    "roots/c.crt",
    "roots/c.crt.old",
    "roots/README",
];

#[test]
fn a_folder_gives_the_files_that_the_legacy_connector_reads() {
    for keys in [
        json!({"SSL_CA_PATH": "roots"}),
        json!({"SSL_CA_PATH": "roots", "SSL_CA_FILE": ""}),
        json!({"SSL_CA_PATH": "roots", "SSL_CA_FILE": ".+.(pem|crt|cer)$"}),
    ] {
        let (names, warnings) = roots(&with(&FILES, &keys));
        assert_eq!(
            names,
            ["roots/B.CER", "roots/a.pem", "roots/c.crt"],
            "{keys}"
        );
        assert_eq!(warnings, [""; 0]);
    }
}

#[test]
fn ssl_ca_file_is_a_pattern_of_names_or_a_file() {
    for (pattern, expected) in [
        (
            json!("^[a-b]\\.(pem|cer)$"),
            &["roots/B.CER", "roots/a.pem"][..],
        ),
        (json!("[a-z]{1,3}\\.pem"), &["roots/a.pem"]),
        (json!("a.pem"), &["roots/a.pem"]),
        (json!(["a.pem", "c.crt$"]), &["roots/a.pem", "roots/c.crt"]),
    ] {
        let keys = json!({"SSL_CA_PATH": "roots", "SSL_CA_FILE": pattern});
        assert_eq!(roots(&with(&FILES, &keys)).0, expected, "{keys}");
    }
    // A file is a file, and the folder counts as without it.
    let keys = json!({"SSL_CA_PATH": "roots", "SSL_CA_FILE": "certs/ca.pem"});
    let (names, _) = roots(&with(&["certs/ca.pem", "roots/a.pem"], &keys));
    assert_eq!(names, ["certs/ca.pem", "roots/a.pem"]);
}

#[test]
fn what_is_neither_file_nor_pattern_is_a_mistake() {
    for (given, said) in [
        ("certs/cx.pem", "fits no name in SSL_CA_PATH"),
        (
            "(a.pem",
            "no pattern of file names in SSL_CA_PATH (unclosed group)",
        ),
        ("^(?!b)", "look-around"),
    ] {
        let keys = json!({"SSL_CA_PATH": "roots", "SSL_CA_FILE": given});
        let mistakes = with(&FILES, &keys).mistakes();
        assert!(mistakes[0].starts_with("SSL_CA_FILE"), "{mistakes:?}");
        assert!(mistakes[0].contains(said), "{mistakes:?}");
        assert!(!mistakes[0].contains('\n'), "{mistakes:?}");
    }
    for given in ["certs/ca.pem", "C:\\certs\\ca.pem"] {
        let mistakes = with(&[], &json!({"SSL_CA_FILE": given})).mistakes();
        assert!(mistakes[0].contains("cannot be read"), "{mistakes:?}");
    }
}

#[test]
fn no_folder_is_said_by_false_and_a_pattern_has_then_no_effect() {
    for none in [json!(false), json!("false"), json!(""), json!(null)] {
        let keys = json!({"SSL_CA_PATH": none, "SSL_CA_FILE": ".+.(pem|crt|cer)$"});
        let (names, warnings) = roots(&with(&FILES, &keys));
        assert_eq!(names, [""; 0]);
        assert!(warnings[0].contains("without effect"), "{warnings:?}");
    }
    let folder = with(&FILES, &json!({"SSL_CA_PATH": "roots"})).with("SSL_CA_PATH", "false");
    assert_eq!(roots(&folder).0, [""; 0]);
    let wrong = with(&[], &json!({"SSL_CA_PATH": true})).mistakes();
    assert!(wrong[0].starts_with("SSL_CA_PATH"), "{wrong:?}");
}

#[test]
fn a_file_of_the_folder_that_cannot_be_read_is_named_and_the_others_count() {
    let folder = with(&FILES, &json!({"SSL_CA_PATH": "roots"}));
    symlink("nowhere", folder.dir.path().join("roots/gone.pem")).expect("a link");
    let (names, warnings) = roots(&folder);
    assert_eq!(names, ["roots/B.CER", "roots/a.pem", "roots/c.crt"]);
    assert!(
        warnings[0].contains("roots/gone.pem cannot be read"),
        "{warnings:?}"
    );
    let (names, warnings) = roots(&with(&["roots/README"], &json!({"SSL_CA_PATH": "roots"})));
    assert_eq!(names, [""; 0]);
    assert!(
        warnings[0].contains("no file whose name ends in pem"),
        "{warnings:?}"
    );
}
