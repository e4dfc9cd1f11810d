//! All files of the source, each under the path of the module that it is.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use super::file::{Names, SourceFile};

/// Every module that is a file, by its path in the crate; the library itself has the empty path, and the
/// program is `main`.
pub struct Sources {
    pub files: BTreeMap<Names, SourceFile>,
    /// Files that no `mod` declares.
    orphans: Vec<String>,
}

pub fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

impl Sources {
    /// `with_tests`: modules under `#[cfg(test)]` count too.
    pub fn read(with_tests: bool) -> Self {
        let texts: Vec<_> = files(&source())
            .into_iter()
            .map(|path| {
                let name = path.strip_prefix(source()).expect("under src");
                let name = name.to_string_lossy().into_owned();
                (name, fs::read_to_string(&path).expect("a source file"))
            })
            .collect();
        let texts = texts.iter().map(|(name, text)| (name.as_str(), &**text));
        Self::of(texts, with_tests)
    }

    /// Of texts by their names, among them `lib.rs`.
    pub fn of<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>, with_tests: bool) -> Self {
        let mut walk = Walk {
            texts: texts.into_iter().collect(),
            with_tests,
            files: BTreeMap::new(),
            seen: BTreeSet::new(),
        };
        walk.enter("lib.rs", &Names::new(), false);
        if walk.texts.contains_key("main.rs") {
            walk.enter("main.rs", &vec!["main".to_owned()], false);
        }
        let orphans = walk.texts.keys().filter(|name| !walk.seen.contains(**name));
        Self {
            orphans: orphans.map(|name| (*name).to_owned()).collect(),
            files: walk.files,
        }
    }

    /// What keeps imports out of sight, each with its file.
    pub fn hidden(&self) -> Vec<String> {
        let orphans = self.orphans.iter();
        let orphans = orphans.map(|name| format!("{name}: no module declares it"));
        let hidden = self.files.values().flat_map(|file| {
            let lines = file.hidden.iter();
            lines.map(|line| format!("{}: {line}", file.name))
        });
        orphans.chain(hidden).collect()
    }
}

/// From module to module, by their declarations.
struct Walk<'a> {
    texts: BTreeMap<&'a str, &'a str>,
    with_tests: bool,
    files: BTreeMap<Names, SourceFile>,
    seen: BTreeSet<String>,
}

impl Walk<'_> {
    fn enter(&mut self, name: &str, path: &Names, is_test: bool) {
        self.seen.insert(name.to_owned());
        let text = self.texts[name];
        let file = SourceFile::read(name, text, path, is_test, self.with_tests);
        for child in &file.children {
            let file = self.file_of(name, &child.name, child.file.as_deref());
            let path = [path.as_slice(), std::slice::from_ref(&child.name)].concat();
            self.enter(&file, &path, is_test || child.is_test);
        }
        if self.with_tests || !is_test {
            self.files.insert(path.clone(), file);
        }
    }

    /// Which file a declaration in the file `parent` names.
    fn file_of(&self, parent: &str, child: &str, other_name: Option<&str>) -> String {
        let (folder, stem) = match parent.rsplit_once('/') {
            Some((folder, stem)) => (format!("{folder}/"), stem),
            None => (String::new(), parent),
        };
        if let Some(other) = other_name {
            return format!("{folder}{other}");
        }
        let within = match stem {
            "lib.rs" | "main.rs" | "mod.rs" => folder,
            stem => format!("{folder}{}/", stem.trim_end_matches(".rs")),
        };
        let candidates = [
            format!("{within}{child}.rs"),
            format!("{within}{child}/mod.rs"),
        ];
        let found = candidates
            .into_iter()
            .find(|name| self.texts.contains_key(name.as_str()));
        found.unwrap_or_else(|| panic!("{parent}: there is no file of mod {child}"))
    }
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
