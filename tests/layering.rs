//! The table of folders and arrows in `src/lib.rs` is true: no folder imports what its row does not
//! allow, and every folder has a row.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

type Rows = BTreeMap<String, BTreeSet<String>>;

/// The table: folder → folders it may import, with `ground` and `all` written out.
fn table() -> Rows {
    let text = fs::read_to_string(source().join("lib.rs")).expect("src/lib.rs");
    let names = |cell: &str| -> BTreeSet<String> {
        cell.split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect()
    };
    let ground = text
        .lines()
        .find_map(|line| line.strip_prefix("//! Ground: "))
        .map(names)
        .expect("the line that names the ground");
    let cells: Vec<Vec<&str>> = text
        .lines()
        .filter_map(|line| line.strip_prefix("//! | `").map(|_| line))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    let all: BTreeSet<String> = cells.iter().flat_map(|row| names(row[1])).collect();
    let mut rows = Rows::new();
    for row in &cells {
        let mut may = names(row[3]);
        if row[3] == "all" {
            may.extend(all.clone());
        }
        if row[3].split([',', ' ']).any(|word| word == "ground") {
            may.extend(ground.clone());
        }
        for folder in names(row[1]) {
            rows.insert(folder, may.clone());
        }
    }
    rows
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The first name after each `crate::`, in groups (`crate::{a, b::c}`) too; comments do not count.
fn imports(text: &str) -> BTreeSet<String> {
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| [line, "\n"])
        .collect();
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => found.extend(first_names(group)),
            None => found.extend(name(rest)),
        }
    }
    found
}

/// The names that stand first in each member of a group, up to its closing brace.
fn first_names(group: &str) -> Vec<String> {
    let (mut names, mut depth, mut start) = (Vec::new(), 0_usize, true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => start = true,
            c if start && c.is_alphabetic() => {
                names.extend(name(&group[at..]));
                start = false;
            }
            _ => {}
        }
    }
    names
}

fn name(text: &str) -> Option<String> {
    let name: String = text
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect();
    (!name.is_empty()).then_some(name)
}

fn folder_of(path: &Path) -> String {
    let path = path.strip_prefix(source()).expect("under src");
    let first = path.components().next().expect("a name");
    first
        .as_os_str()
        .to_string_lossy()
        .trim_end_matches(".rs")
        .to_owned()
}

/// Every import that its row does not allow.
fn violations(rows: &Rows, folder: &str, text: &str) -> Vec<String> {
    imports(text)
        .into_iter()
        .filter(|import| import != folder && rows.contains_key(import))
        .filter(|import| !rows.get(folder).is_some_and(|may| may.contains(import)))
        .collect()
}

#[test]
fn every_import_is_allowed_by_the_table() {
    let rows = table();
    let mut wrong = Vec::new();
    for path in files(&source()) {
        let folder = folder_of(&path);
        if folder == "lib" {
            continue;
        }
        assert!(
            rows.contains_key(&folder),
            "{folder} has no row in src/lib.rs"
        );
        let text = fs::read_to_string(&path).expect("a source file");
        for import in violations(&rows, &folder, &text) {
            wrong.push(format!(
                "{}: {folder} may not import {import}",
                path.display()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_row_is_a_folder() {
    for folder in table().keys() {
        let (folder, file) = (source().join(folder), source().join(format!("{folder}.rs")));
        assert!(
            folder.is_dir() || file.is_file(),
            "{} is gone",
            folder.display()
        );
    }
}

#[test]
fn the_arrows_make_no_circle() {
    let mut rows = table();
    rows.retain(|folder, _| !["app", "main", "cli"].contains(&folder.as_str()));
    while !rows.is_empty() {
        let known: BTreeSet<String> = rows.keys().cloned().collect();
        let before = rows.len();
        rows.retain(|folder, may| {
            may.iter()
                .any(|other| other != folder && known.contains(other))
        });
        assert!(rows.len() < before, "a circle among {known:?}");
    }
}

#[test]
fn a_forbidden_import_is_found() {
    let rows = table();
    let text = "use crate::{\n    clock::Clock,\n    web::{self, Web},\n};\nlet a = crate::token::x();\n// crate::ops";
    assert_eq!(violations(&rows, "directory", text), ["token", "web"]);
    assert!(violations(&rows, "app", text).is_empty());
}
