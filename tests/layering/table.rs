//! The table of folders in `src/lib.rs`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use super::sources::source;

/// They may import whatever is below them in the table.
const OUTERMOST: [&str; 2] = ["cli", "serve"];

pub struct Table {
    /// By folder.
    pub rows: BTreeMap<String, Row>,
}

#[derive(Debug, Default)]
pub struct Row {
    /// All that it may import, itself included.
    pub may: BTreeSet<String>,
    /// What the row names one by one.
    pub named: BTreeSet<String>,
}

impl Table {
    pub fn read() -> Self {
        Self::of(&fs::read_to_string(source().join("lib.rs")).expect("src/lib.rs"))
    }

    pub fn of(text: &str) -> Self {
        let ground = text
            .lines()
            .find_map(|line| line.strip_prefix("//! Ground: "))
            .map(names)
            .expect("the line that names the ground");
        let cells: Vec<Vec<&str>> = text
            .lines()
            .filter(|line| line.starts_with("//! | `"))
            .map(|line| line.split('|').map(str::trim).collect())
            .collect();
        let folders: Vec<String> = cells.iter().flat_map(|row| names(row[1])).collect();
        let mut rows = BTreeMap::new();
        for (at, cells) in cells.iter().enumerate() {
            let [folder] =
                <[String; 1]>::try_from(Vec::from_iter(names(cells[1]))).expect("one folder a row");
            let named = names(cells[3]);
            let mut may = named.clone();
            may.insert(folder.clone());
            for words in cells[3].split(',').map(str::trim) {
                match words {
                    "ground" => may.extend(ground.clone()),
                    "all below" => {
                        let outermost = OUTERMOST.contains(&folder.as_str());
                        assert!(outermost, "{folder} may not import everything");
                        may.extend(folders[at..].iter().cloned());
                    }
                    words => assert!(
                        words.is_empty() || words.starts_with('`'),
                        "{folder}: {words}"
                    ),
                }
            }
            rows.insert(folder, Row { may, named });
        }
        for row in rows.values() {
            let unknown: Vec<_> = row
                .named
                .iter()
                .filter(|name| !rows.contains_key(*name))
                .collect();
            assert!(unknown.is_empty(), "{unknown:?} have no row");
        }
        Self { rows }
    }
}

/// What is between backticks.
fn names(cell: &str) -> BTreeSet<String> {
    cell.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}
