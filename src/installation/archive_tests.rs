//! Archives of all kinds, good and hostile.

use std::io::Read as _;

use zip::ZipArchive;

use super::*;
use crate::{
    config::{Home, encrypt_credentials},
    installation::{generate_signing_key, limits::MAX_FILE},
    secret::SecretString,
};

/// A home folder with a signing key, a configuration and a revocation list.
pub(in crate::installation) fn installation() -> (tempfile::TempDir, Home) {
    let folder = tempfile::TempDir::new().expect("a folder");
    let home = Home::new(folder.path());
    let now = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_795_467_124);
    generate_signing_key(&home, "corp", "corp.example", now).expect("made");
    fs::write(home.config_json(), r#"{"LDAP_URL": "ldaps://dc"}"#).expect("written");
    fs::create_dir_all(home.path("certs/crl")).expect("a folder");
    // As Active Directory's certificate services name theirs.
    for name in ["ca.pem", "Corp CA(1)+.crl", "M!00fcller & Söhne.crl"] {
        fs::write(home.path("certs/crl").join(name), "list").expect("written");
    }
    fs::write(home.path("logo.svg"), "a logo").expect("written");
    (folder, home)
}

pub(in crate::installation) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_795_467_125)
}

/// The files of a good installation, with others over them; empty content takes one out.
pub(in crate::installation) fn zip_with(changes: &[(&str, &[u8])]) -> Vec<u8> {
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

pub(in crate::installation) fn archive_with(changes: &[(&str, &[u8])]) -> Installation {
    Installation::of_zip(Cursor::new(zip_with(changes))).expect("reads")
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
        .and_then(|all| all.to_zip(ExportLayout::Usual))
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
        "certs/crl/Corp CA(1)+.crl",
        "certs/crl/M!00fcller & Söhne.crl",
        "logo.svg",
    ] {
        assert_eq!(
            fs::read(home.path(name)).expect("there"),
            fs::read(other.path(name)).expect("there"),
            "{name}"
        );
    }
    assert!(
        !other.path("lib/profileMapper.js").exists(),
        "the built-in mapper makes the profiles there as well"
    );
}

#[test]
fn the_legacy_connector_gets_a_mapper_and_ours_is_known_again() {
    let (folder, _) = installation();
    let zip = Installation::of_folder(folder.path())
        .and_then(|all| all.to_zip(ExportLayout::Usual))
        .expect("a zip");
    let mut raw = ZipArchive::new(Cursor::new(zip.clone())).expect("a zip");
    let mut text = String::new();
    let mut entry = raw.by_name(MAPPER).expect("the legacy connector needs it");
    entry.read_to_string(&mut text).expect("text");
    assert_eq!(text, DEFAULT_MAPPER);
    drop(entry);
    let read = Installation::of_zip(Cursor::new(zip)).expect("reads");
    assert!(read.ours && read.built_in_mapper && !read.has(MAPPER));

    let windows = format!("\u{feff}{}", DEFAULT_MAPPER.replace('\n', "\r\n"));
    let read = archive_with(&[(MAPPER, windows.as_bytes())]);
    assert!(!read.ours && read.built_in_mapper && !read.has(MAPPER));
    let other = archive_with(&[(MAPPER, b"module.exports = function (raw) { return raw; };")]);
    assert!(other.has(MAPPER) && !other.built_in_mapper);
}

#[test]
fn what_is_broken_in_itself_is_refused() {
    let key = rcgen::KeyPair::generate().expect("an elliptic curve key");
    let certificate = rcgen::CertificateParams::default()
        .self_signed(&key)
        .expect("a certificate");
    let text = refusal(zip_with(&[
        (KEY, key.serialize_pem().as_bytes()),
        (CERTIFICATE, certificate.pem().as_bytes()),
    ]));
    assert!(text.contains("not an RSA key"), "{text}");

    let (folder, _) = installation();
    let key = fs::read(folder.path().join(KEY)).expect("the key");
    let password = SecretString::from("secret".to_owned());
    for (key, opens) in [(key.as_slice(), true), (b"another key", false)] {
        let stored = encrypt_credentials(&password, key).expect("encrypts");
        let config = serde_json::json!({"LDAP_BIND_CREDENTIALS": stored}).to_string();
        fs::write(folder.path().join(CONFIG), config).expect("written");
        match Installation::of_folder(folder.path()) {
            Ok(_) => assert!(opens),
            Err(error) => assert!(
                !opens && error.to_string().contains("does not open"),
                "{error}"
            ),
        }
    }
}

#[test]
fn a_name_that_is_there_twice_is_refused() {
    // Equal lengths: written under two names, then one is changed in the bytes.
    let mut zip = zip_with(&[("certs/a.pem", b"one"), ("certs/b.pem", b"two")]);
    while let Some(at) = zip.windows(11).position(|name| name == b"certs/b.pem") {
        zip[at + 6] = b'a';
    }
    assert!(refusal(zip).contains("twice"));
    let slash = zip_with(&[("certs/a.pem", b"one"), ("certs\\a.pem", b"two")]);
    assert!(refusal(slash).contains("certs/a.pem is in it twice"));
}

#[test]
fn files_that_share_bytes_are_refused() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer
        .start_file("certs/a.pem", SimpleFileOptions::default())
        .expect("an entry");
    writer.write_all(b"shared").expect("written");
    writer
        .shallow_copy_file("certs/a.pem", "certs/b.pem")
        .expect("a copy");
    let zip = writer.finish().expect("a zip").into_inner();
    assert!(refusal(zip).contains("share bytes"));
}

#[test]
fn names_from_windows_are_understood() {
    let (folder, _) = installation();
    let whole = Installation::of_folder(folder.path()).expect("whole");
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in &whole.files {
        writer
            .start_file(name.replace('/', "\\"), SimpleFileOptions::default())
            .expect("an entry");
        writer.write_all(content).expect("written");
    }
    let zip = writer.finish().expect("a zip").into_inner();
    let read = Installation::of_zip(Cursor::new(zip)).expect("reads");
    assert_eq!(read.files, whole.files);
}

#[test]
fn a_directory_of_too_many_files_is_not_even_read() {
    let mut zip = zip_with(&[]);
    let at = zip.len() - 22;
    zip[at + 10..at + 12].copy_from_slice(&501_u16.to_le_bytes());
    assert!(refusal(zip).contains("more than 500 files"));
    // The number is in another record, which is not read.
    let mut zip = zip_with(&[]);
    let at = zip.len() - 22;
    let mut locator = b"PK\x06\x07".to_vec();
    locator.resize(20, 0);
    zip.splice(at..at, locator);
    assert!(refusal(zip).contains("more than 500 files"));
    // In the middle of a file such bytes mean nothing.
    let mut looks_like_it = b"PK\x05\x06".to_vec();
    looks_like_it.resize(40, 0xff);
    let name = "certs/x.bin";
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let (folder, _) = installation();
    let mut whole = Installation::of_folder(folder.path()).expect("whole");
    whole.files.insert(name.to_owned(), looks_like_it);
    for (name, content) in &whole.files {
        writer.start_file(name.as_str(), stored).expect("an entry");
        writer.write_all(content).expect("written");
    }
    let zip = writer.finish().expect("a zip").into_inner();
    assert!(
        Installation::of_zip(Cursor::new(zip))
            .expect("reads")
            .has(name)
    );
    let mut large = vec![0; usize::try_from(33_u64 << 20).expect("fits")];
    large.extend(zip_with(&[]));
    assert!(refusal(large).contains("the archive is larger"));
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
    let foreign = [
        "bin/evil.sh",
        "certs/.hidden",
        "certs/a b.pem",
        "certs/a/b/c",
        "certs/crl/ blank",
        "certs/crl/.hidden",
        "certs/crl/a/b",
        "certs/crl/c:d",
        "certs/crl/end ",
    ];
    let zip = zip_with(&foreign.map(|name| (name, &b"x"[..])));
    let read = Installation::of_zip(Cursor::new(zip)).expect("reads");
    assert_eq!(read.ignored, foreign);
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
    assert!(refusal(zip_with(&[("config.json", b"[1]")])).contains("not a JSON object"));
    assert!(refusal(zip_with(&[("certs/cert.key", b"text")])).contains("no private key"));
    let (other, _) = installation();
    let key = fs::read(other.path().join("certs/cert.key")).expect("another key");
    assert!(refusal(zip_with(&[("certs/cert.key", &key)])).contains("not the key of"));
    assert!(refusal(b"PK no zip".to_vec()).contains("not a zip"));
}
