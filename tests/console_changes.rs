//! What was changed in the console is listed there, and taken back.

use std::{fs, time::Duration};

use serde_json::Value;

use crate::{
    console::csrf,
    lab::{Lab, curl::Response, instance::Instance, wait_until},
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
