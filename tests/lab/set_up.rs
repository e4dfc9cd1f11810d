//! `ad-edge setup` as an administrator runs it: by options, or at a terminal.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use super::stand_in::Tenant;
use super::{Lab, project};

/// `ad-edge` with these arguments on a home folder; the service account's password is in the environment.
pub fn ad_edge(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ad-edge"));
    command
        .arg("--home")
        .arg(home)
        .args(arguments)
        .env("LDAP_BIND_PASSWORD", &Lab::get().password);
    command
}

/// A set-up that works, with some options changed: a value of "" takes one out.
pub fn command(home: &Path, tenant: &Tenant, changes: &[(&str, &str)]) -> Command {
    let lab = Lab::get();
    let (ticket, ldap) = (tenant.ticket(), format!("ldaps://{}:636", lab.address));
    let ca = lab.ca().display().to_string();
    let mut options = vec![
        ("--ticket", ticket.as_str()),
        ("--server-url", "https://login.corp.example:8443"),
        ("--ldap-url", &ldap),
        ("--bind-user", "svc-ldap@corp.example"),
        ("--ca-file", &ca),
    ];
    for (name, value) in changes {
        options.retain(|(known, _)| known != name);
        if !value.is_empty() {
            options.push((name, value));
        }
    }
    let mut arguments = vec!["setup", "--yes"];
    arguments.extend(options.iter().flat_map(|(name, value)| [*name, *value]));
    ad_edge(home, &arguments)
}

pub fn set_up(home: &Path, tenant: &Tenant, changes: &[(&str, &str)]) -> Output {
    command(home, tenant, changes).output().expect("ad-edge")
}

/// The words of one that must work.
///
/// # Panics
/// When it does not.
pub fn works(command: &mut Command) -> String {
    let output = command.output().expect("ad-edge");
    let said = words(&output);
    assert!(output.status.success(), "{said}");
    said
}

/// The words of one that must be refused, all of which it must say, with nothing saved.
///
/// # Panics
/// When it is not.
pub fn refused(command: &mut Command, expected: &[&str]) -> String {
    let output = command.output().expect("ad-edge");
    let said = words(&output);
    assert_eq!(output.status.code(), Some(64), "{said}");
    for text in expected {
        assert!(said.contains(text), "no {text:?} in {said}");
    }
    said
}

pub fn words(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

/// What `config.json` holds.
pub fn config(home: &Path) -> Value {
    let text = std::fs::read_to_string(home.join("config.json")).expect("config.json");
    serde_json::from_str(&text).expect("JSON")
}

/// The same at a terminal: each prompt is awaited and answered. Gives all that was shown, and whether it
/// ended well.
pub fn at_a_terminal(mut command: Command, answers: &[(&str, &str)]) -> (String, bool) {
    let answers = serde_json::to_string(answers).expect("JSON");
    let mut terminal = Command::new("/usr/bin/python3");
    terminal
        .arg(project().join("tests/lab/terminal.py"))
        .arg(answers)
        .arg(command.get_program())
        .args(command.get_args());
    command.env("TERM", "dumb");
    for (key, value) in command.get_envs() {
        match value {
            Some(value) => terminal.env(key, value),
            None => terminal.env_remove(key),
        };
    }
    let output = terminal.output().expect("python3");
    (words(&output), output.status.success())
}
