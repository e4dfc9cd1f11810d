//! Keys that are given twice in `config.json`: a reader of JSON takes the last one and says nothing (RFC 8259,
//! section 4).

use std::{collections::BTreeSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};

/// The names, once each, of an object's keys that are there more than once; none of what is no object.
pub(super) fn given_twice(json: &str) -> BTreeSet<String> {
    serde_json::from_str(json).map_or_else(|_| BTreeSet::new(), |Twice(names)| names)
}

struct Twice(BTreeSet<String>);

impl<'de> Deserialize<'de> for Twice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Names)
    }
}

struct Names;

impl<'de> Visitor<'de> for Names {
    type Value = Twice;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Twice, A::Error> {
        let (mut seen, mut twice) = (BTreeSet::new(), BTreeSet::new());
        while let Some((name, _)) = map.next_entry::<String, IgnoredAny>()? {
            if !seen.insert(name.clone()) {
                twice.insert(name);
            }
        }
        Ok(Twice(twice))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_however_it_is_written() {
        for (json, names) in [
            (r#"{"A": 1, "B": {"A": 2}, "C": ["A"]}"#, &[][..]),
            (
                r#"{"A": 1, "B": 2, "\u0041": 3, "B": 4, "A": 5}"#,
                &["A", "B"],
            ),
            (r#"["A", "A"]"#, &[]),
            (r#"{"A": 1, "A": 2"#, &[]),
            ("", &[]),
        ] {
            assert!(given_twice(json).iter().eq(names), "{json}");
        }
    }
}
