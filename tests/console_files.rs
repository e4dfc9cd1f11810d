//! A keytab, CAs of client certificates and a revocation list go into place by the console, and wrong ones do not.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use tempfile::TempDir;

use crate::{
    console::csrf,
    lab::{
        Lab,
        client_ca::{ClientCa, add_upn},
        curl::Response,
        instance::{Builder, Instance},
        wait_until,
    },
};

const KEYTAB: &str = "certs/krb5.keytab";
const CA: &str = "certs/client-ca.pem";
const LIMIT: Duration = Duration::from_secs(10);
const ANYWAY: &str = "anyway";

/// An instance that takes client certificates, and a folder of files to be given to it.
struct Given {
    instance: Instance,
    folder: TempDir,
}

impl Given {
    fn to(builder: Builder) -> Self {
        let builder = builder.console().set("CLIENT_CERT_AUTH", true);
        Self {
            instance: builder.start(),
            folder: TempDir::new().expect("a folder"),
        }
    }

    /// One whose client certificates are of this CA.
    fn to_one_with(ca: &ClientCa) -> Self {
        Self::to(Instance::builder().file(CA, &ca.pem))
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, content).expect("written");
        path
    }

    fn home(&self, name: &str) -> PathBuf {
        self.instance.home().join(name)
    }

    fn send(&self, files: &[(&str, &Path)]) -> Response {
        send(&self.instance, files, "")
    }

    /// Sends them twice: refused with these words, then all the same. Gives the second answer.
    fn send_all_the_same(&self, files: &[(&str, &Path)], says: &[&str]) -> Response {
        let before = all(&self.home("certs"));
        let refused = self.send(files);
        assert_eq!(refused.status, 422, "{says:?}: {}", refused.body);
        for says in says {
            assert!(refused.body.contains(says), "{says}: {}", refused.body);
        }
        assert_eq!(all(&self.home("certs")), before, "{says:?}");
        let taken = send(&self.instance, files, ANYWAY);
        assert_eq!(taken.status, 200, "{}", taken.body);
        taken
    }

    fn take_back_the_latest(&self) -> Response {
        let page = self.instance.console("/").run();
        let (_, rest) = page
            .body
            .split_once("name=\"change\" value=\"")
            .unwrap_or_else(|| panic!("no change is listed: {}", page.body));
        let change = rest.split('"').next().expect("a name");
        let fields = [("csrf", csrf(&page)), ("change", change.to_owned())];
        let fields = fields.iter().map(|(name, value)| (*name, value.as_str()));
        self.instance.console("/take-back").form(fields).run()
    }
}

fn send(instance: &Instance, files: &[(&str, &Path)], tick: &str) -> Response {
    let token = csrf(&instance.console("/").run());
    let mut curl = instance.console("/files");
    curl = curl.arg("-F").arg(&format!("csrf={token}"));
    for (name, path) in files {
        curl = curl.arg("-F").arg(&format!("{name}=@{}", path.display()));
    }
    if !tick.is_empty() {
        curl = curl.arg("-F").arg(&format!("{tick}=1"));
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

/// The keytab of the lab with the name of its service changed, or the versions of its keys.
fn changed_keytab(change: impl Fn(&mut [u8])) -> Vec<u8> {
    let mut keytab = fs::read(Lab::get().keytab()).expect("read");
    change(&mut keytab);
    keytab
}

#[test]
fn right_files_come_into_use_and_what_they_replace_is_kept() {
    let (lab, old, ca) = (Lab::get(), ClientCa::new("Old CA"), ClientCa::new("New CA"));
    let given = Given::to_one_with(&old);
    // The same keys with a hole behind them: another file.
    let mut keytab = fs::read(lab.keytab()).expect("read");
    keytab.extend([0xff, 0xff, 0xff, 0xfe, 0, 0]);
    let keytab_path = given.write("keytab", &keytab);
    let certificate = ca.issue("somebody", |params| add_upn(params, "alice@corp.example"));
    let authorities = given.write("ca.pem", &ca.pem);
    let empty = given.write("first.crl", ca.revocation_list(&[], false));
    let page = given.send(&[
        ("keytab", &keytab_path),
        ("authorities", &authorities),
        ("revocation", &empty),
    ]);
    assert_eq!(page.status, 200, "{}", page.body);
    let instance = &given.instance;
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
    let list = given.write(
        "pem",
        ca.numbered_list(2, [2021, 2040], &[certificate.serial]),
    );
    let der = given.folder.path().join("next.crl");
    let converted = std::process::Command::new("openssl")
        .args(["crl", "-outform", "der", "-in"])
        .arg(&list)
        .arg("-out")
        .arg(&der)
        .status();
    assert!(converted.expect("runs").success());
    let page = given.send(&[("revocation", &der)]);
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(
        all(&home.join("certs/crl")).len(),
        1,
        "in place of the first"
    );
    assert_eq!(login().status, 403, "revoked");

    // Each is taken back, the latest first, and what was there counts again.
    let listed = "<td>certs/crl/new-ca.pem</td>";
    assert!(page.body.contains(listed), "{}", page.body);
    let taken_back = given.take_back_the_latest();
    assert_eq!(taken_back.status, 200, "{}", taken_back.body);
    wait_until(LIMIT, "the first list counts", || login().status == 200);
    assert_eq!(given.take_back_the_latest().status, 200, "the taking back");
    wait_until(LIMIT, "the second list counts", || login().status == 403);
}

#[test]
fn what_was_sent_is_taken_back_also_where_nothing_was_before() {
    let (lab, ca) = (Lab::get(), ClientCa::new("A CA"));
    let given = Given::to_one_with(&ca);
    let certificate = ca.issue("somebody", |params| add_upn(params, "alice@corp.example"));
    let login = || {
        given
            .instance
            .curl("/wsfed")
            .certificate(&certificate)
            .run()
    };
    let before = all(&given.home("certs"));

    let list = given.write("a.crl", ca.revocation_list(&[certificate.serial], false));
    assert_eq!(given.send(&[("revocation", &list)]).status, 200);
    wait_until(LIMIT, "the first list counts", || login().status == 403);
    let taken_back = given.take_back_the_latest();
    assert_eq!(taken_back.status, 200, "{}", taken_back.body);
    assert_eq!(all(&given.home("certs")), before);
    wait_until(LIMIT, "no list counts", || login().status == 200);

    let mut keytab = fs::read(lab.keytab()).expect("read");
    keytab.extend([0xff, 0xff, 0xff, 0xfe, 0, 0]);
    let keytab = given.write("keytab", keytab);
    let other = ClientCa::new("Other CA");
    let authorities = given.write("ca.pem", &other.pem);
    let page = given.send(&[("keytab", &keytab), ("authorities", &authorities)]);
    assert_eq!(page.status, 200, "{}", page.body);
    wait_until(LIMIT, "the other CA counts", || login().status == 403);
    let taken_back = given.take_back_the_latest();
    assert_eq!(taken_back.status, 200, "{}", taken_back.body);
    assert_eq!(all(&given.home("certs")), before);
    wait_until(LIMIT, "the CA counts again", || login().status == 200);
    let alice = lab.kinit("alice");
    let page = given.instance.curl("/wsfed").negotiate(&alice).run();
    assert_eq!(page.status, 200, "{}", page.body);

    // The same files again are no change.
    let keytab = given.home(KEYTAB);
    let page = given.send(&[("keytab", &keytab)]);
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("as it is already"), "{}", page.body);
}

#[test]
fn an_older_file_is_taken_when_that_is_meant_alone() {
    let ca = ClientCa::new("A CA");
    let given = Given::to_one_with(&ca);
    let list = |name: &str, number, years| given.write(name, ca.numbered_list(number, years, &[]));
    let third = list("3.crl", 3, [2023, 2040]);
    assert_eq!(given.send(&[("revocation", &third)]).status, 200);
    let second = list("2.crl", 2, [2022, 2040]);
    given.send_all_the_same(
        &[("revocation", &second)],
        &["older", "number 2 of 2022-01-01", "number 3 of 2023-01-01"],
    );
    let earlier = list("early.crl", 4, [2021, 2040]);
    given.send_all_the_same(&[("revocation", &earlier)], &["older", "2021-01-01"]);
    let ended = list("ended.crl", 5, [2024, 2025]);
    given.send_all_the_same(&[("revocation", &ended)], &["has ended", "2025-01-01"]);
    let next = list("next.crl", 6, [2039, 2040]);
    given.send_all_the_same(&[("revocation", &next)], &["begins", "2039-01-01"]);

    let older = changed_keytab(|keytab| set_versions(keytab, 1));
    let newer = changed_keytab(|keytab| set_versions(keytab, 9));
    let newer = given.write("newer", newer);
    let page = given.send(&[("keytab", &newer)]);
    assert_eq!(page.status, 200, "{}", page.body);
    let older = given.write("older", older);
    given.send_all_the_same(&[("keytab", &older)], &["key version 1", "key version 9"]);
}

/// Writes another version into each entry of a keytab (MIT krb5, "Keytab file format").
fn set_versions(keytab: &mut [u8], version: u8) {
    let number = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(0, |sum, byte| sum << 8 | usize::from(*byte))
    };
    let mut at = 2;
    while at < keytab.len() {
        let end = at + 4 + number(&keytab[at..at + 4]);
        let parts = number(&keytab[at + 4..at + 6]);
        let mut place = at + 6;
        for _ in 0..=parts {
            place += 2 + number(&keytab[place..place + 2]);
        }
        place += 8;
        keytab[place] = version;
        let key = number(&keytab[place + 3..place + 5]);
        if place + 5 + key + 4 <= end {
            keytab[place + 5 + key..place + 9 + key].copy_from_slice(&[0, 0, 0, version]);
        }
        at = end;
    }
}

#[test]
fn cas_that_would_count_no_more_are_named() {
    let (old, new) = (ClientCa::new("Old CA"), ClientCa::new("New CA"));
    let given = Given::to(Instance::builder().set("CA_CERT", old.pem.as_str()));
    let authorities = given.write("ca.pem", &new.pem);
    let taken = given.send_all_the_same(
        &[("authorities", &authorities)],
        &["CA_CERT", "CN=Old CA", "no more"],
    );
    assert!(taken.body.contains("CA_CERT"), "{}", taken.body);
    let both = given.write("both.pem", format!("{}{}", old.pem, new.pem));
    fs::remove_file(given.home(CA)).expect("removed");
    let page = given.send(&[("authorities", &both)]);
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("CA_CERT"), "{}", page.body);
}

#[test]
fn wrong_files_change_nothing() {
    let (ca, other) = (ClientCa::new("A CA"), ClientCa::new("Other CA"));
    let given = Given::to_one_with(&ca);
    let foreign_keytab = changed_keytab(|keytab| {
        for at in 0..keytab.len() - 5 {
            if keytab[at..].starts_with(b"login") {
                keytab[at..at + 5].copy_from_slice(b"other");
            }
        }
    });
    let foreign_keytab = given.write("keytab", foreign_keytab);
    let certificate = ca.issue("somebody", |_| ());
    let leaf = certificate.chain();
    let foreign_list = given.write("other.crl", other.revocation_list(&[], false));
    // Of a CA of the same name.
    let forged = ClientCa::new("A CA").revocation_list(&[], false);
    let forged = given.write("forged.crl", forged);
    let nonsense = given.write("nonsense", "nonsense");
    let good = given.write("ca.pem", &other.pem);
    let before = all(&given.home("certs"));
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
        (vec![("revocation", &forged)], "is not signed by"),
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
        let page = given.send(&files);
        assert_eq!(page.status, 422, "{says}: {}", page.body);
        assert!(page.body.contains(says), "{says}: {}", page.body);
        assert_eq!(all(&given.home("certs")), before, "{says}");
    }
    assert!(!given.home("backups").exists());

    // Two lists in one file: the next one of either CA would count beside it.
    let bundle = format!(
        "{}{}",
        ca.revocation_list(&[], false),
        other.revocation_list(&[], false)
    );
    fs::create_dir(given.home("certs/crl")).expect("a folder");
    fs::write(given.home("certs/crl/all.pem"), bundle).expect("written");
    let list = given.write("next.crl", ca.numbered_list(2, [2021, 2040], &[]));
    let page = given.send(&[("revocation", &list)]);
    assert_eq!(page.status, 422, "{}", page.body);
    assert!(page.body.contains("certs/crl/all.pem"), "{}", page.body);
}

#[test]
fn a_file_elsewhere_is_not_replaced() {
    let lab = Lab::get();
    let path = lab.keytab().display().to_string();
    let instance = Instance::builder()
        .console()
        .set("KERBEROS_KEYTAB", path.as_str())
        .start();
    let page = send(&instance, &[("keytab", &lab.keytab())], "");
    assert_eq!(page.status, 422, "{}", page.body);
    assert!(page.body.contains("KERBEROS_KEYTAB names"), "{}", page.body);
}
