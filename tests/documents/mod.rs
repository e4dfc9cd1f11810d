//! What the documents name exists: paths, links, keys, commands and their options; and every shell block
//! says how it is held (`.github/CONTRIBUTING.md`). `document_commands` runs those that can be run.

mod markdown;
mod names;
mod options;
mod ports;
mod security;

use std::{collections::BTreeSet, fs, path::Path};

use self::markdown::{Document, Mark, PROJECT, all};

/// The blocks that `document_commands` runs.
const RUN: &[&str] = &[
    "README.md",
    "certs/README.md",
    "deploy/README.md",
    "deploy/migrate.md",
    "deploy/rotate.md",
    "haproxy/README.md",
];

#[test]
fn every_shell_block_is_run_or_says_why_not() {
    let mut run = BTreeSet::new();
    for document in all() {
        for block in document.blocks() {
            assert!(
                !block.info.is_empty(),
                "{}: a block without a language:\n{}",
                document.path,
                block.text
            );
            if let Some(Mark::Run(_)) = block.mark(&document.path) {
                run.insert(document.path.clone());
            }
        }
    }
    assert!(
        run.iter().eq(RUN),
        "tests/document_commands/ runs {RUN:?}, and the blocks to be run are in {run:?}"
    );
}

/// The user of a service that runs may have put a link anywhere in its folder.
#[test]
fn what_root_replaces_in_the_home_folder_of_a_running_service_it_does_as_that_user() {
    let mut lines = 0;
    for block in Document::read("deploy/rotate.md").blocks() {
        let text = block.text.replace("\\\n", " ");
        for line in text
            .lines()
            .filter(|line| line.contains("/var/lib/ad-edge"))
        {
            let (command, rest) = line.split_once(' ').expect("words");
            let is_service_s = command == "$service" || rest.starts_with("--reuid=ad-edge ");
            assert!(is_service_s || command == "ad-edge", "{line}");
            // What root's own shell opens.
            let outside = line.split('\'').step_by(2);
            let opened = outside.flat_map(|part| part.split(['<', '>']).skip(1));
            for file in opened {
                assert!(!file.trim().starts_with('/'), "{line}");
            }
            lines += 1;
        }
    }
    assert!(lines > 5);
}

/// The command in a line `run COMMAND` of `.ci/run`, without the environment that `env` gives to it. A command in
/// a trap or a comment is none.
fn ci_command(line: &str) -> Option<&str> {
    let mut command = line.strip_prefix("run ")?;
    if let Some(environment) = command.strip_prefix("env ") {
        command = environment;
        while let Some((name, rest)) = command.split_once(' ')
            && name.contains('=')
        {
            command = rest;
        }
    }
    Some(command.trim())
}

#[test]
fn what_the_ci_is_said_to_run_it_runs() {
    let ci = fs::read_to_string(Path::new(PROJECT).join(".ci/run")).expect(".ci/run");
    let mut commands = 0;
    for document in all() {
        let blocks = document.blocks().into_iter();
        for block in blocks.filter(|block| block.mark(&document.path) == Some(Mark::Ci)) {
            for line in block.text.lines() {
                let command = line.split('#').next().expect("a command").trim();
                let command = command.trim_start_matches("./");
                assert!(
                    ci.lines().any(|line| ci_command(line) == Some(command)),
                    "{}: {line}",
                    document.path
                );
                commands += 1;
            }
        }
    }
    assert!(commands >= 2);
}

#[test]
fn the_readme_is_short_and_begins_with_the_two_commands() {
    let readme = Document::read("README.md");
    assert!(readme.text.len() <= 6000, "{} bytes", readme.text.len());
    let blocks = readme.blocks();
    assert_eq!(blocks[0].mark("README.md"), Some(Mark::Ci));
    let commands: Vec<_> = blocks[0].text.lines().collect();
    assert_eq!(commands.len(), 2);
    assert!(commands[0].starts_with("./deploy/demo.sh"));
    assert!(commands[1].starts_with("./tests/run.sh"));
    let start = blocks[1..]
        .iter()
        .filter(|block| block.info.starts_with("sh "));
    let lines: Vec<_> = start.map(|block| block.text.lines().count()).collect();
    assert!(lines[0] <= 10, "the first instance's start: {lines:?}");
    assert!(
        lines.iter().sum::<usize>() <= 25,
        "the fleet's start: {lines:?}"
    );
}

#[test]
fn the_tests_that_nextest_treats_apart_exist() {
    let config = fs::read_to_string(Path::new(PROJECT).join(".config/nextest.toml"));
    let config = config.expect(".config/nextest.toml");
    let named = config.split("test(=").skip(1);
    let mut count = 0;
    for name in named.map(|rest| rest.split(')').next().expect("an end")) {
        let (file, test) = name.split_once("::").expect("a module");
        let source = fs::read_to_string(Path::new(PROJECT).join(format!("tests/{file}.rs")));
        let source = source.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(source.contains(&format!("fn {test}()")), "no test {name}");
        count += 1;
    }
    assert!(count > 2, "{count}");
}

/// It cannot be run here: at least its parameters are those that everything else names, and it writes the policies
/// that `ad-edge setup --browser-policies` does.
#[test]
fn the_script_for_windows_has_the_parameters_that_are_named() {
    let read = |path: &str| fs::read_to_string(Path::new(PROJECT).join(path)).expect("a file");
    let script = read("deploy/windows/Set-AdEdge.ps1");
    assert!(script.is_ascii(), "Windows reads it in its own code page");
    let (_, parameters) = script.split_once("\nparam(").expect("parameters");
    let (parameters, _) = parameters.split_once("\n)").expect("their end");
    let parameters: Vec<_> = parameters
        .split('$')
        .skip(1)
        .filter_map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric()).next())
        // The end of a pattern is a `$` too.
        .filter(|name| !name.is_empty())
        .collect();
    assert!(parameters.contains(&"ServerName"), "{parameters:?}");
    let texts = [
        read("src/doctor/service_name.rs"),
        read("src/setup/next_steps.rs"),
        read("deploy/README.md"),
        script.clone(),
    ];
    let calls = texts.iter().flat_map(|text| text.lines());
    let calls = calls.filter_map(|line| Some(line.split_once("Set-AdEdge.ps1 -")?.1));
    let mut named = 0;
    for call in calls {
        for name in format!("-{call}")
            .split(" -")
            .map(|part| part.trim_start_matches('-'))
        {
            let name = name
                .split(|c: char| !c.is_ascii_alphanumeric())
                .next()
                .expect("a name");
            assert!(
                parameters.contains(&name) || name == "WhatIf",
                "-{name}: {call}"
            );
            named += 1;
        }
    }
    assert!(named >= 8, "{named}");
    for name in &parameters {
        assert!(
            script.contains(&format!(".PARAMETER {name}\n")),
            "{name} is not described"
        );
    }
    let policies = read("src/setup/browsers.rs");
    for part in [
        r"Google\Chrome",
        r"Microsoft\Edge",
        "AuthServerAllowlist",
        r"Mozilla\Firefox\Authentication\SPNEGO",
        r"Microsoft\Windows\CurrentVersion\Internet Settings",
        "ListBox_Support_ZoneMapKey",
    ] {
        assert!(policies.contains(part) && script.contains(part), "{part}");
    }
}
