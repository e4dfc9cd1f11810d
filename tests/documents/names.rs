//! Links, paths, functions and keys that the documents name.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use super::markdown::{Document, PROJECT, all};

/// Upper-case words of other programs: variables of the scripts, the balancer, Kerberos, signals, units.
const OTHER_NAMES: &[&str] = &[
    "AD_EDGE_ADVISORY_DB",
    "AD_EDGE_BIN",
    "AD_EDGE_HOME",
    "AD_EDGE_KEEP",
    "AD_EDGE_LAB",
    "AD_EDGE_MODEL_ORDERS",
    "AD_EDGE_MODEL_REPLAY",
    "AD_EDGE_FLOOD",
    "AD_EDGE_FLOOD_TLS",
    "AD_EDGE_FUZZ_KEEP",
    "AD_EDGE_FUZZ_LONG",
    "AD_EDGE_FUZZ_RUNS",
    "AD_EDGE_PROGRAM",
    "AD_EDGE_ROUNDS",
    "AD_EDGE_REPORT",
    "AD_EDGE_STATE",
    "AD_EDGE_TEST_MINUTES",
    "COMMAND",
    "DIR",
    "EDGE_1",
    "EDGE_2",
    "EDGE_3",
    "INSTA_UPDATE",
    "INSUFF_ACCESS_RIGHTS",
    "KRB5_CONFIG",
    "KRB5_NT_PRINCIPAL",
    "LOGIN_BIND",
    "LOGIN_CA_FILE",
    "LOGIN_CERT_FILE",
    "LOGIN_HOST",
    "METRICS_BIND",
    "PATH",
    "PWD",
    "READY_LIMIT",
    "RUST_LOG",
    "SETTLE",
    "SIGHUP",
    "SIGTERM",
    "SPNEGO",
    "USR2",
    "XDG_CACHE_HOME",
];
/// Folders of the project, as a document names a path in them.
const FOLDERS: &[&str] = &[
    ".ci/", ".github/", "benches/", "deploy/", "haproxy/", "src/", "tests/",
];
impl Document {
    /// Without the blocks.
    fn prose(&self) -> String {
        let mut inside = false;
        let lines = self.text.lines().filter(|line| {
            let fence = line.trim_start().starts_with("```");
            inside ^= fence;
            !inside && !fence
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// What is between backticks.
    pub fn spans(&self) -> Vec<String> {
        let prose = self.prose();
        let spans = prose.split('`').skip(1).step_by(2);
        spans.map(str::to_owned).collect()
    }

    /// Targets of links.
    fn links(&self) -> Vec<String> {
        let prose = self.prose();
        let targets = prose.split("](").skip(1);
        targets
            .filter_map(|rest| rest.split_once(')'))
            .map(|(target, _)| target.to_owned())
            .collect()
    }

    /// Headings as links name them.
    fn anchors(&self) -> BTreeSet<String> {
        let prose = self.prose();
        let headings = prose.lines().filter(|line| line.starts_with('#'));
        headings
            .map(|line| {
                let title = line.trim_start_matches('#').trim().to_lowercase();
                let kept = title
                    .chars()
                    .filter(|c| c.is_alphanumeric() || " -".contains(*c));
                kept.map(|c| if c == ' ' { '-' } else { c }).collect()
            })
            .collect()
    }

    /// Command lines: of shell blocks, with what is continued joined, and between backticks.
    pub fn command_lines(&self) -> Vec<String> {
        let blocks = self.blocks();
        let shell = blocks.iter().filter(|block| block.info.starts_with("sh"));
        let mut lines: Vec<String> = shell
            .flat_map(|block| {
                let joined = block.text.replace("\\\n", " ");
                joined.lines().map(str::to_owned).collect::<Vec<_>>()
            })
            .collect();
        lines.extend(self.spans());
        lines
    }
}

/// Words of the characters that names and paths are made of.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || "_./-".contains(c)))
        .map(|word| word.trim_end_matches(['.', '/', '-']))
}

/// The keys of the generated list.
fn keys() -> BTreeSet<String> {
    let list = Document::read("src/config/README.md").text;
    let rows = list.lines().filter_map(|line| line.strip_prefix("| `"));
    let mut keys: BTreeSet<_> = rows
        .filter_map(|row| row.split_once('`'))
        .map(|(key, _)| key.to_owned())
        .collect();
    let older = list
        .split("; older name ")
        .skip(1)
        .filter_map(|rest| rest.split(' ').next());
    keys.extend(older.map(str::to_owned));
    assert!(keys.len() > 50, "{keys:?}");
    keys
}

#[test]
fn every_link_and_every_path_exists() {
    for document in all() {
        let here = Path::new(&document.path).parent().expect("a folder");
        for link in document.links() {
            if link.contains("://") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let path = if file.is_empty() {
                PathBuf::from(&document.path)
            } else {
                here.join(file)
            };
            assert!(
                Path::new(PROJECT).join(&path).exists(),
                "{}: nothing at {link}",
                document.path
            );
            if !anchor.is_empty() {
                let target = Document::read(&path.display().to_string());
                assert!(
                    target.anchors().contains(anchor),
                    "{}: no heading for {link} in {:?}",
                    document.path,
                    target.anchors()
                );
            }
        }
        for word in words(&document.text) {
            let named = FOLDERS.iter().any(|folder| word.starts_with(folder))
                || word.starts_with("certs/") && has_end(word, "sh");
            assert!(
                !named || Path::new(PROJECT).join(word).exists(),
                "{}: there is no {word}",
                document.path
            );
        }
    }
}

/// Rows of `src/README.md`: a file, a function in it.
#[test]
fn the_walks_through_the_code_name_what_is_there() {
    let mut checked = 0;
    for line in Document::read("src/README.md").text.lines() {
        let mut cells = line.split('|').skip(1).map(str::trim);
        let (Some(file), Some(function)) = (cells.next(), cells.next()) else {
            continue;
        };
        let (Some(file), Some(function)) = (in_backticks(file), in_backticks(function)) else {
            continue;
        };
        if !has_end(file, "rs") {
            continue;
        }
        let text = fs::read_to_string(Path::new(PROJECT).join(file)).unwrap_or_default();
        let declaration = format!("fn {function}");
        let mut declared = text.match_indices(&declaration);
        let end = |at: usize| text.as_bytes().get(at + 3 + function.len()).copied();
        assert!(
            declared.any(|(at, _)| matches!(end(at), Some(b'(' | b'<'))),
            "src/README.md: no fn {function} in {file}"
        );
        checked += 1;
    }
    assert!(checked > 40, "{checked}");
}

fn in_backticks(cell: &str) -> Option<&str> {
    cell.strip_prefix('`')?.strip_suffix('`')
}

#[test]
fn every_key_that_is_named_is_declared() {
    let keys = keys();
    let is_name = |word: &str| {
        word.len() > 1
            && word.starts_with(|c: char| c.is_ascii_uppercase())
            && word
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    };
    let known = |word: &str| {
        let of_file = word
            .strip_suffix("_FILE")
            .is_some_and(|key| keys.contains(key));
        keys.contains(word) || of_file || OTHER_NAMES.contains(&word)
    };
    for document in all() {
        let spans = document.spans();
        let text = words(&document.text).filter(|word| word.contains('_') && is_name(word));
        let spans = spans
            .iter()
            .map(String::as_str)
            .filter(|span| is_name(span));
        for name in text.chain(spans) {
            assert!(
                known(name),
                "{}: {name} is no key (other programs' names: OTHER_NAMES in tests/documents/names.rs)",
                document.path
            );
        }
    }
}

fn has_end(path: &str, end: &str) -> bool {
    Path::new(path)
        .extension()
        .is_some_and(|found| found == end)
}
