//! The report of an import: keys taken, keys without effect, and, for an installation of the
//! incumbent's, what is different here.

use std::fmt::Write as _;

use serde_json::Value;

use super::{ArchiveError, Installation, differences::differences, paths::shown};
use crate::config::find_key;

/// The report, as text for an administrator.
///
/// # Errors
/// When its `config.json` is no JSON object.
pub fn report(installation: &Installation) -> Result<String, ArchiveError> {
    let keys = installation.config()?;
    let (mut taken, mut idle, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    let realm = keys.get("REALM").and_then(Value::as_str);
    let realm = realm.unwrap_or_default().trim();
    for name in keys.keys() {
        let secret = name.strip_suffix("_FILE").and_then(find_key);
        let list = match find_key(name) {
            Some(key) if key.unused => &mut idle,
            Some(_) => &mut taken,
            None if name.contains(':') || name == realm => &mut taken,
            None if secret.is_some_and(|key| key.secret) => &mut taken,
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
    let differences = differences(installation, &keys);
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
