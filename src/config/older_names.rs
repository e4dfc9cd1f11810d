//! Older names of keys: still read, each with a warning that gives the present name.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    key::Declared,
    keys,
    mistake::{Place, Warning},
    problem::Concern,
};

/// The keys of `config.json` under their present names. What the present name says wins.
pub(super) fn in_file(
    given: &Map<String, Value>,
    warnings: &mut Vec<Warning>,
) -> Map<String, Value> {
    let mut present = given.clone();
    for (key, older) in renamed() {
        if let Some(value) = present.remove(older) {
            warnings.push(warning(key, older));
            present.entry(key.name()).or_insert(value);
        }
    }
    present
}

/// A warning for each older name in the environment.
pub(super) fn in_environment(
    environment: &BTreeMap<String, String>,
) -> impl Iterator<Item = Warning> {
    renamed()
        .filter(|(_, older)| environment.get(*older).is_some_and(|text| !text.is_empty()))
        .map(|(key, older)| warning(key, older))
}

fn renamed() -> impl Iterator<Item = (&'static dyn Declared, &'static str)> {
    keys::all().filter_map(|key| Some((key, key.older_name()?)))
}

fn warning(key: &'static dyn Declared, older: &str) -> Warning {
    Warning {
        place: Place::Other(older.to_owned()),
        concern: Concern::OlderName(key.name()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Config, Home, tests::legacy};

    fn read(file: &[(&str, bool)], environment: &[(&str, &str)]) -> (bool, Vec<String>) {
        let folder = tempfile::TempDir::new().expect("a folder");
        let home = Home::new(folder.path());
        let mut config = legacy();
        config["KERBEROS_AUTH"] = json!(false);
        for (key, value) in file {
            config[*key] = json!(value);
        }
        std::fs::write(home.config_json(), config.to_string()).expect("written");
        let environment = environment
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        let loaded = Config::load(home, &environment).expect("good");
        let warnings = loaded.warnings.iter().map(ToString::to_string);
        let warnings = warnings.filter(|text| text.starts_with("TOKEN")).collect();
        (loaded.config.federation.legacy_method, warnings)
    }

    #[test]
    fn an_older_name_is_read_with_one_warning_that_gives_the_present_one() {
        let (older, present) = ("TOKEN_INCUMBENT_METHOD", "TOKEN_LEGACY_METHOD");
        let once = [format!(
            "{older}: is the older name of {present}; write {present}"
        )];
        assert_eq!(read(&[(older, true)], &[]), (true, once.to_vec()));
        assert_eq!(read(&[], &[(older, "true")]), (true, once.to_vec()));
        assert_eq!(read(&[(present, true)], &[]), (true, Vec::new()));
        assert_eq!(
            read(&[(older, true), (present, false)], &[]),
            (false, once.to_vec())
        );
        assert_eq!(
            read(&[(present, true)], &[(older, "false"), (present, "")]),
            (false, once.to_vec())
        );
        assert_eq!(
            read(&[], &[(older, "false"), (present, "true")]),
            (true, once.to_vec())
        );
    }
}
