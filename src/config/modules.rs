//! Which file a profile mapper means by `require`. Paths are those of Node.js, counted from the mapper's folder, and
//! none leads out of it; but for `node_modules` beside it, where the AD/LDAP Connector has its own.

use serde_json::Value;

/// What is built in, by the names that Node.js has for it.
pub const BUILT_IN_MODULES: [&str; 12] = [
    "buffer",
    "crypto",
    "path",
    "path/posix",
    "path/win32",
    "process",
    "querystring",
    "timers",
    "timers/promises",
    "url",
    "util",
    "util/types",
];
/// Where the AD/LDAP Connector has its modules, from its `lib`.
pub const MODULES_BESIDE: &str = "../node_modules/";

/// The file that `request` means in a module whose own folder is `from` (empty: the mapper's), with its content.
/// `find` gives the content of a path when there is such a file.
pub fn module_file(
    from: &str,
    request: &str,
    mut find: impl FnMut(&str) -> Option<Vec<u8>>,
) -> Option<(String, Vec<u8>)> {
    let request = request.replace('\\', "/");
    let is_relative = matches!(request.split('/').next(), Some("." | ".."));
    let places = if is_relative {
        vec![joined(from, &request)?]
    } else if request.is_empty() || request.starts_with('/') || request.contains(':') {
        return None;
    } else {
        bare(from, &request)?
    };
    for place in places {
        let endings = ["", ".js", ".json", ".cjs", ".min.js"];
        let files = endings.map(|ending| format!("{place}{ending}"));
        let main = find(&format!("{place}/package.json"))
            .and_then(|text| main_of(&text))
            .and_then(|main| joined(&place, &main));
        let last = place.rsplit('/').next().unwrap_or_default();
        let within = main.into_iter().flat_map(|main| {
            let index = format!("{main}/index.js");
            [main.clone(), format!("{main}.js"), index]
        });
        let usual = ["index.js", "index.json"].map(|name| format!("{place}/{name}"));
        let own = [
            format!("{place}/{last}.js"),
            format!("{place}/{last}.min.js"),
        ];
        let all = files.into_iter().chain(within).chain(usual).chain(own);
        for file in all.filter(|file| has_known_end(file)) {
            if let Some(content) = find(&file) {
                return Some((file, content));
            }
        }
    }
    None
}

/// The folder of a file, as `from` of [`module_file`].
#[must_use]
pub fn folder_of_module(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Whether a name is that of a file that a mapper can be made of.
#[must_use]
pub fn has_known_end(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    [".js", ".json", ".cjs"]
        .iter()
        .any(|end| lower.ends_with(end))
}

/// A module by its name alone: in the folders above, each with its `node_modules`, and beside the mapper.
fn bare(from: &str, name: &str) -> Option<Vec<String>> {
    if name.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return None;
    }
    let mut places = Vec::new();
    let mut folder = from;
    loop {
        places.push(match folder {
            "" => format!("node_modules/{name}"),
            _ => format!("{folder}/node_modules/{name}"),
        });
        if folder.is_empty() {
            break;
        }
        folder = folder_of_module(folder);
    }
    places.insert(0, name.to_owned());
    places.push(format!("{MODULES_BESIDE}{name}"));
    Some(places)
}

/// `None` when it leads out.
fn joined(folder: &str, path: &str) -> Option<String> {
    let beside = folder.strip_prefix(MODULES_BESIDE);
    let mut parts: Vec<&str> = beside
        .unwrap_or(folder)
        .split('/')
        .filter(|part| !part.is_empty())
        .collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    Some(match beside {
        Some(_) => format!("{MODULES_BESIDE}{joined}"),
        None => joined,
    })
}

fn main_of(package: &[u8]) -> Option<String> {
    let package: Value = serde_json::from_slice(package).ok()?;
    Some(package.get("main")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(from: &str, request: &str) -> Option<String> {
        let there = [
            ("roles.json", ""),
            ("deep/one.js", ""),
            ("deep/index.js", ""),
            ("lodash.min.js", ""),
            ("node_modules/moment/moment.js", ""),
            ("node_modules/moment/locale/de.js", ""),
            (
                "node_modules/other/package.json",
                r#"{"main": "./dist/it"}"#,
            ),
            ("node_modules/other/dist/it.js", ""),
            (
                "../node_modules/async/package.json",
                r#"{"main": "lib/async.js"}"#,
            ),
            ("../node_modules/async/lib/async.js", ""),
            ("../config.json", ""),
        ];
        let find = |path: &str| {
            let one = there.iter().find(|(name, _)| *name == path)?;
            Some(one.1.as_bytes().to_vec())
        };
        module_file(from, request, find).map(|(file, _)| file)
    }

    #[test]
    fn files_are_found_as_by_node_and_none_outside() {
        for (from, request, file) in [
            ("", "./roles.json", Some("roles.json")),
            ("", "./roles", Some("roles.json")),
            ("", ".\\roles", Some("roles.json")),
            ("", "./deep/one", Some("deep/one.js")),
            ("", "./deep", Some("deep/index.js")),
            ("deep", "../roles", Some("roles.json")),
            ("deep", "./one", Some("deep/one.js")),
            ("", "lodash", Some("lodash.min.js")),
            ("deep", "moment", Some("node_modules/moment/moment.js")),
            (
                "node_modules/moment",
                "./locale/de",
                Some("node_modules/moment/locale/de.js"),
            ),
            ("", "other", Some("node_modules/other/dist/it.js")),
            ("", "async", Some("../node_modules/async/lib/async.js")),
            ("", "../config.json", None),
            ("", "./deep/../../config.json", None),
            ("../node_modules/async", "../../config.json", None),
            ("", "/etc/passwd", None),
            ("", "C:\\x.js", None),
            ("", "none", None),
        ] {
            assert_eq!(found(from, request).as_deref(), file, "{request} in {from}");
        }
    }
}
