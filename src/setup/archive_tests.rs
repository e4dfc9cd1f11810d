//! Archives of all kinds, good and hostile.

use super::*;
use crate::setup::generate_signing_pair;

fn installation() -> (tempfile::TempDir, Home) {
    let folder = tempfile::TempDir::new().expect("a folder");
    let home = Home::new(folder.path());
    let now = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_795_467_124);
    generate_signing_pair(&home, "corp", "corp.example", now).expect("made");
    fs::write(home.config_json(), r#"{"LDAP_URL": "ldaps://dc"}"#).expect("written");
    fs::create_dir_all(home.path("certs/crl")).expect("a folder");
    fs::write(home.path("certs/crl/ca.pem"), "list").expect("written");
    (folder, home)
}

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_795_467_125)
}

/// The files of a good installation, with others over them; empty content takes one out.
fn zip_with(changes: &[(&str, &[u8])]) -> Vec<u8> {
    let (folder, _) = installation();
    let mut files = Installation::of_folder(folder.path()).expect("whole").files;
    for (name, content) in changes {
        if content.is_empty() {
            files.remove(*name);
        } else {
            files.insert((*name).to_owned(), content.to_vec());
        }
    }
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        writer
            .start_file(name, SimpleFileOptions::default())
            .expect("an entry");
        writer.write_all(&content).expect("written");
    }
    writer.finish().expect("a zip").into_inner()
}

fn refusal(zip: Vec<u8>) -> String {
    Installation::of_zip(Cursor::new(zip))
        .expect_err("refused")
        .to_string()
}

#[test]
fn an_export_imports_elsewhere_to_the_byte() {
    let (folder, home) = installation();
    let zip = Installation::of_folder(folder.path())
        .and_then(|all| all.to_zip())
        .expect("a zip");
    let there = tempfile::TempDir::new().expect("a folder");
    let other = Home::new(there.path());
    let read = Installation::of_zip(Cursor::new(zip)).expect("reads");
    let done = read.install(&other, now()).expect("installs");
    assert_eq!(done.backup, None, "there was nothing");
    for name in [
        "config.json",
        "certs/cert.key",
        "certs/cert.pem",
        "certs/crl/ca.pem",
    ] {
        assert_eq!(
            fs::read(home.path(name)).expect("there"),
            fs::read(other.path(name)).expect("there"),
            "{name}"
        );
    }
    assert!(
        other.path("lib/profileMapper.js").exists(),
        "the incumbent's import needs it"
    );
}

#[test]
fn what_is_replaced_is_kept() {
    let (_folder, home) = installation();
    let before = fs::read(home.config_json()).expect("there");
    let zip = zip_with(&[("config.json", br#"{"NEW": 1}"#)]);
    let done = Installation::of_zip(Cursor::new(zip))
        .expect("reads")
        .install(&home, now());
    let backup = done.expect("installs").backup.expect("a backup");
    assert_eq!(fs::read(backup.join("config.json")).expect("kept"), before);
    assert_eq!(fs::read(home.config_json()).expect("new"), br#"{"NEW": 1}"#);
}

#[test]
fn one_file_that_cannot_be_written_puts_all_back() {
    let (_folder, home) = installation();
    let before = fs::read(home.path("certs/cert.key")).expect("there");
    // A folder stands where the last file shall go.
    fs::create_dir_all(home.path("lib/profileMapper.js/x")).expect("a folder");
    let zip = zip_with(&[("lib/profileMapper.js", b"module.exports = 1")]);
    let read = Installation::of_zip(Cursor::new(zip)).expect("reads");
    assert!(read.install(&home, now()).is_err());
    assert_eq!(
        fs::read(home.path("certs/cert.key")).expect("there"),
        before
    );
}

#[test]
fn paths_that_lead_out_are_refused() {
    for name in [
        "../evil",
        "certs/../../evil",
        "/etc/passwd",
        "..\\evil",
        "C:\\evil",
        "certs\\..\\x",
    ] {
        let text = refusal(zip_with(&[(name, b"x")]));
        assert!(text.contains("leads out"), "{name}: {text}");
    }
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    writer
        .add_symlink("certs/cert.key", "/etc/shadow", options)
        .expect("a link");
    let link = writer.finish().expect("a zip").into_inner();
    assert!(refusal(link).contains("is a link"));
}

#[test]
fn what_does_not_belong_is_left_out() {
    let zip = zip_with(&[
        ("bin/evil.sh", b"x"),
        ("certs/.hidden", b"x"),
        ("certs/a/b/c", b"x"),
    ]);
    let read = Installation::of_zip(Cursor::new(zip)).expect("reads");
    assert_eq!(
        read.ignored,
        ["bin/evil.sh", "certs/.hidden", "certs/a/b/c"]
    );
    assert!(!read.has("bin/evil.sh"));
}

#[test]
fn bombs_and_fragments_are_refused() {
    let bomb = vec![b'0'; usize::try_from(MAX_FILE).expect("fits") + 1];
    assert!(refusal(zip_with(&[("certs/big", &bomb)])).contains("larger than"));
    let quarter = vec![b'0'; usize::try_from(MAX_FILE).expect("fits")];
    let many: Vec<_> = ["a", "b", "c", "d", "e"]
        .map(|n| format!("certs/{n}"))
        .to_vec();
    let all: Vec<(&str, &[u8])> = many
        .iter()
        .map(|n| (n.as_str(), quarter.as_slice()))
        .collect();
    assert!(refusal(zip_with(&all)).contains("larger than"));
    for name in NEEDED {
        let text = refusal(zip_with(&[(name, b"")]));
        assert!(text.contains(name) && text.contains("missing"), "{text}");
    }
    assert!(refusal(zip_with(&[("config.json", b"[1]")])).contains("no JSON object"));
    assert!(refusal(zip_with(&[("certs/cert.key", b"text")])).contains("no private key"));
    let (other, _) = installation();
    let key = fs::read(other.path().join("certs/cert.key")).expect("another key");
    assert!(refusal(zip_with(&[("certs/cert.key", &key)])).contains("not the key of"));
    assert!(refusal(b"PK no zip".to_vec()).contains("no zip"));
}
