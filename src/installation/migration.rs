//! The report of an import: keys taken, keys without effect, and, for an installation of the
//! legacy connector's, what is different here.

use std::fmt::Write as _;

use serde_json::Value;

use super::{ArchiveError, Installation, differences::differences, paths::shown};
use crate::config::keys;

/// The report, as text for an administrator.
///
/// # Errors
/// When its `config.json` is not a JSON object.
pub fn report(installation: &Installation) -> Result<String, ArchiveError> {
    let given = installation.config()?;
    let (mut taken, mut idle, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    let realm = given.get(keys::REALM.name).and_then(Value::as_str);
    let realm = realm.unwrap_or_default().trim();
    for name in given.keys().filter(|name| *name != keys::SCHEMA) {
        let list = match keys::find(name) {
            Some(key) if key.is_unused() => &mut idle,
            Some(_) => &mut taken,
            None if keys::names_relying_party(name, realm) => &mut taken,
            None if keys::find_by_file_variant(name).is_some() => &mut taken,
            None => &mut unknown,
        };
        list.push(shown(name));
    }
    let mut text = String::new();
    let mut list = |title: &str, names: &[String]| {
        if !names.is_empty() {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{title} ({}): {}", names.len(), names.join(", "));
        }
    };
    list("Taken", &taken);
    list("Kept, without effect here", &idle);
    list("Kept, unknown", &unknown);
    list("Not taken from the archive", &installation.ignored);
    if installation.ours {
        return Ok(text);
    }
    if !installation.findings.is_empty() {
        text.push_str("\nLook at this first:\n");
        for finding in &installation.findings {
            let _ = writeln!(text, "- {finding}");
        }
    }
    let differences = differences(installation, &given);
    if !differences.is_empty() {
        text.push_str("\nWhat is different here:\n");
        for difference in differences {
            let _ = writeln!(text, "- {difference}");
        }
    }
    Ok(text)
}

#[cfg(test)]
#[path = "migration_tests.rs"]
mod tests;
