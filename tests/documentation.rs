//! What is made from the program is what the program makes. `documents` checks the rest of what the
//! documents say.

use std::process::Command;

const KEYS: &str = include_str!("../src/config/README.md");
const SCHEMA: &str = include_str!("../deploy/config.schema.json");

/// What a command prints.
fn printed(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_ad-edge"))
        .args(arguments)
        .output()
        .expect("ad-edge");
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn the_list_of_keys_is_the_programs() {
    assert_eq!(
        KEYS,
        printed(&["config", "keys", "--markdown"]),
        "renew it: ad-edge config keys --markdown >src/config/README.md"
    );
}

#[test]
fn the_schema_is_the_programs() {
    assert_eq!(
        SCHEMA,
        printed(&["config", "schema"]),
        "renew it: ad-edge config schema >deploy/config.schema.json"
    );
}
