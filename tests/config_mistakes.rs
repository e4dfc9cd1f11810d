//! A configuration that would lock everyone out is refused, and one cause is one message: what
//! `ad-edge check` says. No lab is needed.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
    thread,
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::Instant;

use crate::smallest::smallest;

fn run(command: &str, home: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ad-edge"))
        .args(command.split(' '))
        .arg("--home")
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
    let home = home_with(changes);
    mistakes(&run("check", home.path()))
}

fn home_with(changes: &Value) -> TempDir {
    let home = TempDir::new().expect("a folder");
    let config = smallest(changes).to_string();
    fs::write(home.path().join("config.json"), config).expect("written");
    home
}

/// Commands that need one, and make none.
const OF_A_CONFIGURATION: [&str; 4] = [
    "check",
    "fleet",
    "setup --balancer haproxy",
    "setup --browser-policies policies",
];

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
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
    for command in OF_A_CONFIGURATION.iter().chain(&["serve"]) {
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
    for command in OF_A_CONFIGURATION.iter().chain(&["serve"]) {
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

/// As a mount that is not there leaves it; and no console is opened in its place.
#[test]
fn a_config_json_that_is_a_link_to_nothing_is_one_message_and_no_console() {
    let home = TempDir::new().expect("a folder");
    std::os::unix::fs::symlink("/nowhere/config.json", home.path().join("config.json"))
        .expect("a link");
    for command in OF_A_CONFIGURATION.iter().chain(&["serve", "doctor"]) {
        let output = run(command, home.path());
        let all = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&all).into_owned();
        assert_eq!(output.status.code(), Some(64), "{command}: {said}");
        assert!(
            said.contains("is a link to a file that is not there"),
            "{said}"
        );
        assert!(!said.contains("LDAP_"), "{command}: {said}");
    }
}

/// As `>` of PowerShell writes it.
#[test]
fn a_config_json_that_is_not_utf_8_is_told_so() {
    let home = TempDir::new().expect("a folder");
    fs::write(home.path().join("config.json"), b"\xff\xfe{\0}\0").expect("written");
    let said = mistakes(&run("check", home.path()));
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].contains("not text in UTF-8. Save it as UTF-8"),
        "{said:?}"
    );
}

#[test]
fn a_folder_of_files_that_is_not_there_is_one_message() {
    let keys = json!({"KERBEROS_AUTH": true, "SSL_CA_FILE": "certs/ca.pem", "TLS_CERT_FILE": null});
    let home = home_with(&keys);
    for is_file in [false, true] {
        if is_file {
            fs::write(home.path().join("certs"), "").expect("written");
        }
        let said = mistakes(&run("check", home.path()));
        assert_eq!(said.len(), 1, "{said:?}");
        for part in [
            "certs\": is no folder",
            "KERBEROS_KEYTAB",
            "TLS_CERT_FILE",
            "SSL_CA_FILE",
        ] {
            assert!(said[0].contains(part), "{said:?}");
        }
    }
    fs::remove_file(home.path().join("certs")).expect("removed");
    fs::create_dir(home.path().join("certs")).expect("a folder");
    // Each by itself where the folder is there.
    assert_eq!(mistakes(&run("check", home.path())).len(), 3);
}

#[test]
fn a_filter_that_makes_no_sense_is_refused_by_its_key() {
    for (key, filter, problem) in [
        (
            "LDAP_SEARCH_GROUPS",
            "(!(member={0}))",
            "only where it is negated",
        ),
        (
            "LDAP_SEARCH_QUERY",
            "(!(anr={0}))",
            "only where it is negated",
        ),
        (
            "LDAP_USER_BY_NAME",
            "(|(objectClass=*)(sAMAccountName={0}))",
            "finds everything",
        ),
        (
            "LDAP_USER_BY_NAME",
            "(&(sAMAccountName={0})(!(objectClass=*)))",
            "finds nothing",
        ),
        (
            "LDAP_USER_BY_NAME",
            "(sAMAccountName>={0})",
            "for more or less",
        ),
        ("LDAP_SEARCH_ALL_QUERY", "(cn={0})", "no value comes there"),
        (
            "LDAP_SEARCH_LIST_GROUPS_QUERY",
            "(cn={0})",
            "no value comes there",
        ),
        (
            "LDAP_HEARTBEAT_SEARCH_QUERY",
            "(cn={0})",
            "no value comes there",
        ),
    ] {
        let said = checked(&json!({ key: filter }));
        let found = said.iter().any(|line| {
            line.contains(key) && line.contains(problem) && line.contains("Write a filter such as")
        });
        assert!(found && said.len() == 1, "{key} = {filter}: {said:?}");
    }
    let home = home_with(&json!({
        "LDAP_SEARCH_GROUPS": "(|(member={0})(cn=everyone))",
        "LDAP_USER_BY_NAME": "(cn={0}*)",
    }));
    let said = said(&run("check", home.path()));
    for (key, words) in [
        ("LDAP_SEARCH_GROUPS", "everybody is in the groups"),
        ("LDAP_USER_BY_NAME", "a part of a name is enough"),
    ] {
        assert!(said.contains(&format!("warning: {key}: a part")), "{said}");
        assert!(said.contains(words), "{said}");
    }
}

/// Keys that name a file, each with what makes it count.
fn file_keys() -> Vec<(&'static str, Value)> {
    let kerberos = json!({
        "KERBEROS_AUTH": true,
        "TLS_TERMINATION": "proxy",
        "TRUSTED_PROXIES": "192.0.2.1",
    });
    let clients = json!({
        "CLIENT_CERT_AUTH": true,
        "TLS_TERMINATION": "proxy",
        "TRUSTED_PROXIES": "192.0.2.1",
    });
    vec![
        ("SITE_LOGO", json!({})),
        ("SSL_CA_FILE", json!({})),
        ("PROFILE_MAPPER_FILE", json!({})),
        ("CHANNEL_BINDING_CERT_FILES", json!({})),
        ("KERBEROS_KEYTAB", kerberos),
        ("CLIENT_CA_FILE", clients),
        ("TLS_CERT_FILE", json!({"TLS_KEY_FILE": "key"})),
        (
            "LDAP_BIND_PASSWORD_FILE",
            json!({"ANONYMOUS_SEARCH_ENABLED": false}),
        ),
        ("AUTH_CERT_KEY_FILE", json!({})),
    ]
}

#[test]
fn a_file_without_an_end_is_a_mistake_of_its_key_and_hangs_nothing() {
    let folder = TempDir::new().expect("a folder");
    let pipe = folder.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo").success());
    let huge = folder.path().join("huge");
    let file = fs::File::create(&huge).expect("a file");
    file.set_len(1 << 40).expect("a hole");
    let paths = [
        pipe.as_path(),
        &huge,
        Path::new("/dev/zero"),
        Path::new("/"),
    ];
    let begun = Instant::now();
    thread::scope(|scope| {
        for (key, mut keys) in file_keys() {
            for path in paths {
                keys[key] = json!(path);
                let home = home_with(&keys);
                scope.spawn(move || {
                    let output = run("check", home.path());
                    let said = said(&output);
                    assert_eq!(output.status.code(), Some(64), "{key} {path:?}: {said}");
                    // What is read later is named by its path.
                    let name = path.display().to_string();
                    assert!(
                        said.contains(key) || said.contains(&name),
                        "{key} {path:?}: {said}"
                    );
                    assert!(
                        ["cannot be read", "cannot read", "larger than 256 KiB"]
                            .iter()
                            .any(|words| said.contains(words)),
                        "{key} {path:?}: {said}"
                    );
                });
            }
        }
    });
    assert!(
        begun.elapsed() < Duration::from_secs(300),
        "{:?}",
        begun.elapsed()
    );
    // config.json itself.
    let home = TempDir::new().expect("a folder");
    let made = Command::new("mkfifo")
        .arg(home.path().join("config.json"))
        .status();
    assert!(made.expect("mkfifo").success());
    let said = mistakes(&run("check", home.path()));
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("it has no end"), "{said:?}");
}

#[test]
fn a_file_that_a_shell_gives_by_a_pipe_is_read() {
    let home = home_with(&json!({
        "ANONYMOUS_SEARCH_ENABLED": false,
        "LDAP_BIND_USER": "svc-ldap@corp.example",
    }));
    let logo = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/smallest.rs");
    let check = |logo: &Path| {
        let script = "LDAP_BIND_PASSWORD_FILE=<(printf secret) SITE_LOGO=<(cat \"$3\") \"$1\" check --home \"$2\"";
        let output = Command::new("bash")
            .args(["-c", script, "bash", env!("CARGO_BIN_EXE_ad-edge")])
            .arg(home.path())
            .arg(logo)
            .output();
        said(&output.expect("bash"))
    };
    // It was read: it is none.
    let text = check(&logo);
    assert!(text.contains("is neither an SVG nor a PNG"), "{text}");
    let logo = home.path().join("logo.svg");
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\"/>";
    fs::write(&logo, svg).expect("written");
    let text = check(&logo);
    assert!(
        text.contains("no signing key and certificate yet"),
        "{text}"
    );
    for key in ["LDAP_BIND_PASSWORD", "SITE_LOGO"] {
        assert!(!text.contains(key), "{text}");
    }
}

#[test]
fn roots_that_hold_no_certificate_are_refused_where_the_directory_needs_them() {
    let home = home_with(&json!({"SSL_CA_FILE": "ca.cer"}));
    fs::write(home.path().join("ca.cer"), [0x30, 0x82]).expect("written");
    let text = said(&run("check", home.path()));
    assert!(
        text.contains("ca.cer holds no CA certificate in PEM"),
        "{text}"
    );
    assert!(text.contains("openssl x509 -inform der"), "{text}");
    assert!(!text.contains("warning: /"), "{text}");
    // Without TLS it is of no consequence.
    let plain = smallest(&json!({"SSL_CA_FILE": "ca.cer", "LDAP_URL": "ldap://dc1.corp.example"}));
    fs::write(home.path().join("config.json"), plain.to_string()).expect("written");
    let text = said(&run("check", home.path()));
    assert!(text.contains("no signing key"), "{text}");
    assert!(!text.contains("ca.cer"), "{text}");
}

#[test]
fn a_config_json_that_is_not_there_is_one_message() {
    let home = TempDir::new().expect("a folder");
    for command in OF_A_CONFIGURATION {
        let output = run(command, home.path());
        let all = said(&output);
        let said = mistakes(&output);
        assert_eq!(said.len(), 1, "{command}: {said:?}");
        assert!(said[0].starts_with("config.json = "), "{said:?}");
        assert!(
            said[0].contains("is missing. Make it (ad-edge setup)"),
            "{said:?}"
        );
        assert!(!all.contains("Note:"), "{command}: {all}");
    }
    // Where the environment has some of the keys, those are told that are missing.
    let output = Command::new(env!("CARGO_BIN_EXE_ad-edge"))
        .args(["check", "--home"])
        .arg(home.path())
        .env_clear()
        .env("LDAP_URL", "ldaps://dc1.corp.example")
        .output();
    let said = mistakes(&output.expect("ad-edge"));
    assert!(
        said.iter().any(|line| line.starts_with("LDAP_BASE: ")),
        "{said:?}"
    );
    assert!(
        !said.iter().any(|line| line.contains("config.json")),
        "{said:?}"
    );
}

#[test]
fn an_address_in_brackets_is_a_list_of_one() {
    let home = home_with(&json!({}));
    let with = |key: &str, value: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_ad-edge"))
            .args(["check", "--home"])
            .arg(home.path())
            .env_clear()
            .env(key, value)
            .output();
        said(&output.expect("ad-edge"))
    };
    for (key, value) in [
        ("FLEET", "[::1]:9464"),
        ("FLEET", "[::1]:9464, edge2:9464"),
        ("FLEET", r#"["[::1]:9464"]"#),
        ("LDAP_SRV_NAMESERVERS", "[::1]:53"),
    ] {
        let said = with(key, value);
        assert!(!said.contains(key), "{key}={value}: {said}");
    }
    let said = with("FLEET", "[edge1]:9464");
    assert!(
        said.contains("FLEET") && said.contains("not a list"),
        "{said}"
    );
}

#[test]
fn a_server_url_to_which_no_ticket_comes_is_warned_about() {
    for (url, words) in [
        ("https://192.0.2.7", "no Kerberos ticket for an address"),
        (
            "https://[2001:db8::7]:8443",
            "no Kerberos ticket for an address",
        ),
        ("https://login.corp.example.", "ends in a dot"),
        ("https://login.corp.example.:8443/", "ends in a dot"),
    ] {
        for (kerberos, warned) in [(true, true), (false, false)] {
            let home = home_with(&json!({
                "SERVER_URL": url,
                "KERBEROS_AUTH": kerberos,
                "KERBEROS_KEYTAB": "keytab",
                "TLS_TERMINATION": "proxy",
                "TRUSTED_PROXIES": "192.0.2.1",
            }));
            fs::write(home.path().join("keytab"), "").expect("written");
            let said = said(&run("check", home.path()));
            assert_eq!(said.contains(words), warned, "{url} {kerberos}: {said}");
            assert_eq!(said.contains("warning: SERVER_URL: "), warned, "{said}");
        }
    }
}

#[test]
fn a_key_that_is_given_twice_is_a_mistake() {
    let home = home_with(&json!({}));
    let file = home.path().join("config.json");
    let text = fs::read_to_string(&file).expect("read");
    // The one that was there is the last, and would count.
    let twice = text.replacen(
        '{',
        r#"{"LDAP_URL": "ldaps://old.corp.example", "urn:a:b": "https://a.example/", "urn:a:b": "", "#,
        1,
    );
    fs::write(&file, twice).expect("written");
    let said = mistakes(&run("check", home.path()));
    assert_eq!(said.len(), 2, "{said:?}");
    for (line, key) in said.iter().zip(["LDAP_URL", "urn:a:b"]) {
        assert!(
            line.contains(key) && line.contains("more than once"),
            "{line}"
        );
    }
}
