//! A configuration that would lock everyone out is refused, and one cause is one message: what
//! `ad-edge check` says. No lab is needed.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::{Value, json};
use tempfile::TempDir;

fn run(command: &str, home: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ad-edge"))
        .args([command, "--home"])
        .arg(home)
        .env_clear()
        .output()
        .expect("ad-edge")
}

/// The mistakes that are said, a line each; the exit code is 64.
fn mistakes(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(64), "{text}");
    let lines = text.lines().filter(|line| line.starts_with("  "));
    lines.map(|line| line.trim().to_owned()).collect()
}

/// What is wrong with a configuration that is good but for these keys.
fn checked(changes: &Value) -> Vec<String> {
    let mut config = json!({
        "LDAP_URL": "ldaps://dc1.corp.example",
        "LDAP_BASE": "DC=corp,DC=example",
        "ANONYMOUS_SEARCH_ENABLED": true,
        "SERVER_URL": "https://login.corp.example",
        "REALM": "urn:auth0:corp",
        "urn:auth0:corp": "https://corp.auth0.com/login/callback",
    });
    let changes = changes.as_object().expect("an object").clone();
    config.as_object_mut().expect("an object").extend(changes);
    let home = TempDir::new().expect("a folder");
    fs::write(home.path().join("config.json"), config.to_string()).expect("written");
    mistakes(&run("check", home.path()))
}

#[test]
fn each_filter_is_parsed_and_has_its_place_for_the_value() {
    for key in [
        "LDAP_USER_BY_NAME",
        "LDAP_SEARCH_QUERY",
        "LDAP_SEARCH_GROUPS",
    ] {
        for (filter, problem) in [
            ("(sAMAccountName={0}", "is not an LDAP filter"),
            ("(|(sAMAccountName={0})(mail={0})", "is not an LDAP filter"),
            ("(sAMAccountName=alice)", "has no {0}"),
        ] {
            let said = checked(&json!({ key: filter }));
            let found = said
                .iter()
                .any(|line| line.contains(key) && line.contains(problem));
            assert!(found, "{key} = {filter}: {said:?}");
        }
    }
    for key in [
        "LDAP_SEARCH_ALL_QUERY",
        "LDAP_SEARCH_LIST_GROUPS_QUERY",
        "LDAP_HEARTBEAT_SEARCH_QUERY",
    ] {
        let said = checked(&json!({ key: "(objectCategory=group" }));
        let found = said
            .iter()
            .any(|line| line.contains(key) && line.contains("is not an LDAP filter"));
        assert!(found, "{key}: {said:?}");
    }
}

#[test]
fn a_base_is_a_distinguished_name() {
    for key in ["LDAP_BASE", "LDAP_BASE_GROUPS"] {
        let said = checked(&json!({ key: "corp.example" }));
        let found = said
            .iter()
            .any(|line| line.contains(key) && line.contains("is not a distinguished name"));
        assert!(found, "{key}: {said:?}");
    }
}

#[test]
fn a_mistake_in_the_json_is_one_message() {
    let home = TempDir::new().expect("a folder");
    let text = "{ \"LDAP_URL\": \"ldaps://dc1.corp.example\" \"PORT\": 4000 }";
    fs::write(home.path().join("config.json"), text).expect("written");
    for command in ["check", "serve"] {
        let output = run(command, home.path());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(64), "{said}");
        assert!(
            said.contains("is not JSON") && said.contains("column"),
            "{said}"
        );
        assert!(said.contains("1 mistake"), "{said}");
        for follows in ["LDAP_URL", "SERVER_URL", "LDAP_BASE"] {
            assert!(!said.contains(follows), "{command}: {said}");
        }
    }
}

#[test]
fn a_folder_that_is_not_there_is_one_message_and_no_console() {
    let folder = TempDir::new().expect("a folder");
    let home = folder.path().join("typo");
    for command in ["check", "serve"] {
        let output = run(command, &home);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(64), "{said}");
        assert!(
            said.contains("typo") && said.contains("is not a folder"),
            "{said}"
        );
        assert!(said.contains("1 mistake"), "{said}");
        assert!(!said.contains("LDAP_URL"), "{command}: {said}");
    }
    assert!(!home.exists());
}
