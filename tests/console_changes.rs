//! What was changed in the console is listed there, and taken back.

use std::{fs, path::Path, time::Duration};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    console::csrf,
    lab::{
        Lab, client_ca::ClientCa, curl::Response, instance::Instance, run_with_input, wait_until,
    },
};

const LIMIT: Duration = Duration::from_secs(10);

/// The latest change that the page lists: its backup.
fn latest(page: &Response) -> String {
    let (_, rest) = page
        .body
        .split_once("name=\"change\" value=\"")
        .unwrap_or_else(|| panic!("no change is listed: {}", page.body));
    rest.split('"').next().expect("a name").to_owned()
}

/// What a form of the console answers.
fn send(instance: &Instance, path: &str, fields: &[(&str, &str)]) -> Response {
    let token = csrf(&instance.console("/").run());
    let token = [("csrf", token.as_str())];
    let fields = token.iter().chain(fields).copied();
    instance.console(path).form(fields).run()
}

fn take_back(instance: &Instance, change: &str) -> Response {
    send(instance, "/take-back", &[("change", change)])
}

#[test]
fn a_setting_is_taken_back_and_the_taking_back_too() {
    let instance = Instance::builder().console().start();
    let path = instance.home().join("config.json");
    let config = || fs::read_to_string(&path).expect("read");
    let before: Value = serde_json::from_str(&config()).expect("JSON");
    let page = instance.console("/").run();
    assert!(!page.body.contains("name=\"change\""), "{}", page.body);

    let changed = send(&instance, "/server", &[("SITE_NAME", "Kestrel Works")]);
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert!(changed.body.contains("<td>SITE_NAME</td>"), "its key");
    let serves = |name: &str| instance.curl("/wsfed").run().body.contains(name);
    wait_until(LIMIT, "the new name is served", || serves("Kestrel Works"));
    let first = latest(&changed);

    let taken_back = take_back(&instance, &first);
    assert_eq!(taken_back.status, 200, "{}", taken_back.body);
    assert!(
        taken_back.body.contains("is kept in"),
        "what was there is not lost: {}",
        taken_back.body
    );
    instance.await_event("console.taken_back", &[&first, "SITE_NAME"]);
    let now: Value = serde_json::from_str(&config()).expect("JSON");
    assert_eq!(now, before);
    wait_until(LIMIT, "the old name is served", || !serves("Kestrel Works"));

    assert_eq!(take_back(&instance, &latest(&taken_back)).status, 200);
    assert!(config().contains("Kestrel Works"));

    // Its copy is not a configuration.
    let copy = instance.home().join("backups").join(&first);
    fs::write(copy.join("config.json"), r#"{"LDAP_URL": "nonsense"}"#).expect("written");
    let refused = take_back(&instance, &first);
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(refused.body.contains("cannot be used"), "{}", refused.body);
    assert!(config().contains("Kestrel Works"), "as it was");

    fs::remove_dir_all(copy).expect("removed");
    for gone in [first.as_str(), "../backups", ""] {
        let refused = take_back(&instance, gone);
        assert_eq!(refused.status, 422, "{}", refused.body);
        assert!(refused.body.contains("is gone"), "{}", refused.body);
    }
}

#[test]
fn a_mapper_is_taken_back() {
    let instance = Instance::builder().console().start();
    let path = instance.home().join("lib/profileMapper.js");
    let source = |claim: &str| {
        format!(
            "module.exports = raw => ({{ id: raw.objectGUID, displayName: raw.displayName, {claim}: raw.sn }});"
        )
    };
    let save = |claim: &str| {
        let page = send(
            &instance,
            "/mapper",
            &[("do", "save"), ("source", &source(claim))],
        );
        assert_eq!(page.status, 200, "{}", page.body);
        latest(&page)
    };
    let (first, second) = (save("kestrel"), save("falcon"));
    assert_eq!(take_back(&instance, &second).status, 200);
    assert_eq!(fs::read_to_string(&path).expect("read"), source("kestrel"));
    let alice = Lab::get().kinit("alice");
    let page = instance.curl("/wsfed").negotiate(&alice).run();
    assert!(page.body.contains("kestrel"), "the old claim is in use");
    let built_in = take_back(&instance, &first);
    assert_eq!(built_in.status, 200, "{}", built_in.body);
    assert!(!path.exists(), "there was none before the first");
    let restored = take_back(&instance, &latest(&built_in));
    assert_eq!(restored.status, 200, "{}", restored.body);
    assert_eq!(fs::read_to_string(&path).expect("read"), source("kestrel"));
}

#[test]
fn a_certificate_is_taken_back() {
    let (lab, instance) = (Lab::get(), Instance::builder().console().start());
    let certs = || {
        ["certs/tls.pem", "certs/tls.key"]
            .map(|name| fs::read(instance.home().join(name)).expect("read"))
    };
    let before = certs();
    let part = |name: &str| lab.state.join("pki").join(name);
    let (other, key) = (part("tenant.pem"), part("tenant.key"));
    let token = csrf(&instance.console("/").run());
    let page = instance
        .console("/certificate")
        .arg("-F")
        .arg(&format!("csrf={token}"))
        .arg("-F")
        .arg(&format!("chain=@{}", other.display()))
        .arg("-F")
        .arg(&format!("key=@{}", key.display()))
        .arg("-F")
        .arg("anyway=1")
        .run();
    assert_eq!(page.status, 200, "{}", page.body);
    assert_ne!(certs(), before);
    let serves = || instance.curl("/wsfed").try_run().is_ok();
    wait_until(LIMIT, "the other certificate is served", || !serves());
    let taken_back = take_back(&instance, &latest(&page));
    assert_eq!(taken_back.status, 200, "{}", taken_back.body);
    assert_eq!(certs(), before);
    wait_until(LIMIT, "the first certificate is served", serves);
    assert_eq!(take_back(&instance, &latest(&taken_back)).status, 200);
    wait_until(LIMIT, "the other certificate is served", || !serves());
}

/// All files of a home folder but copies of what was before.
fn files(instance: &Instance) -> Vec<(String, Vec<u8>)> {
    fn collect(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                if !path.ends_with("backups") {
                    collect(&path, found);
                }
            } else {
                found.push((path.display().to_string(), fs::read(&path).expect("read")));
            }
        }
    }
    let mut found = Vec::new();
    collect(&instance.home(), &mut found);
    found.sort();
    found
}

#[test]
fn an_import_is_taken_back_with_all_its_files() {
    let mapper = "module.exports = raw => ({ id: raw.objectGUID, kestrel: raw.sn });";
    let first = Instance::builder()
        .console()
        .set("SITE_NAME", "Kestrel Works")
        .file("lib/profileMapper.js", mapper)
        .file(
            "logo.svg",
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'/>",
        )
        .set("SITE_LOGO", "logo.svg")
        .start();
    // Of another installation: it has a file of its own, and a key of its own to sign by.
    let builder = Instance::builder().console();
    let certs = builder.home().join("certs");
    new_signing_key(&certs);
    let ca = ClientCa::new("A CA");
    let second = builder
        .set("CLIENT_CERT_AUTH", true)
        .file("certs/client-ca.pem", &ca.pem)
        .set("SITE_NAME", "Falcon Works")
        .start();
    let before = files(&second);
    let folder = TempDir::new().expect("a folder");
    let zip = folder.path().join("export.zip");
    let token = csrf(&first.console("/").run());
    let mut command = std::process::Command::new("curl");
    command
        .args(["-sS", "--fail", "--max-time", "20", "-o"])
        .arg(&zip)
        .arg("--data")
        .arg(format!("csrf={token}"))
        .arg(first.console_url("/export"));
    run_with_input(&mut command, "");
    let token = csrf(&second.console("/").run());
    let page = second
        .console("/import")
        .arg("-F")
        .arg(&format!("csrf={token}"))
        .arg("-F")
        .arg(&format!("zip=@{}", zip.display()))
        .run();
    assert_eq!(page.status, 200, "{}", page.body);
    let serves = |name: &str| second.curl("/wsfed").run().body.contains(name);
    wait_until(LIMIT, "the import is in use", || serves("Kestrel Works"));
    let imported = files(&second);
    assert_ne!(imported, before);

    let taken_back = take_back(&second, &latest(&page));
    assert_eq!(taken_back.status, 200, "{}", taken_back.body);
    assert_eq!(files(&second), before);
    wait_until(LIMIT, "what was there is in use", || serves("Falcon Works"));
    let alice = Lab::get().kinit("alice");
    let token = second.curl("/wsfed").negotiate(&alice).run();
    assert_eq!(token.status, 200, "{}", token.body);
    assert!(!token.body.contains("kestrel"), "no mapper");

    let again = take_back(&second, &latest(&taken_back));
    assert_eq!(again.status, 200, "{}", again.body);
    assert_eq!(files(&second), imported);
    wait_until(LIMIT, "the import is in use again", || {
        serves("Kestrel Works")
    });
}

fn new_signing_key(certs: &Path) {
    let mut command = std::process::Command::new("openssl");
    command
        .args([
            "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-days", "2",
        ])
        .args(["-subj", "/CN=falcon", "-keyout"])
        .arg(certs.join("cert.key"))
        .arg("-out")
        .arg(certs.join("cert.pem"));
    run_with_input(&mut command, "");
}
