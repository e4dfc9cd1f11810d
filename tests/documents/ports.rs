//! The ports that firewalls have to let through, as `deploy/README.md` lists them, against the declared keys.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use serde_json::Value;

use super::markdown::{Document, PROJECT};

/// Keys whose values look like those of a place to connect to, and are none: who may connect, or what browsers open.
const NO_CONNECTION: &[&str] = &["HELP_URL", "NO_PROXY", "TRUSTED_PROXIES"];

fn keys() -> Vec<Value> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ad-edge"));
    let output = command.args(["config", "keys", "--json"]).output();
    let output = output.expect("ad-edge runs");
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("a list of keys")
}

fn text<'a>(key: &'a Value, member: &str) -> &'a str {
    key[member].as_str().unwrap_or_default()
}

/// The cells of the first table after a line, without its head.
fn table<'a>(document: &'a str, line: &str) -> Vec<Vec<&'a str>> {
    let (_, rest) = document
        .split_once(line)
        .expect("the line before the table");
    let rows = rest
        .trim_start()
        .lines()
        .take_while(|row| row.starts_with('|'));
    rows.skip(2)
        .map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect()
}

/// What is between backticks.
fn named(cells: &[&str]) -> BTreeSet<String> {
    let parts = cells
        .iter()
        .flat_map(|cell| cell.split('`').skip(1).step_by(2));
    parts.map(str::to_owned).collect()
}

#[test]
fn the_ports_of_firewalls_are_those_of_the_keys() {
    let (document, keys) = (Document::read("deploy/README.md"), keys());

    // Every key whose default is a port to listen on, with that port, and nothing else.
    let listening: BTreeSet<_> = keys
        .iter()
        .filter(|key| text(key, "key").ends_with("_LISTEN") || key["key"] == "PORT")
        .map(|key| {
            let usual = key["default"].to_string().replace('"', "");
            let port = usual.rsplit(':').next().expect("a port").to_owned();
            assert!(port.parse::<u16>().is_ok(), "{key}");
            (format!("{port} TCP"), text(key, "key").to_owned())
        })
        .collect();
    let to = table(&document.text, "To an instance:\n");
    let listed: BTreeSet<_> = to
        .iter()
        .map(|row| (row[0].to_owned(), row[1].replace('`', "")))
        .collect();
    assert_eq!(listed, listening);
    assert_eq!(to.len(), listening.len(), "each once");

    // Every key that says where to connect.
    let connecting: BTreeSet<_> = keys
        .iter()
        .filter(|key| key["unused"] == false && key["refused"] == false)
        .filter(|key| {
            let name = text(key, "key");
            let ends = ["_URL", "_HUB", "_TICKET", "_PROXY", "_NAMESERVERS", "FLEET"];
            ends.iter().any(|end| name.ends_with(end))
                || ["URL", "address", "addresses"].contains(&text(key, "value"))
        })
        .map(|key| text(key, "key"))
        .filter(|name| !name.contains("LISTEN") && !NO_CONNECTION.contains(name))
        .collect();
    let from = table(&document.text, "From an instance:\n");
    let cells: Vec<_> = from.iter().flatten().copied().collect();
    let mentioned = named(&cells);
    let missing: Vec<_> = connecting
        .iter()
        .filter(|name| !mentioned.contains(**name))
        .collect();
    assert!(missing.is_empty(), "{missing:?} in none of {from:#?}");

    // The ports that the program takes where an address names none, and where it says so.
    let row = |key: &str| {
        let mut rows = from.iter().filter(|row| row[1].contains(key));
        rows.next().expect(key).join(" ")
    };
    let ops = listening.iter().find(|(_, key)| key == "OPS_LISTEN");
    let (ops, _) = ops.expect("a port");
    let ops = ops.trim_end_matches(" TCP");
    for (key, port, file, said) in [
        ("`LDAP_URL`", "636", "src/config/directory.rs", "636"),
        ("`LDAP_URL`", "389", "src/config/directory.rs", "389"),
        (
            "`LDAP_URL`",
            "3269",
            "src/directory/discovery.rs",
            "(Scheme::Ldaps, 3269)",
        ),
        (
            "`LDAP_SRV_NAMESERVERS`",
            "53",
            "src/config/directory.rs",
            "parse()?, 53)",
        ),
        ("`FLEET`", ops, "src/config/keys/instance.rs", "OPS_LISTEN"),
    ] {
        assert!(row(key).contains(port), "{key}: no {port} in {}", row(key));
        let source = fs::read_to_string(Path::new(PROJECT).join(file)).expect("a source file");
        assert!(source.contains(said), "{file} says {said} no more");
    }
}
