//! Where the files of an installation are in what was given: in the connector's folder as it was until version 6, or
//! under `data/` as since version 7; in a folder around it, and in any case of letters, as Windows has them.

use super::paths::{CERTIFICATE, CONFIG, KEY, LOGOS, MAPPER};
use crate::config::home;

/// The profile mapper since version 7.
pub(super) const NEWER_MAPPER: &str = "profileMapper/custom.js";
/// Secrets that version 7 has not moved into the system's keychain yet.
const BRIDGE: &str = ".connector-bridge";
/// Folders in which no installation begins.
const INNER: [&str; 6] = [
    "certs",
    "lib",
    "profilemapper",
    "backups",
    "node_modules",
    "bin",
];
/// How deep below what was given an installation may begin.
const DEEPEST: usize = 3;

/// Where an installation begins, and how its files are called there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Layout {
    /// Before the names of its files: empty, `data/`, `AD LDAP Connector/data/`.
    pub root: String,
    pub is_newer: bool,
}

/// What a name stands for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A file of an installation, by its path in a home folder.
    Home(String),
    Bridge,
    Other,
}

impl Layout {
    /// The one of a home folder of ours.
    pub fn ours() -> Self {
        Self::default()
    }

    /// Of several the one that is whole, is nearest, and is newer.
    pub fn of(names: &[String]) -> Self {
        let roots = names.iter().filter_map(|name| {
            let at = name.len().checked_sub(CONFIG.len())?;
            let (root, file) = (name.get(..at)?, name.get(at..)?);
            let is_root =
                file.eq_ignore_ascii_case(CONFIG) && (root.is_empty() || root.ends_with('/'));
            is_root.then_some(root)
        });
        let candidates = roots.filter_map(|root| {
            let lower = root.to_ascii_lowercase();
            let parts: Vec<&str> = lower.split_terminator('/').collect();
            if parts.len() > DEEPEST || parts.iter().any(|part| INNER.contains(part)) {
                return None;
            }
            let has = |rest: &str| names.iter().any(|name| is(name, root, rest));
            let within = |rest: &str| names.iter().any(|name| below(name, root, rest).is_some());
            let is_data = parts.last() == Some(&"data");
            let is_newer = is_data || ((within("profileMapper/") || has(BRIDGE)) && !has(MAPPER));
            let depth = parts.len() - usize::from(is_data);
            let order = (
                !has(CERTIFICATE) || !has(KEY),
                depth,
                !is_newer,
                root.to_owned(),
            );
            Some((
                order,
                Self {
                    root: root.to_owned(),
                    is_newer,
                },
            ))
        });
        let best = candidates.min_by(|one, other| one.0.cmp(&other.0));
        best.map_or_else(Self::default, |(_, layout)| layout)
    }

    /// What a name is in this installation.
    pub fn place(&self, name: &str) -> Place {
        let Some(rest) = below(name, &self.root, "") else {
            return Place::Other;
        };
        let lower = rest.to_ascii_lowercase();
        let home = if lower == CONFIG {
            CONFIG.to_owned()
        } else if self.is_newer && lower == BRIDGE {
            return Place::Bridge;
        } else if lower == self.mapper().to_ascii_lowercase() {
            MAPPER.to_owned()
        } else if LOGOS.contains(&lower.as_str()) {
            lower
        } else if let Some(file) = below(rest, "", "certs/") {
            let name = format!("certs/{file}");
            let known = [
                CERTIFICATE,
                KEY,
                home::TLS_CERTIFICATE,
                home::TLS_KEY,
                home::KEYTAB,
                home::CLIENT_CA,
                home::ROOTS,
            ];
            let known = known.iter().find(|known| known.eq_ignore_ascii_case(&name));
            known.map_or(name.clone(), |known| (*known).to_owned())
        } else {
            return Place::Other;
        };
        Place::Home(home)
    }

    /// The mapper, counted from the root.
    pub fn mapper(&self) -> &'static str {
        if self.is_newer { NEWER_MAPPER } else { MAPPER }
    }

    /// The folder in which the mapper is, counted from the root, with its slash.
    pub fn mapper_folder(&self) -> &'static str {
        let folder = self.mapper().rfind('/').map_or(0, |at| at + 1);
        &self.mapper()[..folder]
    }

    /// What another version has for its mapper, beside this one: where `data/` is, or in it.
    pub fn is_other_mapper(&self, name: &str) -> bool {
        let lower = name.to_ascii_lowercase();
        let around = self.root.to_ascii_lowercase();
        let around = around.strip_suffix("data/").unwrap_or(&around).to_owned();
        let Some(rest) = lower.strip_prefix(&around) else {
            return false;
        };
        let rest = rest.strip_prefix("data/").unwrap_or(rest);
        rest == MAPPER.to_ascii_lowercase() || rest.starts_with("profilemapper/")
    }

    /// Whether this is another installation's `config.json`, of the version before or after.
    pub fn is_other_config(&self, name: &str) -> bool {
        let around = self.root.len() - if self.is_data() { "data/".len() } else { 0 };
        let other = if self.is_data() {
            CONFIG
        } else {
            "data/config.json"
        };
        is(name, &self.root[..around], other)
    }

    fn is_data(&self) -> bool {
        let lower = self.root.to_ascii_lowercase();
        lower == "data/" || lower.ends_with("/data/")
    }
}

/// What of a name comes after a root and a beginning, the case of letters aside.
pub(super) fn below<'a>(name: &'a str, root: &str, beginning: &str) -> Option<&'a str> {
    let end = root.len() + beginning.len();
    let (front, rest) = (name.get(..end)?, name.get(end..)?);
    let (of_root, of_beginning) = (front.get(..root.len())?, front.get(root.len()..)?);
    let is_there =
        of_root.eq_ignore_ascii_case(root) && of_beginning.eq_ignore_ascii_case(beginning);
    (is_there && !rest.is_empty()).then_some(rest)
}

fn is(name: &str, root: &str, rest: &str) -> bool {
    below(name, root, "").is_some_and(|own| own.eq_ignore_ascii_case(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(names: &[&str]) -> (String, bool) {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let found = Layout::of(&names);
        (found.root, found.is_newer)
    }

    const KEYS: [&str; 2] = ["certs/cert.pem", "certs/cert.key"];

    #[test]
    fn an_installation_is_found_where_it_begins() {
        let at = |root: &str, more: &[&str]| {
            let own = KEYS.map(|name| format!("{root}{name}"));
            let config = format!("{root}config.json");
            let own = own.iter().map(String::as_str).chain([config.as_str()]);
            layout(&own.chain(more.iter().copied()).collect::<Vec<_>>())
        };
        for (root, more, newer) in [
            ("", &["lib/profileMapper.js"][..], false),
            ("", &[][..], false),
            ("", &["profileMapper/custom.js"][..], true),
            ("", &[".connector-bridge"][..], true),
            ("data/", &[][..], true),
            // An upgrade leaves what was there before.
            (
                "data/",
                &["config.json", "certs/cert.pem", "certs/cert.key"][..],
                true,
            ),
            // One that has not come to its end.
            ("", &["data/config.json"][..], false),
            (
                "AD LDAP Connector/",
                &["AD LDAP Connector/lib/profileMapper.js"][..],
                false,
            ),
            ("AD LDAP Connector/Data/", &[][..], true),
            (
                "",
                &["node_modules/x/config.json", "lib/config.json"][..],
                false,
            ),
        ] {
            assert_eq!(
                at(root, more),
                (root.to_owned(), newer),
                "{root} with {more:?}"
            );
        }
        assert_eq!(
            layout(&["Config.JSON", "Certs/Cert.PEM"]),
            (String::new(), false)
        );
        assert_eq!(layout(&["a.txt"]), (String::new(), false));
    }

    #[test]
    fn names_are_those_of_windows() {
        let newer = Layout {
            root: "Data/".to_owned(),
            is_newer: true,
        };
        let home = |name: &str| Place::Home(name.to_owned());
        for (name, place) in [
            ("Data/Config.json", home("config.json")),
            ("data/CERTS/Cert.Key", home("certs/cert.key")),
            ("data/certs/crl/My.pem", home("certs/crl/My.pem")),
            ("data/ProfileMapper/Custom.js", home("lib/profileMapper.js")),
            ("data/.connector-bridge", Place::Bridge),
            ("data/lib/profileMapper.js", Place::Other),
            ("lib/profileMapper.js", Place::Other),
            ("config.json", Place::Other),
        ] {
            assert_eq!(newer.place(name), place, "{name}");
        }
        assert!(newer.is_other_mapper("lib/profileMapper.js"));
        assert!(newer.is_other_mapper("data/profileMapper/custom.js.bak"));
        assert!(newer.is_other_config("config.json"));
        let older = Layout::default();
        assert_eq!(
            older.place("LIB/profilemapper.js"),
            home("lib/profileMapper.js")
        );
        assert_eq!(older.place(".connector-bridge"), Place::Other);
        assert!(older.is_other_mapper("data/profileMapper/custom.js"));
        assert!(older.is_other_config("data/config.json"));
    }
}
