//! One file: what it imports under which name, and what it declares.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Item, UseTree};

/// The names between `::`.
pub type Names = Vec<String>;

#[derive(Debug, Default)]
pub struct SourceFile {
    /// Relative to `src`.
    pub name: String,
    /// Name in this file → absolute path of what it means.
    pub uses: BTreeMap<String, Names>,
    /// Names that are used outside of `use` items, and the paths that begin with one; what a private
    /// `use` brings too, since a trait may be used for its methods alone.
    pub paths: BTreeSet<Names>,
    /// What a `pub use` passes on: needed by the folder, not by this file.
    pub passed_on: BTreeSet<Names>,
    /// Children of which a `pub use self::child::*` passes on all.
    pub whole: Vec<Names>,
    pub children: Vec<Child>,
    /// What makes imports that cannot be read here, each with its cause.
    pub hidden: Vec<String>,
}

/// A module that a file declares as a file of its own: `mod name;`.
#[derive(Debug)]
pub struct Child {
    pub name: String,
    /// Of `#[path]`.
    pub file: Option<String>,
    /// Under `#[cfg(test)]`.
    pub is_test: bool,
}

/// Where code is.
struct Place {
    path: Names,
    /// Within a test file or module.
    is_test: bool,
    /// Tests count too.
    with_tests: bool,
}

impl SourceFile {
    /// `path`: of the module that it is; `is_test`: all of it is there for tests only; `with_tests`: modules
    /// under `#[cfg(test)]` count too.
    pub fn read(name: &str, text: &str, path: &Names, is_test: bool, with_tests: bool) -> Self {
        let parsed = syn::parse_file(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut file = Self {
            name: name.to_owned(),
            ..Self::default()
        };
        file.declared(&parsed.items);
        let place = Place {
            path: path.clone(),
            is_test,
            with_tests,
        };
        file.collect(&parsed.items, &place);
        file
    }

    /// The path in the crate of `used`, which is in the module `path`.
    pub fn resolve(&self, used: &[String], path: &Names) -> Option<Names> {
        let first = used.first()?;
        absolute(used, path).or_else(|| {
            if let Some(target) = self.uses.get(first) {
                return Some([target.as_slice(), &used[1..]].concat());
            }
            // A bare child; a name alone is a variable.
            let child = used.len() > 1 && self.children.iter().any(|child| child.name == *first);
            child.then(|| [path.as_slice(), used].concat())
        })
    }

    /// Notes the modules that the items declare as files of their own.
    fn declared(&mut self, items: &[Item]) {
        for item in items {
            let Item::Mod(item) = item else { continue };
            if item.content.is_some() {
                continue;
            }
            let child = Child {
                name: item.ident.to_string(),
                file: item.attrs.iter().find_map(path_of),
                is_test: is_test(&item.attrs),
            };
            if let Some(file) = &child.file
                && !(child.is_test && file.ends_with("tests.rs"))
            {
                let why = "only a file of tests may have another name than its module";
                self.hidden.push(format!("#[path = \"{file}\"]: {why}"));
            }
            self.children.push(child);
        }
    }

    fn collect(&mut self, items: &[Item], place: &Place) {
        for item in items {
            match item {
                Item::Use(item) if is_test(&item.attrs) && !place.with_tests => {}
                Item::Use(item) => {
                    let private = matches!(item.vis, syn::Visibility::Inherited);
                    self.collect_use(&item.tree, private, place);
                }
                Item::Mod(inner) => self.collect_inner(inner, place),
                item => {
                    let mut globs = Vec::new();
                    let tokens = item.to_token_stream();
                    if has_include(tokens.clone()) {
                        let why = "its code is in no module of its own";
                        self.hidden.push(format!("include!: {why}"));
                    }
                    paths_in(tokens, &Names::new(), &mut self.paths, &mut globs);
                    for glob in globs {
                        self.note_glob(&glob, place);
                    }
                }
            }
        }
    }

    fn collect_use(&mut self, tree: &UseTree, private: bool, place: &Place) {
        let mut flat = Vec::new();
        flatten(tree, &Names::new(), &mut flat);
        for (name, target) in flat {
            let Some(resolved) = self.resolve(&target, &place.path) else {
                continue;
            };
            if name == "*" {
                let child = resolved.strip_prefix(place.path.as_slice());
                if !private && child.is_some_and(|child| child.len() == 1) {
                    self.whole.push(resolved);
                } else {
                    self.note_glob(&target, place);
                }
                continue;
            }
            if private {
                self.paths.insert(from_crate(&resolved));
            } else {
                self.passed_on.insert(resolved.clone());
            }
            self.uses.insert(name, resolved);
        }
    }

    /// A module within the file; its `super` is this file.
    fn collect_inner(&mut self, inner: &syn::ItemMod, place: &Place) {
        let is_test = place.is_test || is_test(&inner.attrs);
        let Some((_, items)) = &inner.content else {
            return;
        };
        if is_test && !place.with_tests {
            return;
        }
        let mut own = Self::default();
        own.declared(items);
        for child in std::mem::take(&mut own.children) {
            let why = "declare it at the top of a file";
            self.hidden
                .push(format!("mod {} within {}: {why}", child.name, inner.ident));
        }
        let deeper = Place {
            path: [place.path.as_slice(), &[inner.ident.to_string()]].concat(),
            is_test,
            with_tests: place.with_tests,
        };
        own.collect(items, &deeper);
        for used in &own.paths {
            let resolved = own.resolve(used, &deeper.path);
            self.paths.extend(resolved.as_ref().map(from_crate));
        }
        self.passed_on.extend(own.passed_on);
        self.whole.extend(own.whole);
        self.hidden.extend(own.hidden);
    }

    /// A test module may take all of its parent, which is in the same folder.
    fn note_glob(&mut self, glob: &Names, place: &Place) {
        if !(place.is_test && *glob == ["super"]) {
            let glob = glob.join("::");
            self.hidden
                .push(format!("use {glob}::*: name what is used"));
        }
    }
}

/// Of a path that begins with `crate`, `super` or `self`; or, in the program, with the library's name.
fn absolute(path: &[String], module: &[String]) -> Option<Names> {
    let ups = path.iter().take_while(|name| *name == "super").count();
    match path.first()?.as_str() {
        "crate" => Some(path[1..].to_vec()),
        "ad_edge" if module == ["main"] => Some(path[1..].to_vec()),
        "self" => Some([module, &path[1..]].concat()),
        "super" => Some([module.get(..module.len().checked_sub(ups)?)?, &path[ups..]].concat()),
        _ => None,
    }
}

pub fn from_crate(path: &Names) -> Names {
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

/// The file of `#[path = "file"]`.
fn path_of(attribute: &syn::Attribute) -> Option<String> {
    let syn::Meta::NameValue(value) = &attribute.meta else {
        return None;
    };
    let file = value.value.to_token_stream().to_string();
    value
        .path
        .is_ident("path")
        .then(|| file.trim_matches('"').to_owned())
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

/// Every `a::b::c` in the code, inside of macros too, and every `a::b::*` of our own; `before` is what
/// is before the braces of a `use` within a function.
fn paths_in(
    tokens: TokenStream,
    before: &Names,
    found: &mut BTreeSet<Names>,
    globs: &mut Vec<Names>,
) {
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
                let own = ended.first().is_some_and(|first| is_keyword(first));
                if let TokenTree::Punct(punct) = &other
                    && punct.as_char() == '*'
                    && colons == 2
                    && own
                {
                    globs.push(ended.clone());
                }
                if let TokenTree::Group(group) = other
                    && !is_visibility(&group)
                {
                    let within = if colons == 2 && group.delimiter() == Delimiter::Brace {
                        ended.clone()
                    } else {
                        Names::new()
                    };
                    paths_in(group.stream(), &within, found, globs);
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

/// Whether `include!` is called somewhere in the code.
fn has_include(tokens: TokenStream) -> bool {
    let mut before = false;
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(name) => {
            before = name == "include";
            false
        }
        TokenTree::Punct(punct) => std::mem::take(&mut before) && punct.as_char() == '!',
        TokenTree::Group(group) => {
            before = false;
            has_include(group.stream())
        }
        TokenTree::Literal(_) => {
            before = false;
            false
        }
    })
}

/// `(in a::b)` of `pub(in a::b)` names nothing that is needed.
fn is_visibility(group: &Group) -> bool {
    let first = group.stream().into_iter().next();
    first.is_some_and(|first| matches!(first, TokenTree::Ident(word) if word == "in"))
}

fn is_keyword(name: &str) -> bool {
    ["crate", "self", "super"].contains(&name)
}
