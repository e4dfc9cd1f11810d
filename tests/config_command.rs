//! `ad-edge config`: the keys, the values that count with their origins, the schema. No lab is needed.

use std::{fs, process::Command};

use serde_json::{Value, json};
use tempfile::TempDir;

/// A home folder, and the environment of the command.
struct Home {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

/// What the command said.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Home {
    fn new(config: &Value) -> Self {
        let folder = TempDir::new().expect("a folder");
        fs::write(folder.path().join("config.json"), config.to_string()).expect("written");
        Self {
            folder,
            environment: Vec::new(),
        }
    }

    fn with(mut self, variable: &str, value: &str) -> Self {
        self.environment
            .push((variable.to_owned(), value.to_owned()));
        self
    }

    /// Writes a file of the home folder; gives its path.
    fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, text).expect("written");
        path.display().to_string()
    }

    fn run(&self, arguments: &[&str]) -> Said {
        let output = Command::new(env!("CARGO_BIN_EXE_ad-edge"))
            .arg("config")
            .args(arguments)
            .arg("--home")
            .arg(self.folder.path())
            .env_clear()
            .envs(self.environment.iter().cloned())
            .output()
            .expect("ad-edge");
        Said {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// One key of `show --json`.
    fn shown(&self, key: &str) -> Value {
        let said = self.run(&["show", "--json"]);
        let all: Value = serde_json::from_str(&said.out).expect("JSON");
        let keys = all["keys"].as_array().expect("a list");
        let found = keys.iter().find(|one| one["key"] == key);
        found.unwrap_or_else(|| panic!("{key} is missing")).clone()
    }
}

fn good() -> Value {
    json!({
        "LDAP_URL": ["ldaps://dc1.corp.example", "ldaps://dc2.corp.example"],
        "LDAP_BASE": "DC=corp,DC=example",
        "ANONYMOUS_SEARCH_ENABLED": "yes",
        "PORT": "4001",
        "MAX_HEADER_SIZE": "16384",
        "ADMIN_LISTEN": "false",
        "CHANNEL_BINDING": " false ",
        "CLIENT_CERT_MAP": "upn, dn, upn",
        "SERVER_URL": "https://login.corp.example",
        "CONNECTION": "corp",
        "REALM": "urn:auth0:corp",
        "urn:auth0:corp": "https://corp.auth0.com/login/callback",
    })
}

fn all_keys() -> Vec<Value> {
    let said = Home::new(&good()).run(&["keys", "--json"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    serde_json::from_str(&said.out).expect("JSON")
}

#[test]
fn each_value_is_shown_with_where_it_came_from() {
    let home = Home::new(&good())
        .with("DRAIN_SECONDS", "3")
        .with("https_proxy", "http://user:pass@proxy:3128");
    let shown = |key: &str| {
        let one = home.shown(key);
        (one["origin"].clone(), one["value"].clone())
    };
    for (key, origin, value) in [
        ("PORT", "config.json", json!(4001)),
        ("DRAIN_SECONDS", "environment", json!(3)),
        ("SHUTDOWN_SECONDS", "default", json!(30)),
        (
            "LDAP_URL",
            "config.json",
            json!(["ldaps://dc1.corp.example", "ldaps://dc2.corp.example"]),
        ),
        // As they are understood.
        ("ANONYMOUS_SEARCH_ENABLED", "config.json", json!(true)),
        ("MAX_HEADER_SIZE", "config.json", json!(65_536)),
        ("ADMIN_LISTEN", "config.json", json!("off")),
        ("CHANNEL_BINDING", "config.json", json!("off")),
        ("CLIENT_CERT_MAP", "config.json", json!(["upn", "dn"])),
        // Defaults that others make.
        ("LDAP_BASE_GROUPS", "default", json!("DC=corp,DC=example")),
        ("SITE_NAME", "default", json!("corp")),
        ("TLS_CERT_FILE", "default", Value::Null),
        (
            "urn:auth0:corp",
            "config.json",
            json!(["https://corp.auth0.com/login/callback"]),
        ),
        ("HTTPS_PROXY", "environment", Value::Null),
    ] {
        assert_eq!(shown(key), (json!(origin), value), "{key}");
    }
    assert_eq!(home.shown("HTTPS_PROXY")["detail"], "https_proxy");
    assert_eq!(home.shown("HTTPS_PROXY")["hidden"], true);
    let said = home.run(&["show"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let line = said.out.lines().find(|line| line.contains("  PORT "));
    let words: Vec<_> = line.expect("a line").split_whitespace().collect();
    assert_eq!(words, ["PORT", "config.json", "4001"]);
}

#[test]
fn a_secret_from_a_file_is_shown_by_its_file() {
    let home = Home::new(&good());
    let path = home.file("ticket", "https://tenant.example/p/ad/hush\n");
    let home = home.with("PROVISIONING_TICKET_FILE", &path);
    let shown = home.shown("PROVISIONING_TICKET");
    assert_eq!(
        (&shown["origin"], &shown["hidden"]),
        (&json!("file"), &json!(true))
    );
    let detail = shown["detail"].as_str().expect("words");
    assert!(
        detail.contains(&path) && detail.contains("PROVISIONING_TICKET_FILE of environment"),
        "{detail}"
    );
    // The variable itself wins over the file.
    let home = home.with("PROVISIONING_TICKET", "https://tenant.example/p/ad/other");
    assert_eq!(home.shown("PROVISIONING_TICKET")["origin"], "environment");
}

#[test]
fn a_url_is_shown_without_its_password() {
    let mut config = good();
    config["AD_HUB"] = json!("https://user:hush@hub.example/x");
    let home = Home::new(&config);
    assert_eq!(home.shown("AD_HUB")["value"], "https://hub.example/x");
    for arguments in [&["show"][..], &["show", "--json"]] {
        let said = home.run(arguments);
        assert!(!said.out.contains("hush"), "{}", said.out);
        assert!(!said.err.contains("hush"), "{}", said.err);
    }
}

#[test]
fn an_empty_variable_is_none() {
    let mut config = good();
    config["SITE_NAME"] = json!("Acme");
    let home = Home::new(&config)
        .with("SITE_NAME", "")
        .with("HTTPS_PROXY", "")
        .with("https_proxy", "http://proxy:3128")
        .with("LDAP_BIND_PASSWORD", "");
    let path = home.file("password", "hush");
    let home = home.with("LDAP_BIND_PASSWORD_FILE", &path);
    assert_eq!(home.shown("SITE_NAME")["value"], "Acme");
    assert_eq!(home.shown("SITE_NAME")["origin"], "config.json");
    assert_eq!(home.shown("HTTPS_PROXY")["detail"], "https_proxy");
    assert_eq!(home.shown("LDAP_BIND_PASSWORD")["origin"], "file");
}

#[test]
fn a_path_that_is_not_text_is_a_mistake() {
    let mut config = good();
    config["LDAP_BIND_CREDENTIALS_FILE"] = json!(5);
    let said = Home::new(&config).run(&["show"]);
    assert_eq!(said.code, Some(64));
    let words = "LDAP_BIND_CREDENTIALS_FILE: is not text";
    assert!(said.err.contains(words), "{}", said.err);
}

#[test]
fn without_files_only_the_environment_counts() {
    let home = Home::new(&good())
        .with("OVERRIDE_CONFIG", "false")
        .with("LDAP_URL", "ldaps://dc9.corp.example");
    fs::create_dir(home.folder.path().join("certs")).expect("a folder");
    home.file("certs/tls.pem", "");
    assert_eq!(home.shown("PORT")["origin"], "default");
    assert_eq!(home.shown("PORT")["value"], 4000);
    assert_eq!(home.shown("LDAP_URL")["origin"], "environment");
    assert_eq!(home.shown("OVERRIDE_CONFIG")["value"], false);
    assert_eq!(home.shown("TLS_CERT_FILE")["value"], Value::Null);
    assert_eq!(home.shown("AUTH_CERT")["value"], Value::Null);
}

#[test]
fn what_is_wrong_is_said_after_the_values_with_exit_code_64() {
    let mut config = good();
    config["PORT"] = json!("none");
    config["LDAP_SERCH_GROUPS"] = json!("x");
    let said = Home::new(&config).run(&["show"]);
    assert_eq!(said.code, Some(64));
    assert!(said.out.contains("PORT"), "{}", said.out);
    for part in [
        "PORT = \"none\": is not a whole number",
        "did you mean LDAP_SEARCH_GROUPS",
    ] {
        assert!(said.err.contains(part), "{part}\n{}", said.err);
    }
    let home = Home::new(&good());
    home.file("config.json", "{");
    let said = home.run(&["show"]);
    assert_eq!(said.code, Some(64));
    assert!(said.err.contains("is not JSON"), "{}", said.err);
    let home = Home::new(&good()).with("OVERRIDE_CONFIG", "perhaps");
    let said = home.run(&["show"]);
    assert_eq!(said.code, Some(64));
    assert!(said.err.contains("OVERRIDE_CONFIG"), "{}", said.err);
}

#[test]
fn no_secret_is_ever_shown() {
    const MARKER: &str = "m4rk3r-of-a-secret";
    let secrets: Vec<String> = all_keys()
        .iter()
        .filter(|key| key["secret"] == true)
        .map(|key| key["key"].as_str().expect("a name").to_owned())
        .collect();
    assert!(secrets.len() > 8, "{secrets:?}");
    let said_nothing = |home: &Home, how: &str| {
        for arguments in [&["show"][..], &["show", "--json"]] {
            let said = home.run(arguments);
            assert!(!said.out.contains(MARKER), "{how}\n{}", said.out);
            assert!(!said.err.contains(MARKER), "{how}\n{}", said.err);
        }
    };
    let mut in_file = good();
    let mut in_environment = Home::new(&good());
    let mut by_file = Home::new(&good());
    let path = by_file.file("secret", MARKER);
    for key in &secrets {
        in_file[key] = json!(MARKER);
        in_environment = in_environment.with(key, MARKER);
        by_file = by_file.with(&format!("{key}_FILE"), &path);
    }
    let mut listed = good();
    for key in &secrets {
        // A wrong kind of value is a mistake, which must not show it either.
        listed[key] = json!([MARKER]);
    }
    said_nothing(&Home::new(&in_file), "in config.json");
    said_nothing(&Home::new(&listed), "as a list");
    said_nothing(&in_environment, "in the environment");
    said_nothing(&by_file, "by a file");
}

#[test]
fn the_keys_are_listed_with_kind_default_and_meaning() {
    let keys = all_keys();
    let key = |name: &str| keys.iter().find(|key| key["key"] == name).expect("a key");
    let port = key("PORT");
    assert_eq!(
        (&port["default"], &port["least"], &port["most"]),
        (&json!(4000), &json!(0), &json!(65_535))
    );
    assert_eq!(port["scopes"], json!(["host", "restart", "legacy"]));
    assert_eq!(
        key("CHANNEL_BINDING")["words"],
        json!(["off", "accept", "require"])
    );
    assert_eq!(key("SSL_PFX")["file_key"], "SSL_PFX_FILE");
    assert_eq!(key("SESSION_SECRET")["unused"], true);
    let text = Home::new(&good()).run(&["keys"]).out;
    for key in &keys {
        let name = key["key"].as_str().expect("a name");
        assert!(text.lines().any(|line| line.trim() == name), "{name}");
    }
}

#[test]
fn bad_usage_is_exit_code_64() {
    let home = Home::new(&good());
    for arguments in [&[][..], &["keys", "--json", "--markdown"], &["shwo"]] {
        assert_eq!(home.run(arguments).code, Some(64), "{arguments:?}");
    }
}
