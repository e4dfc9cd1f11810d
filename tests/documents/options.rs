//! Commands and options that the documents name.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use super::markdown::{PROJECT, all};

#[test]
fn every_command_and_option_exists() {
    let mut checked = 0;
    for document in all() {
        for line in document.command_lines() {
            for command in line.split([';', '|', '&', '#']) {
                let mut words = command.split_whitespace().skip_while(|word| {
                    ["!", "sudo", "run"].contains(word)
                        || word.contains('=') && !word.starts_with('-')
                });
                if words.next() == Some("ad-edge") {
                    check(&document.path, command, &words.collect::<Vec<_>>());
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 20, "{checked}");
}

/// Follows the subcommands, then looks each option up in the help of the last.
fn check(document: &str, line: &str, words: &[&str]) {
    let mut path: Vec<&str> = Vec::new();
    let mut help = help_of(&path);
    for word in words {
        if subcommands(&help).contains(*word) {
            path.push(word);
            help = help_of(&path);
        } else if let Some(option) = word.strip_prefix("--") {
            let option = format!("--{}", option.split('=').next().unwrap_or_default());
            let known = help.split_whitespace().any(|text| text == option);
            assert!(
                known,
                "{document}: {option} is none of {path:?}'s options: {line}"
            );
        } else if path.is_empty() {
            panic!("{document}: {word} is no command of ad-edge: {line}");
        }
    }
}

fn help_of(path: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ad-edge"));
    let output = command.args(path).arg("--help").output().expect("ad-edge");
    assert!(output.status.success(), "{path:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn subcommands(help: &str) -> BTreeSet<String> {
    let commands = help.split_once("Commands:\n").map_or("", |(_, rest)| rest);
    let lines = commands.lines().take_while(|line| !line.is_empty());
    lines
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

/// Options between backticks without their command: of ad-edge, or of storm, whose options are the fields
/// of a struct.
#[test]
fn every_option_without_its_command_exists() {
    let help: String = subcommands(&help_of(&[]))
        .iter()
        .filter(|name| *name != "help")
        .map(|name| help_of(&[name]))
        .collect();
    let known: BTreeSet<_> = help.split_whitespace().collect();
    let storm = fs::read_to_string(Path::new(PROJECT).join("benches/storm/arguments.rs"));
    let storm = storm.expect("storm's options");
    let of_storm = |option: &str| {
        let field = option.trim_start_matches('-').replace('-', "_");
        storm.contains(&format!("    pub {field}: ")) || option == "--help"
    };
    for document in all() {
        for span in document.spans() {
            let option = span.split_whitespace().next().unwrap_or_default();
            if option.starts_with("--") {
                assert!(
                    known.contains(option) || of_storm(option),
                    "{}: {span}",
                    document.path
                );
            }
        }
    }
}
