//! What an administrator changes in the console is tried before it is saved, and what cannot be used is said.

use serde_json::{Value, json};

use crate::{
    console::csrf,
    lab::{Lab, curl::Response, instance::Instance},
};

/// Whether the page shows this check as failed.
fn failed(page: &Response, check: &str) -> bool {
    page.body
        .contains(&format!("<i class=\"pill bad\">Failed</i><b>{check}</b>"))
}

#[test]
fn directory_settings_are_checked_before_they_are_saved() {
    let (lab, instance) = (Lab::get(), Instance::builder().console().start());
    let page = instance.console("/").run();
    let token = csrf(&page);
    assert!(
        page.body.contains("value=\"DC=corp,DC=example\""),
        "{}",
        page.body
    );
    let save = |base: &str, password: &str| {
        let fields = [
            ("csrf", token.as_str()),
            ("LDAP_BASE", base),
            ("LDAP_BIND_PASSWORD", password),
        ];
        instance.console("/directory").form(fields).run()
    };
    let config = || std::fs::read_to_string(instance.home().join("config.json")).expect("read");
    let before = config();
    let refused = save("DC=other,DC=example", "");
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(
        refused.body.contains("Nothing was saved") && failed(&refused, "search"),
        "{}",
        refused.body
    );
    assert!(
        refused.body.contains("value=\"DC=other,DC=example\""),
        "what was typed is there to be corrected: {}",
        refused.body
    );
    let elsewhere = instance
        .console("/directory")
        .form([
            ("csrf", token.as_str()),
            ("LDAP_URL", "ldap://dc1.crop.example"),
        ])
        .run();
    assert!(
        elsewhere.body.contains("password too"),
        "it goes to nobody by a slip of the finger: {}",
        elsewhere.body
    );
    let refused = save("DC=corp,DC=example", "not the password");
    assert!(failed(&refused, "bind"), "{}", refused.body);
    assert_eq!(config(), before);
    let only_checked = instance
        .console("/directory")
        .form([
            ("csrf", token.as_str()),
            ("do", "check"),
            ("LDAP_BASE", "CN=Users,DC=corp,DC=example"),
        ])
        .run();
    assert!(
        only_checked
            .body
            .contains("All checks passed; nothing was saved")
            || failed(&only_checked, "tenant"),
        "{}",
        only_checked.body
    );
    assert_eq!(config(), before);
    let saved = save("CN=Users,DC=corp,DC=example", &lab.password);
    assert_eq!(saved.status, 200, "{}", saved.body);
    let after: Value = serde_json::from_str(&config()).expect("JSON");
    assert_eq!(after["LDAP_BASE"], "CN=Users,DC=corp,DC=example");
    assert!(
        after.get("LDAP_BIND_PASSWORD").is_none(),
        "it is encrypted now"
    );
    instance.await_event("reload.done", &[]);
    let alice = lab.kinit("alice");
    assert_eq!(instance.curl("/wsfed").negotiate(&alice).run().status, 200);
}

#[test]
fn a_mapper_is_tried_on_a_user_before_it_is_saved() {
    let instance = Instance::builder().console().start();
    let token = csrf(&instance.console("/").run());
    let send = |what: &str, source: &str| {
        let fields = [
            ("csrf", token.as_str()),
            ("do", what),
            ("source", source),
            ("user", "alice"),
        ];
        instance.console("/mapper").form(fields).run()
    };
    let good = "module.exports = raw => ({ id: raw.objectGUID, displayName: raw.displayName, kestrel: raw.sn });";
    let tried = send("try", good);
    assert!(tried.body.contains("Smith"), "{}", tried.body);
    assert!(
        !instance.home().join("lib/profileMapper.js").exists(),
        "only tried"
    );
    let broken = send("save", "module.exports = {");
    assert_eq!(broken.status, 422, "{}", broken.body);
    assert!(!instance.home().join("lib/profileMapper.js").exists());
    assert_eq!(send("save", &good.replace("; ", ";\r\n")).status, 200);
    instance.await_event("reload.done", &[]);
    let saved = std::fs::read_to_string(instance.home().join("lib/profileMapper.js"));
    assert!(!saved.expect("saved").contains('\r'), "line ends of Unix");
    let alice = Lab::get().kinit("alice");
    let page = instance.curl("/wsfed").negotiate(&alice).run();
    assert!(page.body.contains("kestrel"), "the new claim");
    let found = instance.console("/user?q=alice").run();
    assert!(found.body.contains("kestrel"), "{}", found.body);
}

#[test]
fn a_certificate_is_checked_before_it_is_used() {
    let (lab, instance) = (Lab::get(), Instance::builder().console().start());
    let token = csrf(&instance.console("/").run());
    let part = |name: &str| lab.state.join("pki").join(name).display().to_string();
    let send = |chain: &str, key: &str| {
        instance
            .console("/certificate")
            .arg("-F")
            .arg(&format!("csrf={token}"))
            .arg("-F")
            .arg(&format!("chain=@{}", part(chain)))
            .arg("-F")
            .arg(&format!("key=@{}", part(key)))
    };
    let before = std::fs::read(instance.home().join("certs/tls.key")).expect("the key");
    let refused = send("login.pem", "tenant.key").run();
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(
        refused.body.contains("Nothing was changed"),
        "{}",
        refused.body
    );
    assert_eq!(
        std::fs::read(instance.home().join("certs/tls.key")).expect("the key"),
        before
    );
    let other_name = send("tenant.pem", "tenant.key").run();
    assert_eq!(other_name.status, 422, "{}", other_name.body);
    assert_eq!(
        std::fs::read(instance.home().join("certs/tls.key")).expect("the key"),
        before
    );
    let folder = tempfile::TempDir::new().expect("a folder");
    let own = |name: &str| folder.path().join(name).display().to_string();
    let mut command = std::process::Command::new("openssl");
    command
        .args([
            "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-days", "60",
        ])
        .args(["-subj", "/CN=login.corp.example"])
        .args(["-addext", "subjectAltName=DNS:login.corp.example"])
        .args(["-keyout", &own("key"), "-out", &own("chain")]);
    crate::lab::run_with_input(&mut command, "");
    let older = send(&own("chain"), &own("key")).run();
    assert_eq!(older.status, 422, "{}", older.body);
    let says = "ends before the certificate in use";
    assert!(older.body.contains(says), "{}", older.body);
    let used = send("tenant.pem", "tenant.key")
        .arg("-F")
        .arg("anyway=1")
        .run();
    assert_eq!(used.status, 200, "{}", used.body);
    assert!(
        used.body.contains("does not cover login.corp.example"),
        "{}",
        used.body
    );
    let left: Vec<_> = std::fs::read_dir(instance.home().join("certs"))
        .expect("a folder")
        .flatten()
        .collect();
    assert!(
        left.iter()
            .all(|file| !file.file_name().to_string_lossy().contains(".try")),
        "{left:?}"
    );
}

#[test]
fn a_change_that_cannot_be_used_says_so() {
    let instance = Instance::builder().console().start();
    let token = csrf(&instance.console("/").run());
    // Somebody has written this beside; it is read with the next change.
    let path = instance.home().join("config.json");
    let text = std::fs::read_to_string(&path).expect("config.json");
    let mut config: Value = serde_json::from_str(&text).expect("JSON");
    config["LDAP_URL"] = json!("ldaps://127.0.0.1:1");
    std::fs::write(&path, config.to_string()).expect("written");
    let page = instance
        .console("/server")
        .form([("csrf", token.as_str()), ("SITE_NAME", "Kestrel Works")])
        .run();
    assert_eq!(page.status, 422, "{}", page.body);
    assert!(
        page.body
            .contains("but not in use, the old configuration stays in use"),
        "{}",
        page.body
    );
}
