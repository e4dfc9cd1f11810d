//! The reader by itself, on small sources.

use std::collections::BTreeMap;

use super::{
    arrows::violations,
    circles::circles,
    file::Names,
    sources::Sources,
    table::{Row, Table},
};

/// What is hidden in one file, which is all there is; or in its tests.
fn hidden(text: &str) -> Vec<String> {
    Sources::of([("lib.rs", text)], true).hidden()
}

fn in_circles(sources: &Sources) -> Vec<String> {
    let left = circles(&sources.arrows());
    left.iter().map(|(from, _)| from.join("::")).collect()
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
    let sources = Sources::of(texts, false);
    let arrows = sources.arrows();
    let entry: Names = vec!["directory".to_owned(), "entry".to_owned()];
    let needs: Vec<_> = arrows[&entry]
        .iter()
        .map(|names| names.join("::"))
        .collect();
    assert_eq!(needs, ["directory", "web", "web::page"]);
    let table = Table {
        rows: BTreeMap::from([("directory".to_owned(), Row::default())]),
    };
    assert_eq!(
        violations(&table, &sources),
        ["directory/entry.rs: directory may not import web"; 2]
    );
    assert_eq!(in_circles(&sources), ["directory", "directory::entry"]);
}

#[test]
fn a_circle_through_a_bare_child_is_found() {
    let texts = [
        ("lib.rs", "mod web;"),
        (
            "web/mod.rs",
            "mod direct; mod users; pub struct Web;
             fn router() { route(direct::submit); let users = 1; f(users); }",
        ),
        ("web/direct.rs", "use super::Web; fn submit(_: Web) {}"),
        ("web/users.rs", "use super::Web; fn search(_: Web) {}"),
    ];
    let sources = Sources::of(texts, false);
    assert_eq!(in_circles(&sources), ["web", "web::direct"]);
}

#[test]
fn who_takes_a_name_from_a_facade_of_whole_children_may_need_each_of_them() {
    let texts = [
        ("lib.rs", "mod keys;"),
        (
            "keys/mod.rs",
            "mod tokens; mod tls; pub use self::{tls::*, tokens::*};",
        ),
        ("keys/tokens.rs", "declare! { TOKEN } use super::TLS;"),
        ("keys/tls.rs", "declare! { TLS } use super::TOKEN;"),
    ];
    let sources = Sources::of(texts, false);
    assert_eq!(sources.hidden(), [""; 0]);
    assert_eq!(in_circles(&sources), ["keys::tls", "keys::tokens"]);
}

#[test]
fn files_are_found_by_their_declarations_and_tests_by_their_attribute() {
    let texts = [
        ("lib.rs", "mod web; mod clock;"),
        ("main.rs", "use ad_edge::web::Web;"),
        ("clock.rs", ""),
        (
            "web/mod.rs",
            "mod page; #[cfg(test)] #[path = \"web_tests.rs\"] mod tests; #[cfg(test)] mod page_tests;",
        ),
        ("web/page.rs", "mod part;"),
        ("web/page/part.rs", "use crate::clock::Clock;"),
        // Their `super` is the folder.
        ("web/web_tests.rs", "use super::page;"),
        ("web/page_tests.rs", "use super::page;"),
        ("web/old.rs", ""),
    ];
    let paths = |with_tests| -> Vec<String> {
        let sources = Sources::of(texts, with_tests);
        sources.files.keys().map(|path| path.join("::")).collect()
    };
    let code = ["", "clock", "main", "web", "web::page", "web::page::part"];
    assert_eq!(paths(false), code);
    let of_tests = ["web::page_tests", "web::tests"];
    assert_eq!(paths(true).len(), code.len() + of_tests.len());
    let sources = Sources::of(texts, true);
    let needs = |path: &str| -> Vec<String> {
        let path: Names = path.split("::").map(str::to_owned).collect();
        sources.arrows()[&path]
            .iter()
            .map(|names| names.join("::"))
            .collect()
    };
    for of in of_tests {
        assert_eq!(needs(of), ["web::page"], "{of}");
    }
    assert_eq!(needs("web::page::part"), ["clock"]);
    assert_eq!(needs("main"), ["web"]);
    assert_eq!(sources.hidden(), ["web/old.rs: no module declares it"]);
}

#[test]
fn what_hides_imports_is_refused() {
    for (text, expected) in [
        ("use crate::web::*;", "use crate::web::*"),
        ("mod inner { use super::*; }", "use super::*"),
        ("use self::web::*;", "use self::web::*"),
        ("fn f() { use crate::web::*; }", "use crate::web::*"),
        ("use crate::web::{Web, page::*};", "use crate::web::page::*"),
        (
            "#[cfg(test)] mod tests { use crate::web::*; }",
            "use crate::web::*",
        ),
        (
            "mod a { #[cfg(test)] mod tests { use super::super::*; } }",
            "use super::super::*",
        ),
        ("include!(\"other.rs\");", "include!"),
        ("fn f() { include!(\"other.rs\") }", "include!"),
        ("mod inner { mod file; }", "mod file within inner"),
    ] {
        let found = hidden(text);
        assert!(
            found.len() == 1 && found[0].contains(expected),
            "{text}: {found:?}"
        );
    }
    let elsewhere = [
        ("lib.rs", "#[path = \"other.rs\"] mod name;"),
        ("other.rs", ""),
    ];
    let found = Sources::of(elsewhere, true).hidden();
    assert!(found[0].contains("#[path = \"other.rs\"]"), "{found:?}");
}

#[test]
fn what_hides_nothing_is_allowed() {
    for text in [
        "use std::io::prelude::*;",
        "#[cfg(test)] mod tests { use super::*; }",
        "const TEXT: &str = include_str!(\"text.md\");",
        "fn f() -> u32 { self::LIMIT * 2 }",
    ] {
        assert_eq!(hidden(text), [""; 0], "{text}");
    }
}

#[test]
fn all_below_is_no_more_than_that() {
    let table = Table::of(
        "//! | `cli` | | all below |\n\
         //! | `serve` | | all below |\n\
         //! | `web` | | ground, `tls` |\n\
         //! | `tls` | | |\n\
         //! | `clock` | | |\n\
         //! Ground: `clock`.\n",
    );
    let may = |folder: &str| -> Vec<&str> {
        let may = table.rows[folder].may.iter();
        may.map(String::as_str).collect()
    };
    assert_eq!(may("cli"), ["cli", "clock", "serve", "tls", "web"]);
    assert_eq!(may("serve"), ["clock", "serve", "tls", "web"]);
    assert_eq!(may("web"), ["clock", "tls", "web"]);
    assert_eq!(may("tls"), ["tls"]);
}
