//! The Markdown files of the project, and the blocks in them.

use std::{fs, path::Path};

pub const PROJECT: &str = env!("CARGO_MANIFEST_DIR");

/// A Markdown file of the project.
pub struct Document {
    /// From the project's folder.
    pub path: String,
    pub text: String,
}

/// A fenced block.
pub struct Block {
    /// What follows the fence: language and mark.
    pub info: String,
    pub text: String,
}

/// How a shell block is held.
#[derive(Debug, PartialEq, Eq)]
pub enum Mark {
    /// By `document_commands`, on machines of these names.
    Run(Vec<String>),
    /// By `.ci/run`; after a colon, with what.
    Ci,
    /// By nobody, and why.
    Elsewhere(String),
}

impl Document {
    pub fn read(path: &str) -> Self {
        let text = fs::read_to_string(Path::new(PROJECT).join(path));
        Self {
            path: path.to_owned(),
            text: text.unwrap_or_else(|error| panic!("{path}: {error}")),
        }
    }

    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<(usize, Block)> = None;
        for line in self.text.lines() {
            let bare = line.trim_start();
            match (&mut open, bare.strip_prefix("```")) {
                (None, Some(info)) => {
                    let block = Block {
                        info: info.trim().to_owned(),
                        text: String::new(),
                    };
                    open = Some((line.len() - bare.len(), block));
                }
                (Some(_), Some(_)) => blocks.extend(open.take().map(|(_, block)| block)),
                (Some((indent, block)), None) => {
                    block.text.push_str(line.get(*indent..).unwrap_or_default());
                    block.text.push('\n');
                }
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{}: a block does not end", self.path);
        blocks
    }
}

impl Block {
    /// Nothing when it is no shell block.
    ///
    /// # Panics
    /// When it is one without a mark.
    pub fn mark(&self, document: &str) -> Option<Mark> {
        let (language, mark) = self.info.split_once(' ').unwrap_or((&self.info, ""));
        if !["sh", "bash", "shell", "console"].contains(&language) {
            return None;
        }
        assert_eq!(language, "sh", "{document}: shell blocks are `sh`");
        Some(match mark.trim() {
            "run" => Mark::Run(vec!["edge1".to_owned()]),
            "ci" => Mark::Ci,
            mark if mark.starts_with("ci: ") => Mark::Ci,
            mark => match (
                mark.strip_prefix("run on "),
                mark.strip_prefix("elsewhere: "),
            ) {
                (Some(machines), _) => {
                    let machines = machines.split(',').map(|one| one.trim().to_owned());
                    Mark::Run(machines.collect())
                }
                (None, Some(why)) if !why.trim().is_empty() => Mark::Elsewhere(why.to_owned()),
                _ => panic!(
                    "{document}: mark this block as `sh run`, `sh ci` or `sh elsewhere: why`:\n{}",
                    self.text
                ),
            },
        })
    }
}

/// All documents.
pub fn all() -> Vec<Document> {
    let mut found = Vec::new();
    for folder in [
        "", ".github", "benches", "certs", "deploy", "haproxy", "src", "tests",
    ] {
        collect(Path::new(folder), !folder.is_empty(), &mut found);
    }
    found.sort();
    assert!(found.len() > 10, "{found:?}");
    found.iter().map(|path| Document::read(path)).collect()
}

fn collect(folder: &Path, deep: bool, found: &mut Vec<String>) {
    for entry in fs::read_dir(Path::new(PROJECT).join(folder)).expect("a folder") {
        let entry = entry.expect("an entry");
        let path = folder.join(entry.file_name());
        if path.extension().is_some_and(|end| end == "md") {
            found.push(path.display().to_string());
        } else if deep && entry.file_type().expect("its type").is_dir() {
            collect(&path, deep, found);
        }
    }
}
