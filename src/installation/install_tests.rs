//! Imports that end well, badly and not at all.

use std::path::Path;

use super::*;
use crate::installation::{
    archive::tests::{archive_with, installation, now},
    backups::made_at,
    recover, write_atomically,
};

const CONFIG: &str = "config.json";
const KEY: &str = "certs/cert.key";

fn folder_of(home: &Home) -> Folder {
    Folder::open(&home.path("")).expect("there")
}

fn read(home: &Home, name: &str) -> Vec<u8> {
    fs::read(home.path(name)).expect("there")
}

/// Every file of the folder but backups, with its content.
fn all(home: &Home) -> Vec<(PathBuf, Vec<u8>)> {
    fn walk(folder: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.ends_with(BACKUPS) {
                continue;
            }
            if path.is_dir() {
                found.push((path.clone(), Vec::new()));
                walk(&path, found);
            } else {
                let content = fs::read(&path).unwrap_or_default();
                found.push((path, content));
            }
        }
    }
    let mut found = Vec::new();
    walk(&home.path(""), &mut found);
    found.sort();
    found
}

#[test]
fn a_new_home_folder_is_its_owners_alone() {
    let parent = tempfile::TempDir::new().expect("a folder");
    let mode = |path: &std::path::Path| {
        let meta = fs::metadata(path).expect("there");
        meta.permissions().mode() & 0o777
    };
    let new = parent.path().join("between/home");
    made_home(&Home::new(&new)).expect("made");
    assert_eq!(mode(&new), 0o700);
    assert_ne!(
        mode(&parent.path().join("between")),
        0o700,
        "others' folders are as ever"
    );
    // One that is there is its administrator's matter.
    let there = parent.path().join("there");
    fs::create_dir(&there).expect("a folder");
    let before = mode(&there);
    made_home(&Home::new(&there)).expect("there");
    assert_eq!(mode(&there), before);
}

#[test]
fn what_is_replaced_is_kept() {
    let (_folder, home) = installation();
    let before = read(&home, CONFIG);
    let done = archive_with(&[(CONFIG, br#"{"NEW": 1}"#)]).install(&home, now());
    let backup = done.expect("installs").backup.expect("a backup");
    assert_eq!(fs::read(backup.join(CONFIG)).expect("kept"), before);
    assert_eq!(read(&home, CONFIG), br#"{"NEW": 1}"#);
    let mode = fs::metadata(&backup).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    assert!(!home.path(".import.json").exists());
}

#[test]
fn two_imports_in_one_second_keep_both_backups() {
    let (_folder, home) = installation();
    let first_key = read(&home, KEY);
    let (one, two) = (archive_with(&[]), archive_with(&[]));
    let second_key = one.files[KEY].clone();
    let first = one.install(&home, now()).expect("installs");
    let second = two.install(&home, now()).expect("installs");
    let key =
        |done: &Imported| fs::read(done.backup.as_ref().expect("one").join(KEY)).expect("kept");
    assert_ne!(first.backup, second.backup);
    assert_eq!(key(&first), first_key);
    assert_eq!(key(&second), second_key);
}

#[test]
fn imports_side_by_side_leave_one_of_them_whole() {
    let (_folder, home) = installation();
    let archives: Vec<_> = (0..4).map(|_| archive_with(&[])).collect();
    std::thread::scope(|scope| {
        for archive in &archives {
            scope.spawn(|| archive.install(&home, now()).expect("installs"));
        }
    });
    Installation::of_folder(&home.path("")).expect("key and certificate fit");
    assert_eq!(fs::read_dir(home.path(BACKUPS)).expect("there").count(), 4);
}

#[test]
fn one_file_that_cannot_be_written_puts_all_back() {
    let (_folder, home) = installation();
    // A link to a path that does not exist is where the last file's folder has to be.
    std::os::unix::fs::symlink("/nowhere/at/all", home.path("lib")).expect("a link");
    let before = all(&home);
    let archive = archive_with(&[(MAPPER, b"module.exports = 1"), ("certs/new/a.pem", b"new")]);
    assert!(archive.install(&home, now()).is_err());
    assert_eq!(all(&home), before);
}

#[test]
fn a_folder_that_came_for_nothing_goes_again() {
    let parent = tempfile::TempDir::new().expect("a folder");
    let home = Home::new(parent.path().join("new"));
    let mut archive = archive_with(&[]);
    // A name longer than any file system takes.
    archive
        .files
        .insert(format!("certs/{}", "x".repeat(300)), Vec::new());
    assert!(archive.install(&home, now()).is_err());
    assert!(!home.path("").exists());
}

#[test]
fn an_import_that_ended_half_way_is_taken_back() {
    let (_folder, home) = installation();
    let before = all(&home);
    let archive = archive_with(&[
        (CONFIG, br#"{"NEW": 1}"#),
        (MAPPER, b"module.exports = 1"),
        ("certs/new/a.pem", b"new"),
    ]);
    // Every place at which a crash may come.
    for written in 0..=archive.files.len() {
        archive
            .prepare(&folder_of(&home), &[], &Note::of(ChangeKind::Import), now())
            .expect("prepared");
        for (name, content) in archive.files.iter().take(written) {
            write_atomically(&home.path(name), content, 0o600).expect("written");
        }
        let message = recover(&home).expect("goes back").expect("says so");
        assert!(
            message.contains("was interrupted") && message.contains(BACKUPS),
            "{message}"
        );
        assert_eq!(all(&home), before, "after {written} files");
        assert_eq!(recover(&home).expect("nothing to do"), None);
    }
    archive
        .prepare(&folder_of(&home), &[], &Note::of(ChangeKind::Import), now())
        .expect("prepared");
    fs::write(home.path(KEY), "half").expect("written");
    archive
        .install(&home, now())
        .expect("an import goes back first");
    let backups = fs::read_dir(home.path(BACKUPS)).expect("there").flatten();
    let last = backups
        .map(|entry| entry.path())
        .max_by_key(|path| made_at(&path.file_name().expect("a name").to_string_lossy()));
    let kept = fs::read(last.expect("one").join(KEY)).expect("kept");
    assert_ne!(kept, b"half", "the backup is of the whole one");
}

#[test]
fn an_export_of_ours_is_the_whole_installation() {
    let (_folder, home) = installation();
    let stale = [
        "certs/client-ca.pem",
        "certs/next.pem",
        "certs/crl/old.pem",
        MAPPER,
    ];
    for name in stale {
        write_atomically(&home.path(name), b"stale", 0o600).expect("written");
    }
    let mut theirs = archive_with(&[]);
    assert!(theirs.retires(&home).is_empty());
    let names: Vec<_> = theirs
        .leftovers(&home)
        .expect("keys")
        .into_iter()
        .map(|l| l.name)
        .collect();
    assert_eq!(names.len(), 4, "{names:?}");
    theirs.ours = true;
    theirs.built_in_mapper = true;
    assert!(theirs.leftovers(&home).expect("keys").is_empty());
    let done = theirs.install(&home, now()).expect("installs");
    let backup = done.backup.expect("a backup");
    for name in stale {
        assert!(!home.path(name).exists(), "{name} stays");
        assert_eq!(fs::read(backup.join(name)).expect("kept"), b"stale");
    }
}

#[test]
fn what_an_export_of_ours_cannot_do_without_stays() {
    let (_folder, home) = installation();
    let names = [
        "certs/krb5.keytab",
        "certs/tls.key",
        "certs/tls.pem",
        "certs/client-ca.pem",
    ];
    for name in names {
        write_atomically(&home.path(name), b"this host's", 0o600).expect("written");
    }
    let retires = |config: &[u8]| {
        let mut archive = archive_with(&[(CONFIG, config)]);
        archive.ours = true;
        archive.retires(&home)
    };
    // The environment named other files there.
    let needs = br#"{"KERBEROS_AUTH": true, "CLIENT_CERT_AUTH": true}"#;
    assert!(retires(needs).is_empty(), "{:?}", retires(needs));
    let others = br#"{"KERBEROS_KEYTAB": "/k", "SSL_PFX": "x", "CA_CERT": "y"}"#;
    assert_eq!(retires(others).len(), 4);
}

#[test]
fn a_link_is_not_written_through() {
    let (folder, home) = installation();
    let elsewhere = folder.path().join("elsewhere");
    fs::write(&elsewhere, "renewed by another program").expect("written");
    std::os::unix::fs::symlink(&elsewhere, home.path("certs/tls.pem")).expect("a link");
    let before = all(&home);
    let error = archive_with(&[("certs/tls.pem", b"x")])
        .install(&home, now())
        .expect_err("refused");
    assert!(error.to_string().contains("certs/tls.pem"), "{error}");
    assert_eq!(all(&home), before);
}

#[test]
fn the_last_ten_backups_stay_and_nothing_else_goes() {
    let (_folder, home) = installation();
    fs::create_dir_all(home.path("backups/by-hand")).expect("a folder");
    let archive = archive_with(&[]);
    let backups: Vec<_> = (0..12)
        .map(|_| {
            archive
                .install(&home, now())
                .expect("installs")
                .backup
                .expect("a backup")
        })
        .collect();
    let there: Vec<_> = backups.iter().map(|backup| backup.exists()).collect();
    assert_eq!(there, [[false; 2].as_slice(), &[true; 10]].concat());
    assert!(home.path("backups/by-hand").exists());
}

#[test]
fn the_host_s_own_keys_stay() {
    let (_folder, home) = installation();
    let config = br#"{"PORT": 4001, "OPS_LISTEN": "127.0.0.1:9", "A": 1}"#;
    let mut archive = archive_with(&[(CONFIG, config)]);
    fs::write(
        home.config_json(),
        r#"{"PORT": 4002, "INSTANCE_NAME": "two"}"#,
    )
    .expect("written");
    let host = archive.take_host_keys(&home).expect("keys");
    assert_eq!(host.kept, ["PORT", "OPS_LISTEN", "INSTANCE_NAME"]);
    let keys = serde_json::Value::Object(archive.config().expect("keys"));
    assert_eq!(
        keys,
        serde_json::json!({"PORT": 4002, "A": 1, "INSTANCE_NAME": "two"})
    );

    let mut archive = archive_with(&[(CONFIG, config)]);
    let host = archive
        .take_host_keys(&Home::new("/nowhere/at/all"))
        .expect("keys");
    assert_eq!(host.foreign, ["PORT", "OPS_LISTEN"]);
    assert_eq!(archive.files[CONFIG], config, "to the byte");
}

#[test]
fn what_an_export_cannot_take_is_named() {
    let (_folder, home) = installation();
    let config = serde_json::json!({
        "KERBEROS_KEYTAB": "/etc/ad-edge/krb5.keytab", "CLIENT_CRL_FILES": ["certs/crl/ca.pem", "lists/b.pem"],
        "SSL_CA_PATH": "roots", "PROFILE_MAPPER_FILE": "lib/profileMapper.js",
        "LDAP_BIND_PASSWORD_FILE": "/run/secrets/bind", "TLS_CERT_FILE": "certs/my cert.pem",
    });
    fs::write(home.config_json(), config.to_string()).expect("written");
    fs::create_dir_all(home.path("certs/crl/deep")).expect("a folder");
    for name in [MAPPER, "certs/my cert.pem", "certs/crl/deep/x.pem"] {
        write_atomically(&home.path(name), b"x", 0o600).expect("written");
    }
    let message = Installation::of_folder(&home.path(""))
        .and_then(|all| all.outside())
        .expect("read")
        .join("\n");
    for text in [
        "/etc/ad-edge/krb5.keytab, which KERBEROS_KEYTAB names",
        "lists/b.pem, which CLIENT_CRL_FILES",
        "roots, which SSL_CA_PATH",
        "/run/secrets/bind, which LDAP_BIND_PASSWORD_FILE",
        "certs/my cert.pem, which TLS_CERT_FILE",
        "certs/crl/deep (",
    ] {
        assert!(message.contains(text), "no {text:?} in {message}");
    }
    for text in ["certs/crl/ca.pem", "profileMapper"] {
        assert!(!message.contains(text), "{text:?} in {message}");
    }
}
