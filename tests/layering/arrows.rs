//! Which file needs which: each name is followed to the file that declares it.

use std::collections::{BTreeMap, BTreeSet};

use super::{file::Names, sources::Sources, table::Table};

impl Sources {
    /// The file that declares what an absolute path names; and those that may, where a facade passes on
    /// all of some.
    fn declares(&self, path: &[String], depth: usize) -> BTreeSet<&Names> {
        assert!(depth < 20, "{path:?} leads to itself");
        let known = (0..=path.len())
            .rev()
            .find_map(|length| self.files.get_key_value(&path[..length]));
        let Some((key, file)) = known else {
            return BTreeSet::new();
        };
        let Some((name, rest)) = path[key.len()..].split_first() else {
            return BTreeSet::from([key]);
        };
        // Passed on from another file (`pub use`).
        if let Some(target) = file.uses.get(name) {
            let further = [target.as_slice(), rest].concat();
            return self.declares(&further, depth + 1);
        }
        let whole = file.whole.iter();
        let may = whole.flat_map(|child| self.declares(child, depth + 1));
        may.chain([key]).collect()
    }

    /// File → files that it needs.
    pub fn arrows(&self) -> BTreeMap<&Names, BTreeSet<&Names>> {
        let mut arrows = BTreeMap::new();
        for (path, file) in &self.files {
            let mut needs = BTreeSet::new();
            for used in &file.paths {
                let absolute = file.resolve(used, path);
                let needed = absolute.map(|absolute| self.declares(&absolute, 0));
                needs.extend(needed.unwrap_or_default());
            }
            needs.remove(path);
            arrows.insert(path, needs);
        }
        arrows
    }

    /// File → files that it needs or passes on.
    fn arrows_of_folders(&self) -> BTreeMap<&Names, BTreeSet<&Names>> {
        let mut arrows = self.arrows();
        for (path, file) in &self.files {
            let passed_on = file.passed_on.iter();
            let passed_on = passed_on.flat_map(|target| self.declares(target, 0));
            arrows.entry(path).or_default().extend(passed_on);
        }
        arrows
    }
}

/// Folder → folders that its files import.
pub fn folders_used(sources: &Sources) -> BTreeMap<String, BTreeSet<String>> {
    let mut used = BTreeMap::<String, BTreeSet<String>>::new();
    for (from, needs) in sources.arrows_of_folders() {
        let Some(folder) = from.first() else { continue };
        let folders = needs.into_iter().filter_map(|to| to.first()).cloned();
        used.entry(folder.clone()).or_default().extend(folders);
    }
    used
}

/// Every arrow between folders that its row does not allow.
pub fn violations(table: &Table, sources: &Sources) -> Vec<String> {
    let mut wrong = Vec::new();
    for (from, needs) in sources.arrows_of_folders() {
        let Some(folder) = from.first() else { continue };
        for to in needs.into_iter().filter_map(|to| to.first()) {
            let row = table.rows.get(folder);
            let allowed = row.is_some_and(|row| row.may.contains(to));
            if folder != to && !allowed {
                wrong.push(format!(
                    "{}: {folder} may not import {to}",
                    sources.files[from].name
                ));
            }
        }
    }
    wrong
}
