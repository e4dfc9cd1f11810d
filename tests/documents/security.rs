//! `tests/SECURITY.md` names tests that are there, one for each attack; `.github/DEPENDENCIES.md` has a line for
//! each crate that `Cargo.toml` names, and no other; `.github/SECURITY.md` names each file with `unsafe` code.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use super::markdown::{Document, PROJECT};

const ATTACKS: &str = "tests/SECURITY.md";
const THREATS: &str = ".github/SECURITY.md";
const CRATES: &str = ".github/DEPENDENCIES.md";

/// The cells of each table's rows, without head and rule.
fn rows(text: &str) -> Vec<Vec<&str>> {
    let mut rows: Vec<Vec<&str>> = Vec::new();
    for line in text.lines().filter(|line| line.starts_with('|')) {
        if line.starts_with("| ---") {
            // What was taken for a row was the head.
            rows.pop();
        } else {
            let row = line.trim_start_matches("| ").trim_end_matches('|');
            rows.push(row.split('|').map(str::trim).collect());
        }
    }
    rows
}

/// Where a test of this module may be: integration tests and unit tests, in the file itself or beside it.
fn files(modules: &[&str]) -> Vec<PathBuf> {
    let project = Path::new(PROJECT);
    let mut files = Vec::new();
    for root in ["tests", "src"] {
        let path = project.join(root).join(modules.join("/"));
        files.extend([path.with_extension("rs"), path.join("mod.rs")]);
        if let Some(("tests", tested)) = modules.split_last().map(|(last, rest)| (*last, rest)) {
            let path = project.join(root).join(tested.join("/"));
            let last = tested.last().copied().unwrap_or_default();
            files.extend([
                path.with_extension("rs"),
                path.join("mod.rs"),
                path.with_file_name(format!("{last}_tests.rs")),
                path.join(format!("{last}_tests.rs")),
            ]);
        }
    }
    files
}

/// Whether this is a test, by the name that `cargo test` gives it.
fn is_test(name: &str) -> bool {
    let modules: Vec<_> = name.split("::").collect();
    let (function, modules) = modules.split_last().expect("a name");
    let declaration = format!("fn {function}()");
    files(modules).iter().any(|file| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let mut marked = false;
        text.lines().map(str::trim).any(|line| {
            let is_mark = line.starts_with("#[test]") || line.starts_with("#[tokio::test");
            let found = marked && line.contains(&declaration);
            // Between the mark and the name there may be other attributes.
            marked = is_mark || marked && line.starts_with("#[");
            found
        })
    })
}

#[test]
fn each_attack_has_a_test_that_exists() {
    let document = Document::read(ATTACKS);
    let mut attacks = 0;
    for row in rows(&document.text) {
        let [attack, _, tests, _] = row[..] else {
            panic!("{ATTACKS}: {row:?} has no four cells");
        };
        assert!(tests.contains("::"), "{ATTACKS}: no test for: {attack}");
        attacks += 1;
    }
    assert!(attacks > 80, "{attacks}");
    let spans = document.spans();
    for name in spans.iter().filter(|span| span.contains("::")) {
        assert!(is_test(name), "{ATTACKS}: there is no test {name}");
    }
}

#[test]
fn each_crate_has_a_line_that_says_why() {
    let manifest = fs::read_to_string(Path::new(PROJECT).join("Cargo.toml")).expect("Cargo.toml");
    let mut section = "";
    let mut named = BTreeSet::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        } else if section.ends_with("dependencies]")
            && let Some((name, _)) = line.split_once(" = ")
            && !name.starts_with('#')
        {
            named.insert(name);
        }
    }
    assert!(named.len() > 60, "{named:?}");
    let document = Document::read(CRATES);
    let rows = rows(&document.text);
    let mut explained = BTreeSet::new();
    for row in &rows {
        let [name, why] = row[..] else {
            panic!("{CRATES}: {row:?} has no two cells");
        };
        let name = name.trim_matches('`');
        assert!(!why.is_empty(), "{CRATES}: why {name}?");
        assert!(explained.insert(name), "{CRATES}: {name} is there twice");
    }
    let missing: Vec<_> = named.difference(&explained).collect();
    let gone: Vec<_> = explained.difference(&named).collect();
    assert!(missing.is_empty(), "{CRATES}: no line for {missing:?}");
    assert!(
        gone.is_empty(),
        "{CRATES}: Cargo.toml does not name {gone:?}"
    );
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// The lint denies it elsewhere (`Cargo.toml`).
#[test]
fn each_file_with_unsafe_code_is_named() {
    let project = Path::new(PROJECT);
    let mut files = Vec::new();
    sources(&project.join("src"), &mut files);
    let has = |path: &PathBuf| {
        let text = fs::read_to_string(path).expect("a source file");
        text.contains("unsafe_code")
    };
    let with = files.into_iter().filter(has);
    let with = with.map(|path| {
        let path = path.strip_prefix(project).expect("below it");
        path.display().to_string()
    });
    let with: BTreeSet<_> = with.collect();
    let document = Document::read(THREATS);
    let line = document.text.lines().find(|line| line.contains("`unsafe`"));
    let spans = line.expect("a line about it").split('`').skip(1).step_by(2);
    let named = spans.filter(|span| span.starts_with("src/"));
    assert_eq!(named.map(str::to_owned).collect::<BTreeSet<_>>(), with);
}
