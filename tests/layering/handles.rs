//! Files are opened, written and removed in `files` alone, which follows no link and waits for no pipe.

use std::{collections::BTreeSet, fs};

use quote::ToTokens as _;
use syn::Item;

use super::sources::{Sources, source};

/// What goes where a path leads, wherever that is.
const BY_PATH: [&str; 19] = [
    "File :: create (",
    "File :: create_new (",
    "File :: open (",
    "OpenOptions",
    "fs :: copy (",
    "fs :: create_dir (",
    "fs :: create_dir_all (",
    "fs :: hard_link (",
    "fs :: read (",
    "fs :: read_to_string (",
    "fs :: remove_dir_all (",
    "fs :: remove_file (",
    "fs :: rename (",
    "fs :: set_permissions (",
    "fs :: write (",
    " chown (",
    " fchown (",
    " lchown (",
    " symlink (",
];

/// Files that do so all the same: in a folder that they have just made for this user alone, or a file that can be
/// opened without waiting.
const MAY: [(&str, &str); 6] = [
    ("cli/import.rs", "File :: open ("),
    ("console/changes.rs", "fs :: remove_dir_all ("),
    ("installation/given.rs", "File :: open ("),
    ("installation/stage.rs", "fs :: create_dir ("),
    ("installation/stage.rs", "fs :: remove_dir_all ("),
    ("installation/stage.rs", " symlink ("),
];
/// They do it with care; and what is root's own: the units of systemd.
const MAY_ALL: [&str; 4] = [
    "config/read_file.rs",
    "files/",
    "privileges/",
    "instance/reach/unit.rs",
];

#[test]
fn files_are_opened_by_handles() {
    let sources = Sources::read(false);
    let mut used = BTreeSet::new();
    let mut wrong = Vec::new();
    for file in sources.files.values() {
        let name = file.name.as_str();
        let text = fs::read_to_string(source().join(name)).expect("a source file");
        let code = without_tests(&text);
        for call in BY_PATH.into_iter().filter(|call| code.contains(call)) {
            if MAY.contains(&(name, call)) {
                used.insert((name.to_owned(), call));
            } else if !MAY_ALL.iter().any(|may| name.starts_with(may)) {
                wrong.push(format!("{name}: {call}…): crate::files has it"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let is_idle =
        |(name, call): &&(&str, &'static str)| !used.contains(&((*name).to_owned(), *call));
    let idle: Vec<_> = MAY.iter().filter(is_idle).collect();
    assert!(idle.is_empty(), "no longer needed: {idle:?}");
}

fn without_tests(text: &str) -> String {
    let parsed = syn::parse_file(text).expect("Rust");
    let is_test = |item: &Item| {
        let Item::Mod(inner) = item else {
            return false;
        };
        let mut attributes = inner.attrs.iter();
        attributes.any(|attribute| attribute.to_token_stream().to_string() == "# [cfg (test)]")
    };
    let items = parsed.items.iter().filter(|item| !is_test(item));
    let code: Vec<_> = items
        .map(|item| item.to_token_stream().to_string())
        .collect();
    code.join("\n")
}
