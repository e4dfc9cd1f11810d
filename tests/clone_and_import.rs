//! Export and import, a copied folder, and a migration from the incumbent.

use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::lab::{Lab, instance::Instance, project, run_with_input};

fn ad_edge(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ad-edge"));
    command.args(arguments).output().expect("ad-edge")
}

fn words(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn an_export_serves_elsewhere_while_the_first_runs() {
    let first = Instance::start();
    let folder = TempDir::new().expect("a folder");
    let zip = folder.path().join("export.zip").display().to_string();
    let home = first.home().display().to_string();
    let output = ad_edge(&["export", &zip, "--home", &home]);
    assert!(output.status.success(), "{}", words(&output));
    // What the incumbent's import takes, by a reader that is not ours.
    let listed = run_with_input(
        Command::new("python3").args(["-m", "zipfile", "-l", &zip]),
        "",
    );
    for name in [
        "config.json",
        "lib/profileMapper.js",
        "certs/cert.key",
        "certs/cert.pem",
    ] {
        assert!(listed.contains(name), "{listed}");
    }

    let second = Instance::builder();
    let there = second.home();
    std::fs::remove_dir_all(&there).expect("emptied");
    let output = ad_edge(&["import", &zip, "--home", &there.display().to_string()]);
    assert!(output.status.success(), "{}", words(&output));
    let second = second.start();
    let alice = Lab::get().kinit("alice");
    for instance in [&first, &second] {
        assert_eq!(instance.curl("/wsfed").negotiate(&alice).run().status, 200);
    }
}

#[test]
fn a_copied_folder_serves_with_no_other_step() {
    let first = Instance::start();
    let copy = Instance::builder();
    std::fs::remove_dir_all(copy.home()).expect("emptied");
    run_with_input(
        Command::new("cp")
            .arg("-a")
            .arg(first.home())
            .arg(copy.home()),
        "",
    );
    let copy = copy.start();
    let alice = Lab::get().kinit("alice");
    assert_eq!(copy.curl("/wsfed").negotiate(&alice).run().status, 200);
    assert_eq!(first.curl("/wsfed").negotiate(&alice).run().status, 200);
}

/// A folder as the incumbent leaves it; both formats of the bind password by Node's own crypto.
#[test]
fn an_installation_of_the_incumbent_is_taken_with_a_report() {
    let lab = Lab::get();
    for format in ["scrypt", "legacy"] {
        let folder = TempDir::new().expect("a folder");
        let old = folder.path().join("old");
        std::fs::create_dir_all(old.join("certs")).expect("a folder");
        std::fs::create_dir_all(old.join("node_modules/x")).expect("a folder");
        std::fs::create_dir_all(old.join("lib")).expect("a folder");
        run_with_input(
            Command::new(project().join("certs/make-signing.sh"))
                .arg(old.join("certs"))
                .args(["corp", "corp.example"]),
            "",
        );
        let mut node = Command::new("node");
        node.arg(project().join("tests/lab/credentials.js"))
            .arg(format)
            .arg(old.join("certs/cert.key"));
        let stored = run_with_input(&mut node, &lab.password);
        let config = json!({
            "AD_HUB": "https://tenant.corp.example:9443/lo/hub", "CONNECTION": "corp",
            "REALM": "urn:auth0:corp", "urn:auth0:corp": "https://tenant.corp.example:9443/login/callback",
            "TENANT_SIGNING_KEY": "a shared secret of the tenant", "LAST_SENT_THUMBPRINT": "00",
            "SERVER_URL": "http://old:4000", "KERBEROS_AUTH": true, "ENABLE_WRITE_BACK": "false",
            "LDAP_URL": format!("ldaps://{}:636", lab.address), "LDAP_BASE": "DC=corp,DC=example",
            "LDAP_BIND_USER": "svc-ldap@corp.example", "LDAP_BIND_CREDENTIALS": stored.trim(),
            "SESSION_SECRET": "x", "SOMETHING_ELSE": 1,
        });
        std::fs::write(old.join("config.json"), config.to_string()).expect("written");
        std::fs::write(
            old.join("lib/profileMapper.js"),
            "var x = require('lodash'); module.exports = function (raw) { return raw; };",
        )
        .expect("written");

        let home = folder.path().join("new");
        let (from, to) = (old.display().to_string(), home.display().to_string());
        let dry = ad_edge(&["import", &from, "--dry-run", "--home", &to]);
        assert!(dry.status.success() && !home.exists(), "{}", words(&dry));
        let said = words(&ad_edge(&["import", &from, "--home", &to]));
        for text in [
            "Taken (",
            "without effect here (2): LAST_SENT_THUMBPRINT, SESSION_SECRET",
            "unknown (1): SOMETHING_ELSE",
            "needs a keytab",
            "SERVER_URL is plain http",
            "ENABLE_WRITE_BACK is the text \"false\"",
            "calls require()",
            "Before it can start",
        ] {
            assert!(said.contains(text), "no {text:?} in {said}");
        }
        assert!(!said.contains(&lab.password) && !said.contains("a shared secret"));
        assert!(!home.join("node_modules").exists());

        // With what the report asks for, it serves: the old password opens with the old key.
        std::fs::remove_file(home.join("lib/profileMapper.js")).expect("the mapper");
        let kept: Value =
            serde_json::from_slice(&std::fs::read(home.join("config.json")).expect("read"))
                .expect("JSON");
        assert_eq!(kept["SOMETHING_ELSE"], 1);
        let instance = Instance::builder();
        std::fs::remove_dir_all(instance.home()).expect("emptied");
        run_with_input(
            Command::new("cp").arg("-a").arg(&home).arg(instance.home()),
            "",
        );
        for (from, to) in [
            ("pki/login.pem", "tls.pem"),
            ("pki/login.key", "tls.key"),
            ("krb5.keytab", "krb5.keytab"),
        ] {
            std::fs::copy(lab.state.join(from), instance.home().join("certs").join(to))
                .expect("copied");
        }
        let mut keys = kept.as_object().expect("an object").clone();
        keys.insert(
            "SERVER_URL".to_owned(),
            json!("https://login.corp.example:8443"),
        );
        keys.insert("LISTEN_ADDRESS".to_owned(), json!(lab.address));
        keys.insert("SSL_CA_FILE".to_owned(), json!(lab.ca()));
        keys.insert("AGENT_MODE".to_owned(), json!(false));
        keys.insert("ADMIN_LISTEN".to_owned(), json!("off"));
        let instance = instance.only(Value::Object(keys)).start();
        let alice = lab.kinit("alice");
        assert_eq!(
            instance.curl("/wsfed").negotiate(&alice).run().status,
            200,
            "{format}"
        );
    }
}

#[test]
fn a_hostile_archive_changes_nothing() {
    let folder = TempDir::new().expect("a folder");
    let zip = folder.path().join("evil.zip").display().to_string();
    let make = format!(
        "import zipfile\nz = zipfile.ZipFile({zip:?}, 'w')\n\
         z.writestr('config.json', '{{}}')\nz.writestr('../../evil', 'x')\nz.close()\n"
    );
    run_with_input(&mut Command::new("python3"), &make);
    let instance = Instance::builder();
    let before = std::fs::read(instance.home().join("config.json")).expect("read");
    let output = ad_edge(&[
        "import",
        &zip,
        "--home",
        &instance.home().display().to_string(),
    ]);
    assert_eq!(output.status.code(), Some(64));
    let said = words(&output);
    assert!(
        said.contains("leads out") && said.contains("nothing was changed"),
        "{said}"
    );
    assert_eq!(
        std::fs::read(instance.home().join("config.json")).expect("read"),
        before
    );
    assert!(!folder.path().join("../evil").exists());
}
