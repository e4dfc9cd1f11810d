//! The profile mapper of what is imported, with the files that it loads; and what of mappers is left, so that none is
//! left without a word.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::LazyLock,
};

use regex::Regex;
use serde_json::{Map, Value};

use super::{
    ArchiveError,
    findings::Finding,
    given::Given,
    layout::{Layout, below},
    paths::{MAPPER, allowed, shown},
};
use crate::config::{
    BUILT_IN_MODULES, Effective, Encoding, MODULES_BESIDE, decoded, folder_of_module,
    has_known_end, keys, module_file,
};

/// Files that one mapper may load.
const MAX_MODULES: usize = 50;

/// `require('…')` with the name in the text itself.
static REQUIRE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r#"(?-u:\b)require[ \t\r\n]*\([ \t\r\n]*(?:'([^'\n]+)'|"([^"\n]+)"|`([^`\n$]+)`)[ \t\r\n]*\)"#;
    Regex::new(pattern).expect("a test compiles it")
});

/// What of the mapper is taken, by its path in the home folder.
#[derive(Default)]
pub(super) struct Mappers {
    pub files: BTreeMap<String, Vec<u8>>,
    pub findings: Vec<Finding>,
    /// What was looked at and is said already.
    pub settled: BTreeSet<String>,
}

/// Finds the mapper that counts by these keys, and what it loads.
pub(super) fn mappers(
    given: &mut dyn Given,
    layout: &Layout,
    keys: &Map<String, Value>,
) -> Result<Mappers, ArchiveError> {
    let mut found = Mappers::default();
    let values = Effective::of_file(keys);
    let folder = format!("{}{}", layout.root, layout.mapper_folder());
    let mut reader = Reader {
        given: &mut *given,
        folder: &folder,
        root: &layout.root,
        failed: None,
        used: BTreeSet::new(),
    };
    let usual = layout.mapper()[layout.mapper_folder().len()..].to_owned();
    if let Some((name, content)) = reader.find(&usual) {
        found.settled.insert(name);
        found.files.insert(MAPPER.to_owned(), content);
    }
    let text = values.value(&keys::PROFILE_MAPPER);
    let other = values
        .is_given(&keys::PROFILE_MAPPER_FILE)
        .then(|| values.value(&keys::PROFILE_MAPPER_FILE))
        .flatten();
    // What is to be looked through for what it loads: the folder of it, and its text.
    let mut queue: VecDeque<(String, String)> = VecDeque::new();
    let has_usual = found.files.contains_key(MAPPER);
    if let Some(text) = text {
        if has_usual {
            found.findings.push(Finding::MapperWithoutEffect {
                key: keys::PROFILE_MAPPER.name,
                file: MAPPER,
            });
        }
        queue.push_back((String::new(), text));
    } else if let Some(other) = other {
        let inner = other.replace('\\', "/");
        let inner = inner.trim_start_matches("./");
        let inner = below(inner, "", "lib/").unwrap_or(inner);
        let asked = format!("./{inner}");
        match module_file("", &asked, |path| Some(reader.find(path)?.1)) {
            Some((path, _)) if path == usual => {}
            Some((path, content)) => {
                if has_usual {
                    found.findings.push(Finding::MapperWithoutEffect {
                        key: keys::PROFILE_MAPPER_FILE.name,
                        file: MAPPER,
                    });
                }
                let text = decoded(&content).0.into_owned();
                queue.push_back((folder_of_module(&path).to_owned(), text));
                found.keep(&path, content);
            }
            None => {}
        }
    }
    if queue.is_empty()
        && let Some(content) = found.files.get(MAPPER)
    {
        queue.push_back((String::new(), decoded(content).0.into_owned()));
    }
    let (mut loaded, mut nowhere) = (BTreeSet::new(), BTreeSet::new());
    while let Some((from, text)) = queue.pop_front() {
        for request in requests(&text) {
            let plain = request.strip_prefix("node:").unwrap_or(request);
            let is_built_in = BUILT_IN_MODULES.contains(&plain);
            let file = module_file(&from, request, |path| Some(reader.find(path)?.1));
            match file {
                _ if is_built_in => {}
                None => {
                    nowhere.insert(shown(request));
                }
                Some((path, content)) => {
                    if loaded.contains(&path) || path == usual {
                        continue;
                    }
                    if loaded.len() >= MAX_MODULES {
                        return Err(ArchiveError::TooMany);
                    }
                    let text = decoded(&content).0.into_owned();
                    if !path.to_ascii_lowercase().ends_with(".json") {
                        queue.push_back((folder_of_module(&path).to_owned(), text));
                    }
                    // Where its main file is, is written there.
                    let package = package_of(&path).filter(|file| !loaded.contains(file));
                    if let Some((package, content)) =
                        package.and_then(|file| Some((file.clone(), reader.find(&file)?.1)))
                    {
                        found.keep(&package, content);
                        loaded.insert(package);
                    }
                    found.keep(&path, content);
                    loaded.insert(path);
                }
            }
        }
    }
    if let Some(error) = reader.failed {
        return Err(error);
    }
    found.settled.extend(reader.used);
    if !loaded.is_empty() {
        let files = loaded
            .iter()
            .filter(|path| !path.ends_with("/package.json"));
        let names = files.map(|path| shown(&place(path))).collect();
        found.findings.push(Finding::Modules(names));
    }
    if !nowhere.is_empty() {
        let names = nowhere.into_iter().collect();
        found.findings.push(Finding::NoModule(names));
    }
    found.readable();
    found.left(given, layout);
    Ok(found)
}

impl Mappers {
    fn keep(&mut self, path: &str, content: Vec<u8>) {
        let name = place(path);
        if allowed(&name) {
            self.files.insert(name, content);
        } else {
            self.findings.push(Finding::NoModule(vec![shown(path)]));
        }
    }

    /// As UTF-8, since that is what Node.js and we read.
    fn readable(&mut self) {
        for (name, content) in &mut self.files {
            let (text, encoding) = decoded(content);
            let finding = match encoding {
                Encoding::Utf8 => continue,
                Encoding::Utf16 => Finding::Utf16(name.clone()),
                Encoding::Other => Finding::OtherText(name.clone()),
            };
            self.findings.push(finding);
            *content = text.into_owned().into_bytes();
        }
    }

    /// What looks like a mapper and is not taken.
    fn left(&mut self, given: &dyn Given, layout: &Layout) {
        let (mut mappers, mut others) = (Vec::new(), Vec::new());
        for name in given.names() {
            if self.settled.contains(name) {
                continue;
            }
            let lower = name.to_ascii_lowercase();
            if lower.contains("node_modules/") {
                continue;
            }
            if layout.is_other_config(name) {
                others.push(shown(name));
            } else if layout.is_other_mapper(name) || is_like_a_mapper(&lower) {
                mappers.push(shown(name));
            }
        }
        if !others.is_empty() {
            self.findings.push(Finding::OtherVersion(others));
        }
        if !mappers.is_empty() {
            self.findings.push(Finding::MappersLeft(mappers));
        }
    }
}

/// `profileMapper.js.bak`, `old-mapper.txt`, `Copy of profileMapper.js`; not the connector's own parts.
fn is_like_a_mapper(lower: &str) -> bool {
    let file = lower.rsplit('/').next().unwrap_or_default();
    let letters: String = file.chars().filter(char::is_ascii_alphanumeric).collect();
    letters.contains("mapper") || letters.contains("profilemapping")
}

fn requests(text: &str) -> Vec<&str> {
    let found = REQUIRE.captures_iter(text);
    found
        .filter_map(|call| (1..=3).find_map(|group| call.get(group)))
        .map(|name| name.as_str())
        .collect()
}

/// The place of a module in the home folder.
fn place(path: &str) -> String {
    let inner = path.strip_prefix(MODULES_BESIDE);
    match inner {
        Some(inner) => format!("lib/node_modules/{inner}"),
        None => format!("lib/{path}"),
    }
}

/// The `package.json` of the package that a file of `node_modules` is in.
fn package_of(path: &str) -> Option<String> {
    let at = path.rfind("node_modules/")? + "node_modules/".len();
    let mut parts = path[at..].split('/');
    let name = parts.next()?;
    let inner = parts.next()?;
    let name = if name.starts_with('@') {
        format!("{name}/{inner}")
    } else {
        name.to_owned()
    };
    Some(format!("{}{name}/package.json", &path[..at]))
}

/// Reads what is in the mapper's folder, in any case of letters.
struct Reader<'a> {
    given: &'a mut dyn Given,
    folder: &'a str,
    root: &'a str,
    /// The first error: what was looked for may be there.
    failed: Option<ArchiveError>,
    used: BTreeSet<String>,
}

impl Reader<'_> {
    /// The name as it is written, and the content.
    fn find(&mut self, path: &str) -> Option<(String, Vec<u8>)> {
        let wanted = match path.strip_prefix(MODULES_BESIDE) {
            Some(inner) => format!("{}node_modules/{inner}", self.root),
            None => format!("{}{path}", self.folder),
        };
        let mut same = self.given.names().iter();
        let name = same
            .find(|name| name.eq_ignore_ascii_case(&wanted))
            .cloned();
        let name = match name {
            Some(name) => name,
            // Modules of a folder are not among its names: there are thousands.
            None if wanted.contains("node_modules/") => wanted,
            None => return None,
        };
        match self.given.read(&name) {
            Ok(content) => {
                let content = content?;
                if has_known_end(&name) {
                    self.used.insert(name.clone());
                }
                Some((name, content))
            }
            Err(error) => {
                self.failed.get_or_insert(error);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_require_are_found_in_the_text() {
        let text = "const a = require ('lodash'), b=require(\"./b.json\");\nrequire(`./c`); require(d); \
                    obj_require('e'); require(`./${f}`)";
        assert_eq!(requests(text), ["lodash", "./b.json", "./c"]);
    }

    #[test]
    fn what_looks_like_a_mapper_is_one() {
        for name in [
            "profilemapper.js.bak",
            "a/copy of profilemapper.js",
            "b/old-mapper.txt",
        ] {
            assert!(is_like_a_mapper(name), "{name}");
        }
        assert!(!is_like_a_mapper("lib/users.js"));
    }
}
