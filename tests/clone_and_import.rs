//! Export and import, a copied folder, and a migration from the legacy connector.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::lab::{Lab, instance::Instance, project, run_with_input, snapshot::named};

fn ad_edge(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ad-edge"));
    command.args(arguments).output().expect("ad-edge")
}

fn words(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

/// The lab's password as the legacy connector stores it, by Node's own crypto: for the key in `home`.
fn stored_password(format: &str, home: &Path) -> String {
    let mut node = Command::new("node");
    node.arg(project().join("tests/lab/credentials.js"))
        .arg(format)
        .arg(home.join("certs/cert.key"));
    let stored = run_with_input(&mut node, &Lab::get().password);
    stored.trim().to_owned()
}

/// The legacy connector's export or import (tests/lab/zip.js).
fn adm_zip(what: &str, archive: &str, folder: &Path) -> String {
    let mut node = Command::new("node");
    node.env("NODE_PATH", Lab::get().node_modules())
        .arg(project().join("tests/lab/zip.js"))
        .args([what, archive])
        .arg(folder);
    run_with_input(&mut node, "")
}

fn empty(home: &Path) {
    std::fs::remove_dir_all(home).expect("emptied");
}

/// A first server as set-up leaves it: the bind password encrypted.
fn first() -> Instance {
    let builder = Instance::builder();
    let stored = stored_password("scrypt", &builder.home());
    builder
        .unset("LDAP_BIND_PASSWORD")
        .set("LDAP_BIND_CREDENTIALS", stored)
        .set("SITE_NAME", "Kestrel Works")
        .start()
}

fn read_config(home: &Path) -> Value {
    let text = std::fs::read(home.join("config.json")).expect("config.json");
    serde_json::from_slice(&text).expect("JSON")
}

#[test]
fn an_export_serves_elsewhere_while_the_first_runs() {
    let first = first();
    let folder = TempDir::new().expect("a folder");
    let zip = folder.path().join("export.zip").display().to_string();
    let home = first.home().display().to_string();
    let output = ad_edge(&["export", &zip, "--home", &home]);
    assert!(output.status.success(), "{}", words(&output));
    assert!(!words(&output).contains("warning"), "{}", words(&output));
    // What the legacy connector's import takes, by a reader that is not ours.
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
    empty(&there);
    let output = ad_edge(&["import", &zip, "--home", &there.display().to_string()]);
    assert!(output.status.success(), "{}", words(&output));
    let said = words(&output);
    assert!(
        said.contains("It can start") && !said.contains("What is different"),
        "{said}"
    );
    assert_eq!(read_config(&there), read_config(&first.home()));
    let second = second.unchanged().start();
    let alice = Lab::get().kinit("alice");
    for instance in [&first, &second] {
        let page = instance.curl("/wsfed").negotiate(&alice).run();
        assert_eq!(page.status, 200, "{}", page.body);
    }
    assert!(second.curl("/wsfed").run().body.contains("Kestrel Works"));
}

#[test]
fn an_export_names_what_it_cannot_take() {
    let home = Instance::builder().file("roots/a.pem", "x");
    let config = json!({"SSL_CA_PATH": "roots", "KERBEROS_KEYTAB": "/etc/krb5.keytab"});
    let home = home.file("config.json", config.to_string());
    let folder = TempDir::new().expect("a folder");
    let zip = folder.path().join("export.zip").display().to_string();
    let output = ad_edge(&["export", &zip, "--home", &home.home().display().to_string()]);
    assert!(output.status.success(), "{}", words(&output));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    for text in [
        "roots, which SSL_CA_PATH names",
        "/etc/krb5.keytab, which KERBEROS_KEYTAB names",
    ] {
        assert!(said.contains(text), "no {text:?} in {said}");
    }
}

#[test]
fn a_copied_folder_serves_with_no_other_step() {
    let first = first();
    let copy = Instance::builder();
    empty(&copy.home());
    run_with_input(
        Command::new("cp")
            .arg("-a")
            .arg(first.home())
            .arg(copy.home()),
        "",
    );
    let copy = copy.unchanged().start();
    let alice = Lab::get().kinit("alice");
    assert_eq!(copy.curl("/wsfed").negotiate(&alice).run().status, 200);
    assert_eq!(first.curl("/wsfed").negotiate(&alice).run().status, 200);
}

#[test]
fn zips_go_both_ways_with_the_legacy_connector_s_own_library() {
    let first = first();
    let folder = TempDir::new().expect("a folder");
    let zip = folder.path().join("ours.zip").display().to_string();
    let home = first.home().display().to_string();
    assert!(ad_edge(&["export", &zip, "--home", &home]).status.success());
    // Ours, to the legacy connector: exactly the files that it takes, whatever else is in it.
    let old = folder.path().join("old");
    let entries: usize = adm_zip("take", &zip, &old)
        .trim()
        .parse()
        .expect("a number");
    assert!(entries > 4, "ours holds the rest of certs/ too");
    for name in ["config.json", "certs/cert.key", "certs/cert.pem"] {
        assert_eq!(
            std::fs::read(old.join(name)).expect("extracted"),
            std::fs::read(first.home().join(name)).expect("there"),
            "{name}"
        );
    }
    let mapper = std::fs::read_to_string(old.join("lib/profileMapper.js")).expect("extracted");
    assert!(mapper.contains("module.exports"), "{mapper}");

    // And back: the legacy connector's export, into an installation that has other files.
    let theirs = folder.path().join("theirs.zip").display().to_string();
    adm_zip("make", &theirs, &old);
    let second = Instance::builder().file("certs/next.pem", "stale");
    let there = second.home();
    let output = ad_edge(&["import", &theirs, "--home", &there.display().to_string()]);
    let said = words(&output);
    assert!(output.status.success(), "{said}");
    for text in [
        "4 files were taken",
        "What is different here",
        "certs/next.pem is given to the tenant",
        "It can start",
    ] {
        // The planted mapper is the built-in one, and no file.
        let text = text.replace("4 files", "3 files");
        assert!(said.contains(&text), "no {text:?} in {said}");
    }
    assert!(!there.join("lib/profileMapper.js").exists());
    assert_eq!(read_config(&there), read_config(&first.home()));
    let second = second.unchanged().start();
    let alice = Lab::get().kinit("alice");
    assert_eq!(second.curl("/wsfed").negotiate(&alice).run().status, 200);
}

#[test]
fn a_signing_key_by_the_environment_opens_the_stored_password() {
    let builder = Instance::builder();
    let home = builder.home();
    let stored = stored_password("scrypt", &home);
    let key = std::fs::read_to_string(home.join("certs/cert.key")).expect("the key");
    let builder = builder
        .unset("LDAP_BIND_PASSWORD")
        .set("LDAP_BIND_CREDENTIALS", stored)
        // As a shell hands it on: without the last line end.
        .env("AUTH_CERT_KEY", key.trim_end());
    let ended = builder.run_to_end("check");
    assert!(ended.status.success(), "{}", ended.log);
    assert!(ended.log.contains("can be used"), "{}", ended.log);
}

#[test]
fn a_signing_key_of_a_file_elsewhere_opens_the_stored_password() {
    let builder = Instance::builder();
    let home = builder.home();
    let stored = stored_password("legacy", &home);
    let key = std::fs::read(home.join("certs/cert.key")).expect("the key");
    let builder = builder
        .unset("LDAP_BIND_PASSWORD")
        .set("LDAP_BIND_CREDENTIALS", stored)
        .file("secrets/key", key)
        .env("AUTH_CERT_KEY_FILE", "secrets/key");
    let ended = builder.run_to_end("check");
    assert!(ended.status.success(), "{}", ended.log);
}

#[test]
fn without_files_nothing_is_imported() {
    let first = first();
    let folder = TempDir::new().expect("a folder");
    let from = first.home().display().to_string();
    let home = folder.path().join("new");
    let mut command = Command::new(env!("CARGO_BIN_EXE_ad-edge"));
    command
        .args(["import", &from, "--home"])
        .arg(&home)
        .env("OVERRIDE_CONFIG", "false");
    let output = command.output().expect("ad-edge");
    assert_eq!(output.status.code(), Some(64));
    assert!(words(&output).contains("OVERRIDE_CONFIG is false"));
    assert!(!home.exists());
}

/// Leaves an import half way, as a crash does: the first file is new, the journal says how to get back.
/// Gives what the key was before.
fn interrupt(home: &Path) -> Vec<u8> {
    let key = home.join("certs/cert.key");
    let backup = home.join("backups/20261124-120000/certs");
    std::fs::create_dir_all(&backup).expect("a folder");
    std::fs::copy(&key, backup.join("cert.key")).expect("copied");
    let journal = json!({"backup": "backups/20261124-120000", "were_there": ["certs/cert.key"],
        "are_new": ["certs/new.pem"], "new_folders": []});
    std::fs::write(home.join(".import.json"), journal.to_string()).expect("written");
    std::fs::write(home.join("certs/new.pem"), "half").expect("written");
    let before = std::fs::read(&key).expect("the key");
    std::fs::write(&key, "half").expect("written");
    before
}

fn is_as_before(home: &Path, key: &[u8]) -> bool {
    std::fs::read(home.join("certs/cert.key")).expect("the key") == key
        && !home.join("certs/new.pem").exists()
        && !home.join(".import.json").exists()
}

#[test]
fn a_start_goes_back_from_an_import_that_was_interrupted() {
    let builder = Instance::builder();
    let home = builder.home();
    let key = interrupt(&home);
    let instance = builder.start();
    instance.await_event("import.recovered", &["ERROR"]);
    assert!(is_as_before(&home, &key));
    let alice = Lab::get().kinit("alice");
    assert_eq!(instance.curl("/wsfed").negotiate(&alice).run().status, 200);
}

#[test]
fn every_command_that_reads_or_writes_goes_back_first() {
    let (other, folder) = (Instance::builder(), TempDir::new().expect("a folder"));
    let from = other.home().display().to_string();
    for arguments in [vec!["check"], vec!["import", &from], vec!["setup", "--yes"]] {
        let home = folder.path().join(arguments[0]);
        run_with_input(Command::new("cp").arg("-a").arg(&from).arg(&home), "");
        let key = interrupt(&home);
        let to = home.display().to_string();
        let said = words(&ad_edge(&[arguments.as_slice(), &["--home", &to]].concat()));
        assert!(
            said.contains("an import or another change was interrupted here"),
            "{arguments:?}: {said}"
        );
        assert!(is_as_before(&home, &key), "{arguments:?}: {said}");
    }
}

/// A folder as the legacy connector leaves it; both formats of the bind password by Node's own crypto.
#[test]
fn an_installation_of_the_legacy_connector_is_taken_with_a_report() {
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
        let stored = stored_password(format, &old);
        let config = json!({
            "AD_HUB": "https://tenant.corp.example:9443/lo/hub", "CONNECTION": "corp",
            "REALM": "urn:auth0:corp", "urn:auth0:corp": "https://tenant.corp.example:9443/login/callback",
            "TENANT_SIGNING_KEY": "a shared secret of the tenant", "LAST_SENT_THUMBPRINT": "00",
            "SERVER_URL": "http://old:4000", "KERBEROS_AUTH": true, "ENABLE_WRITE_BACK": "false",
            "LDAP_URL": format!("ldaps://{}:636", lab.address), "LDAP_BASE": "DC=corp,DC=example",
            "LDAP_BIND_USER": "svc-ldap@corp.example", "LDAP_BIND_CREDENTIALS": stored, "PORT": 4000,
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
        // A mapper that cannot be loaded is refused, with the report, and corrected in the copy.
        let refused = ad_edge(&["import", &from, "--home", &to]);
        assert_eq!(refused.status.code(), Some(64));
        let said = words(&refused);
        assert!(!home.exists(), "{said}");
        for text in [
            "calls require of lodash",
            "profileMapper.js:1",
            "nothing was changed",
        ] {
            assert!(said.contains(text), "no {text:?} in {said}");
        }
        std::fs::write(
            old.join("lib/profileMapper.js"),
            "module.exports = function (raw) { return { id: raw.objectGUID, kestrel: raw.cn }; };",
        )
        .expect("written");
        let dry = ad_edge(&["import", &from, "--dry-run", "--home", &to]);
        assert!(dry.status.success() && !home.exists(), "{}", words(&dry));
        let said = words(&ad_edge(&["import", &from, "--home", &to]));
        if format == "scrypt" {
            let known = [
                (from.as_str(), "OLD"),
                (&to, "NEW"),
                (&lab.address, "ADDRESS"),
            ];
            insta::assert_snapshot!("import", named(&said, &known));
        }
        for text in [
            "Taken (",
            "without effect here (2): LAST_SENT_THUMBPRINT, SESSION_SECRET",
            "unknown (1): SOMETHING_ELSE",
            "needs a keytab",
            "SERVER_URL is plain http",
            "ENABLE_WRITE_BACK is the text \"false\"",
            "Keys of the old host",
            "Before it can start",
            &format!("install -m 600 krb5.keytab {to}/certs/krb5.keytab"),
        ] {
            assert!(said.contains(text), "no {text:?} in {said}");
        }
        assert!(!said.contains(&lab.password) && !said.contains("a shared secret"));
        assert!(!home.join("node_modules").exists());

        // With what the report asks for, it serves: the old password opens with the old key.
        let kept = read_config(&home);
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
        let page = instance.curl("/wsfed").negotiate(&alice).run();
        assert_eq!(page.status, 200, "{format}");
        assert!(
            page.body.contains("kestrel"),
            "its mapper makes the profiles"
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

#[test]
fn what_this_host_s_environment_names_is_not_taken_away() {
    let first = first();
    let folder = TempDir::new().expect("a folder");
    let zip = folder.path().join("export.zip").display().to_string();
    let home = first.home().display().to_string();
    assert!(ad_edge(&["export", &zip, "--home", &home]).status.success());

    let second = Instance::builder();
    let there = second.home();
    for end in ["pem", "key"] {
        let own = there.join(format!("certs/edge2.{end}"));
        std::fs::rename(there.join(format!("certs/tls.{end}")), own).expect("moved");
    }
    let import = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ad-edge"));
        command
            .args(["import", &zip, "--home", &there.display().to_string()])
            .env("TLS_CERT_FILE", "certs/edge2.pem")
            .env("TLS_KEY_FILE", "certs/edge2.key");
        command.output().expect("ad-edge")
    };
    let before = read_config(&there);
    let output = import();
    assert!(!output.status.success(), "{}", words(&output));
    assert!(
        words(&output).contains("nothing was changed"),
        "{}",
        words(&output)
    );
    assert_eq!(read_config(&there), before);
    assert!(there.join("certs/edge2.key").exists());
}
