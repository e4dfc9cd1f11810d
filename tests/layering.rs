//! The table of folders and arrows in `src/lib.rs` is true: no folder imports what its row does not
//! allow, every folder has a row, and no circle is left, neither among folders nor among files.
//!
//! Names are followed to the file that declares them, also through the `pub use` of a folder's `mod.rs`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Item, UseTree};

type Rows = BTreeMap<String, BTreeSet<String>>;
/// The names between `::`.
type Names = Vec<String>;

/// The outermost rooms: they may import everything below.
const OUTERMOST: [&str; 3] = ["main", "cli", "serve"];

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
        let folders = names(row[1]);
        if row[3] == "all" {
            let outermost = folders
                .iter()
                .all(|folder| OUTERMOST.contains(&folder.as_str()));
            assert!(outermost, "{folders:?} may not import everything");
            may.extend(all.clone());
        }
        if row[3].split([',', ' ']).any(|word| word == "ground") {
            may.extend(ground.clone());
        }
        for folder in folders {
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

/// What a file imports under which name.
#[derive(Debug, Default)]
struct Module {
    /// Relative to `src`.
    file: String,
    /// Name in this file → absolute path of what it means.
    uses: BTreeMap<String, Names>,
    /// Names that are used outside of `use` items, and the paths that begin with one; what a private
    /// `use` brings too, since a trait may be used for its methods alone.
    paths: BTreeSet<Names>,
    /// What a `pub use` passes on: needed by the folder, not by this file.
    passed_on: BTreeSet<Names>,
    /// Modules that the file declares (`mod name;`), with the file of a `#[path]`.
    children: BTreeMap<String, Option<String>>,
    /// Those of them under `#[cfg(test)]`.
    test_children: BTreeSet<String>,
    /// What a file cannot be read past: globs of our own modules, `include!`.
    opaque: Vec<String>,
}

impl Module {
    /// The path in the crate of `used`, which is in the module `path`.
    fn resolve(&self, used: &[String], path: &Names) -> Option<Names> {
        let first = used.first()?;
        absolute(used, path).or_else(|| {
            if let Some(target) = self.uses.get(first) {
                return Some([target.as_slice(), &used[1..]].concat());
            }
            // A bare child; a name alone is a variable.
            let child = used.len() > 1 && self.children.contains_key(first);
            child.then(|| [path.as_slice(), used].concat())
        })
    }
}

/// Every module that is a file, by its path in the crate; the crate itself has the empty path.
struct House(BTreeMap<Names, Module>);

impl House {
    /// `with_tests`: modules under `#[cfg(test)]` count too.
    fn read(with_tests: bool) -> Self {
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

    fn of<'a>(texts: impl Iterator<Item = (&'a str, &'a str)>, with_tests: bool) -> Self {
        let mut modules = BTreeMap::new();
        for (name, text) in texts {
            let path = module_path(name);
            let parsed = syn::parse_file(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            let mut module = Module {
                file: name.to_owned(),
                ..Module::default()
            };
            declared(&parsed.items, &mut module);
            collect(&parsed.items, &path, with_tests, &mut module);
            modules.insert(path, module);
        }
        if !with_tests {
            let only_in_tests: BTreeSet<Names> = modules
                .iter()
                .flat_map(|(path, module)| {
                    let child =
                        |name: &String| [path.as_slice(), std::slice::from_ref(name)].concat();
                    module.test_children.iter().map(child)
                })
                .collect();
            modules.retain(|path, _| !only_in_tests.contains(path));
        }
        Self(modules)
    }

    /// The file that declares what an absolute path names.
    fn declares(&self, path: &[String], depth: usize) -> Option<&Names> {
        assert!(depth < 20, "{path:?} leads to itself");
        let known = (0..=path.len())
            .rev()
            .find(|length| self.0.contains_key(&path[..*length]))?;
        let (folder, rest) = path.split_at(known);
        let (key, module) = self.0.get_key_value(folder)?;
        // Passed on from another file (`pub use`).
        if let Some(target) = rest.first().and_then(|name| module.uses.get(name)) {
            let further = [target.as_slice(), &rest[1..]].concat();
            return self.declares(&further, depth + 1);
        }
        Some(key)
    }

    /// File → files that it needs.
    fn arrows(&self) -> BTreeMap<&Names, BTreeSet<&Names>> {
        let mut arrows = BTreeMap::new();
        for (path, module) in &self.0 {
            let mut needs = BTreeSet::new();
            for used in &module.paths {
                let absolute = module.resolve(used, path);
                let needed = absolute.and_then(|absolute| self.declares(&absolute, 0));
                needs.extend(needed.filter(|other| *other != path));
            }
            arrows.insert(path, needs);
        }
        arrows
    }

    /// File → files that it needs or passes on.
    fn arrows_of_folders(&self) -> BTreeMap<&Names, BTreeSet<&Names>> {
        let mut arrows = self.arrows();
        for (path, module) in &self.0 {
            let passed_on = module.passed_on.iter();
            let passed_on = passed_on.filter_map(|target| self.declares(target, 0));
            arrows.entry(path).or_default().extend(passed_on);
        }
        arrows
    }
}

/// `directory/mod.rs` → `directory`; `accept/run_tests.rs`, which is `mod tests` of `run`, → `accept::run::tests`.
fn module_path(name: &str) -> Names {
    let stem = name.trim_end_matches(".rs");
    let stem = stem.trim_end_matches("/mod");
    if stem == "lib" {
        return Names::new();
    }
    let mut path: Names = stem.split('/').map(str::to_owned).collect();
    if let Some(last) = path.pop() {
        match last.strip_suffix("_tests") {
            Some(of) => path.extend([of.to_owned(), "tests".to_owned()]),
            None => path.push(last),
        }
    }
    path
}

/// Of a path that begins with `crate`, `super` or `self`.
fn absolute(path: &[String], module: &[String]) -> Option<Names> {
    let ups = path.iter().take_while(|name| *name == "super").count();
    match path.first()?.as_str() {
        "crate" => Some(path[1..].to_vec()),
        "self" => Some([module, &path[1..]].concat()),
        "super" => Some([module.get(..module.len().checked_sub(ups)?)?, &path[ups..]].concat()),
        _ => None,
    }
}

/// Notes the modules that the items declare as files of their own.
fn declared(items: &[Item], module: &mut Module) {
    for item in items {
        let Item::Mod(item) = item else { continue };
        if item.content.is_some() {
            continue;
        }
        let name = item.ident.to_string();
        let other_file = item.attrs.iter().find_map(|attribute| {
            let syn::Meta::NameValue(value) = &attribute.meta else {
                return None;
            };
            let file = value.value.to_token_stream().to_string();
            value
                .path
                .is_ident("path")
                .then(|| file.trim_matches('"').to_owned())
        });
        if is_test(&item.attrs) {
            module.test_children.insert(name.clone());
        }
        module.children.insert(name, other_file);
    }
}

fn collect(items: &[Item], path: &Names, with_tests: bool, module: &mut Module) {
    for item in items {
        match item {
            Item::Use(item) => {
                if is_test(&item.attrs) && !with_tests {
                    continue;
                }
                let private = matches!(item.vis, syn::Visibility::Inherited);
                let mut flat = Vec::new();
                flatten(&item.tree, &Names::new(), &mut flat);
                for (name, target) in flat {
                    let Some(resolved) = module.resolve(&target, path) else {
                        continue;
                    };
                    if name == "*" {
                        module.opaque.push(target.join("::"));
                    } else if private {
                        module.paths.insert(from_crate(&resolved));
                    } else {
                        module.passed_on.insert(resolved.clone());
                    }
                    module.uses.insert(name, resolved);
                }
            }
            Item::Mod(inner) => {
                if let Some((_, items)) = &inner.content
                    && (with_tests || !is_test(&inner.attrs))
                {
                    // Its `super` is this file.
                    let mut own = Module::default();
                    let mut deeper = path.clone();
                    deeper.push(inner.ident.to_string());
                    collect(items, &deeper, with_tests, &mut own);
                    for used in &own.paths {
                        let resolved = own.resolve(used, &deeper);
                        module.paths.extend(resolved.as_ref().map(from_crate));
                    }
                    module.passed_on.extend(own.passed_on);
                    // Of a module inside of the file, its parent is the file itself.
                    let outside = own.opaque.into_iter().filter(|glob| glob != "super");
                    module.opaque.extend(outside);
                }
            }
            item => {
                let tokens = item.to_token_stream();
                if let Item::Macro(item) = item
                    && item.mac.path.is_ident("include")
                {
                    module.opaque.push("include!".to_owned());
                }
                paths_in(tokens, &Names::new(), &mut module.paths);
            }
        }
    }
}

fn from_crate(path: &Names) -> Names {
    [&["crate".to_owned()], path.as_slice()].concat()
}

/// Whether the item is there in tests only: exactly `#[cfg(test)]`.
fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Path>()
                .is_ok_and(|condition| condition.is_ident("test"))
    })
}

/// Each name that a `use` brings, with the path it means.
fn flatten(tree: &UseTree, before: &Names, found: &mut Vec<(String, Names)>) {
    match tree {
        UseTree::Path(path) => {
            let before = [before.as_slice(), &[path.ident.to_string()]].concat();
            flatten(&path.tree, &before, found);
        }
        UseTree::Name(name) if name.ident == "self" => {
            found.extend(before.last().map(|last| (last.clone(), before.clone())));
        }
        UseTree::Name(name) => {
            let name = name.ident.to_string();
            found.push((name.clone(), [before.as_slice(), &[name]].concat()));
        }
        UseTree::Rename(rename) => {
            let target = [before.as_slice(), &[rename.ident.to_string()]].concat();
            found.push((rename.rename.to_string(), target));
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, before, found);
            }
        }
        UseTree::Glob(_) => found.push(("*".to_owned(), before.clone())),
    }
}

/// Every `a::b::c` in the code, inside of macros too; `before` is what is before the braces of a
/// `use` within a function.
fn paths_in(tokens: TokenStream, before: &Names, found: &mut BTreeSet<Names>) {
    let mut path = before.clone();
    let mut colons = if before.is_empty() { 0 } else { 2 };
    for token in tokens {
        match token {
            TokenTree::Ident(name) => {
                if colons != 2 {
                    found.insert(std::mem::replace(&mut path, before.clone()));
                }
                path.push(name.to_string());
                colons = 0;
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() => colons += 1,
            other => {
                let ended = std::mem::replace(&mut path, before.clone());
                if let TokenTree::Group(group) = other
                    && !is_visibility(&group)
                {
                    let within = if colons == 2 && group.delimiter() == Delimiter::Brace {
                        ended.clone()
                    } else {
                        Names::new()
                    };
                    paths_in(group.stream(), &within, found);
                }
                found.insert(ended);
                colons = if before.is_empty() { 0 } else { 2 };
            }
        }
    }
    found.insert(path);
    // `pub(super)` names nothing.
    found.retain(|path| {
        !matches!(path.as_slice(), [] | [_]) || !path.iter().all(|name| is_keyword(name))
    });
}

/// `(in a::b)` of `pub(in a::b)` names nothing that is needed.
fn is_visibility(group: &Group) -> bool {
    let first = group.stream().into_iter().next();
    first.is_some_and(|first| matches!(first, TokenTree::Ident(word) if word == "in"))
}

fn is_keyword(name: &str) -> bool {
    ["crate", "self", "super"].contains(&name)
}

/// Everything that `start` leads to, itself only where a circle leads back to it.
fn reach<'a, T: Ord>(arrows: &'a BTreeMap<T, BTreeSet<T>>, start: &T) -> BTreeSet<&'a T> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&T> = arrows.get(start).into_iter().flatten().collect();
    while let Some(one) = next.pop() {
        if reached.insert(one) {
            next.extend(arrows.get(one).into_iter().flatten());
        }
    }
    reached
}

/// What is part of a circle, with its arrows within that circle.
fn circles<T: Ord + Clone>(arrows: &BTreeMap<T, BTreeSet<T>>) -> Vec<(T, Vec<T>)> {
    let reached: BTreeMap<&T, BTreeSet<&T>> =
        arrows.keys().map(|one| (one, reach(arrows, one))).collect();
    let mut parts = Vec::new();
    for (from, needs) in arrows {
        let back = |to: &&T| {
            reached
                .get(to)
                .is_some_and(|further| further.contains(from))
        };
        let within: Vec<T> = needs.iter().filter(back).cloned().collect();
        if !within.is_empty() {
            parts.push((from.clone(), within));
        }
    }
    parts
}

/// Every arrow between folders that its row does not allow.
fn violations(rows: &Rows, house: &House) -> Vec<String> {
    let mut wrong = Vec::new();
    for (from, needs) in house.arrows_of_folders() {
        let Some(folder) = from.first() else { continue };
        for to in needs.into_iter().filter_map(|to| to.first()) {
            let allowed = rows.get(folder).is_some_and(|may| may.contains(to));
            if folder != to && !allowed {
                wrong.push(format!(
                    "{}: {folder} may not import {to}",
                    house.0[from].file
                ));
            }
        }
    }
    wrong
}

#[test]
fn every_import_is_allowed_by_the_table() {
    let (rows, house) = (table(), House::read(true));
    for folder in house.0.keys().filter_map(|path| path.first()) {
        assert!(
            rows.contains_key(folder),
            "{folder} has no row in src/lib.rs"
        );
    }
    let wrong = violations(&rows, &house);
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
fn the_table_allows_no_more_than_is_used() {
    let house = House::read(true);
    let mut used = Rows::new();
    for (from, needs) in house.arrows_of_folders() {
        let Some(folder) = from.first() else { continue };
        let folders = needs.into_iter().filter_map(|to| to.first()).cloned();
        used.entry(folder.clone()).or_default().extend(folders);
    }
    let ground = [
        "cause",
        "clock",
        "config",
        "lifecycle",
        "secret",
        "telemetry",
    ]
    .map(str::to_owned);
    for (folder, may) in table() {
        if OUTERMOST.contains(&folder.as_str()) {
            continue;
        }
        let used = used.get(&folder).cloned().unwrap_or_default();
        let idle: Vec<_> = may
            .difference(&used)
            .filter(|other| **other != folder && !ground.contains(other))
            .collect();
        assert!(idle.is_empty(), "{folder} does not import {idle:?}");
    }
}

#[test]
fn the_folders_make_no_circle() {
    let mut rows = table();
    rows.retain(|folder, _| !OUTERMOST.contains(&folder.as_str()));
    for (folder, may) in &mut rows {
        may.remove(folder);
    }
    assert_eq!(circles(&rows), []);
}

#[test]
fn the_files_make_no_circle() {
    let house = House::read(false);
    let arrows: BTreeMap<String, BTreeSet<String>> = house
        .arrows()
        .into_iter()
        .map(|(from, needs)| {
            let needs = needs.into_iter().map(|to| house.0[to].file.clone());
            (house.0[from].file.clone(), needs.collect())
        })
        .collect();
    let left = circles(&arrows);
    let lines: Vec<_> = left
        .iter()
        .map(|(from, needs)| format!("{from} → {}", needs.join(", ")))
        .collect();
    assert!(left.is_empty(), "circles among\n{}", lines.join("\n"));
}

#[test]
fn a_forbidden_import_is_found_through_a_facade_a_macro_and_a_parent() {
    let texts = [
        ("lib.rs", "pub mod directory; pub mod web;"),
        (
            "web/mod.rs",
            "mod page; pub use self::page::Page; pub struct Web;",
        ),
        ("web/page.rs", "pub struct Page;"),
        (
            "directory/mod.rs",
            "mod entry; use self::entry::Entry; pub struct Directory(Entry);",
        ),
        (
            "directory/entry.rs",
            "use super::Directory;
             use crate::web::Page as Leaf;
             fn f(_: Directory) { println!(\"{}\", crate::web::Web); let _ = Leaf; }
             // crate::ops",
        ),
    ];
    let house = House::of(texts.into_iter(), false);
    let arrows = house.arrows();
    let entry: Names = vec!["directory".to_owned(), "entry".to_owned()];
    let needs: Vec<_> = arrows[&entry]
        .iter()
        .map(|names| names.join("::"))
        .collect();
    assert_eq!(needs, ["directory", "web", "web::page"]);
    let rows = Rows::from([("directory".to_owned(), BTreeSet::new())]);
    assert_eq!(
        violations(&rows, &house),
        ["directory/entry.rs: directory may not import web"; 2]
    );
    let files = |names: &Names| names.join("::");
    let left = circles(&arrows);
    let left: Vec<_> = left.iter().map(|(from, _)| files(from)).collect();
    assert_eq!(left, ["directory", "directory::entry"]);
}

#[test]
fn a_circle_through_a_bare_child_is_found() {
    let texts = [
        (
            "web/mod.rs",
            "mod direct; mod users; pub struct Web;
             fn router() { route(direct::submit); let users = 1; f(users); }",
        ),
        ("web/direct.rs", "use super::Web; fn submit(_: Web) {}"),
        ("web/users.rs", "use super::Web; fn search(_: Web) {}"),
    ];
    let house = House::of(texts.into_iter(), false);
    let left = circles(&house.arrows());
    let left: Vec<_> = left.iter().map(|(from, _)| from.join("::")).collect();
    assert_eq!(left, ["web", "web::direct"]);
}
