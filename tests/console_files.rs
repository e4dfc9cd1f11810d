//! A keytab, CAs of client certificates and a revocation list go into place by the console, and wrong ones do not.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use tempfile::TempDir;

use crate::{
    console::csrf,
    lab::{
        Lab,
        client_ca::{ClientCa, add_upn},
        curl::Response,
        instance::Instance,
    },
};

const KEYTAB: &str = "certs/krb5.keytab";
const CA: &str = "certs/client-ca.pem";

fn send(instance: &Instance, files: &[(&str, &Path)]) -> Response {
    let token = csrf(&instance.console("/").run());
    let mut curl = instance.console("/files");
    curl = curl.arg("-F").arg(&format!("csrf={token}"));
    for (name, path) in files {
        curl = curl.arg("-F").arg(&format!("{name}=@{}", path.display()));
    }
    curl.run()
}

/// Names and contents of all files under a folder.
fn all(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(all(&path));
        } else {
            found.push((path.display().to_string(), fs::read(&path).expect("a file")));
        }
    }
    found.sort();
    found
}

#[test]
fn right_files_come_into_use_and_what_they_replace_is_kept() {
    let (lab, old, ca) = (Lab::get(), ClientCa::new("Old CA"), ClientCa::new("New CA"));
    let instance = Instance::builder()
        .console()
        .set("CLIENT_CERT_AUTH", true)
        .file(CA, &old.pem)
        .start();
    let given = TempDir::new().expect("a folder");
    let write = |name: &str, content: &[u8]| {
        let path = given.path().join(name);
        fs::write(&path, content).expect("written");
        path
    };
    // The same keys with a hole behind them: another file.
    let mut keytab = fs::read(lab.keytab()).expect("read");
    keytab.extend([0xff, 0xff, 0xff, 0xfe, 0, 0]);
    let keytab_path = write("keytab", &keytab);
    let certificate = ca.issue("somebody", |params| add_upn(params, "alice@corp.example"));
    let authorities = write("ca.pem", ca.pem.as_bytes());
    let empty = write("first.crl", ca.revocation_list(&[], false).as_bytes());
    let page = send(
        &instance,
        &[
            ("keytab", &keytab_path),
            ("authorities", &authorities),
            ("revocation", &empty),
        ],
    );
    assert_eq!(page.status, 200, "{}", page.body);
    instance.await_event(
        "console.files_changed",
        &[KEYTAB, CA, "certs/crl/new-ca.pem"],
    );
    let home = instance.home();
    assert_eq!(fs::read(home.join(KEYTAB)).expect("read"), keytab);
    let mode = fs::metadata(home.join(KEYTAB))
        .expect("there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let kept = all(&home.join("backups"));
    for (name, content) in [
        (KEYTAB, fs::read(lab.keytab()).expect("read")),
        (CA, old.pem.into()),
    ] {
        assert!(
            kept.iter()
                .any(|(path, kept)| path.ends_with(name) && *kept == content),
            "{name}"
        );
    }
    let alice = lab.kinit("alice");
    assert_eq!(instance.curl("/wsfed").negotiate(&alice).run().status, 200);
    let login = || instance.curl("/wsfed").certificate(&certificate).run();
    assert_eq!(login().status, 200);
    // The next list of the same CA, in DER this time.
    let list = write(
        "pem",
        ca.revocation_list(&[certificate.serial], false).as_bytes(),
    );
    let der = given.path().join("next.crl");
    let converted = std::process::Command::new("openssl")
        .args(["crl", "-outform", "der", "-in"])
        .arg(&list)
        .arg("-out")
        .arg(&der)
        .status();
    assert!(converted.expect("runs").success());
    let page = send(&instance, &[("revocation", &der)]);
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(
        all(&home.join("certs/crl")).len(),
        1,
        "in place of the first"
    );
    assert_eq!(login().status, 403, "revoked");
}

#[test]
fn wrong_files_change_nothing() {
    let (lab, ca, other) = (Lab::get(), ClientCa::new("A CA"), ClientCa::new("Other CA"));
    let instance = Instance::builder()
        .console()
        .set("CLIENT_CERT_AUTH", true)
        .file(CA, &ca.pem)
        .start();
    let given = TempDir::new().expect("a folder");
    let write = |name: &str, content: &[u8]| {
        let path = given.path().join(name);
        fs::write(&path, content).expect("written");
        path
    };
    let mut keytab = fs::read(lab.keytab()).expect("read");
    for at in 0..keytab.len() - 5 {
        if keytab[at..].starts_with(b"login") {
            keytab[at..at + 5].copy_from_slice(b"other");
        }
    }
    let foreign_keytab = write("keytab", &keytab);
    let certificate = ca.issue("somebody", |_| ());
    let leaf = certificate.chain();
    let foreign_list = write("other.crl", other.revocation_list(&[], false).as_bytes());
    let nonsense = write("nonsense", b"nonsense");
    let good = write("ca.pem", other.pem.as_bytes());
    let before = all(&instance.home().join("certs"));
    for (files, says) in [
        (vec![("keytab", &nonsense)], "the keytab is not a keytab"),
        (
            vec![("keytab", &foreign_keytab)],
            "no key for HTTP/login.corp.example",
        ),
        (vec![("authorities", &leaf)], "which is no CA"),
        (vec![("authorities", &nonsense)], "holds no certificate"),
        (vec![("revocation", &nonsense)], "holds no revocation list"),
        (vec![("revocation", &foreign_list)], "none of the CAs"),
        (
            vec![("authorities", &good), ("keytab", &nonsense)],
            "the keytab is not a keytab",
        ),
        (vec![], "Choose a file"),
    ] {
        let files: Vec<_> = files
            .iter()
            .map(|(name, path)| (*name, path.as_path()))
            .collect();
        let page = send(&instance, &files);
        assert_eq!(page.status, 422, "{says}: {}", page.body);
        assert!(page.body.contains(says), "{says}: {}", page.body);
        assert_eq!(all(&instance.home().join("certs")), before, "{says}");
    }
    assert!(!instance.home().join("backups").exists());
}

#[test]
fn a_file_elsewhere_is_not_replaced() {
    let lab = Lab::get();
    let path = lab.keytab().display().to_string();
    let instance = Instance::builder()
        .console()
        .set("KERBEROS_KEYTAB", path.as_str())
        .start();
    let page = send(&instance, &[("keytab", &lab.keytab())]);
    assert_eq!(page.status, 422, "{}", page.body);
    assert!(page.body.contains("KERBEROS_KEYTAB names"), "{}", page.body);
}
