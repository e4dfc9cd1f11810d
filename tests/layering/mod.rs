//! The table of folders and arrows in `src/lib.rs` is true: no folder imports what its row does not
//! allow, every folder has a row, and no circle is left, neither among folders nor among files.
//!
//! `sources` finds the files by their `mod` declarations, `file` reads one, `arrows` follows each name to
//! the file that declares it, also through the `pub use` of a folder's `mod.rs`; `table` reads the table.

mod arrows;
mod circles;
mod file;
mod handles;
mod reader_tests;
mod sources;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use self::{
    arrows::{folders_used, violations},
    circles::circles,
    file::Names,
    sources::{Sources, source},
    table::Table,
};

#[test]
fn every_import_is_allowed_by_the_table() {
    let (table, sources) = (Table::read(), Sources::read(true));
    for folder in sources.files.keys().filter_map(|path| path.first()) {
        assert!(
            table.rows.contains_key(folder),
            "{folder} has no row in src/lib.rs"
        );
    }
    let wrong = violations(&table, &sources);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_row_is_a_folder() {
    for folder in Table::read().rows.keys() {
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
    let used = folders_used(&Sources::read(true));
    for (folder, row) in &Table::read().rows {
        let used = used.get(folder).cloned().unwrap_or_default();
        let idle: Vec<_> = row.named.difference(&used).collect();
        assert!(idle.is_empty(), "{folder} does not import {idle:?}");
    }
}

#[test]
fn the_folders_make_no_circle() {
    let table = Table::read();
    let rows: BTreeMap<_, _> = table
        .rows
        .iter()
        .map(|(folder, row)| {
            let others = row.may.iter().filter(|other| *other != folder);
            (folder.clone(), others.cloned().collect())
        })
        .collect();
    assert_eq!(circles(&rows), []);
}

#[test]
fn the_files_make_no_circle() {
    let sources = Sources::read(false);
    let name = |path: &Names| sources.files[path].name.clone();
    let arrows: BTreeMap<String, BTreeSet<String>> = sources
        .arrows()
        .into_iter()
        .map(|(from, needs)| (name(from), needs.into_iter().map(name).collect()))
        .collect();
    let left = circles(&arrows);
    let lines: Vec<_> = left
        .iter()
        .map(|(from, needs)| format!("{from} → {}", needs.join(", ")))
        .collect();
    assert!(left.is_empty(), "circles among\n{}", lines.join("\n"));
}

/// What a reader cannot follow, this test cannot either.
#[test]
fn no_import_is_hidden() {
    let hidden = Sources::read(true).hidden();
    assert!(hidden.is_empty(), "{}", hidden.join("\n"));
}
