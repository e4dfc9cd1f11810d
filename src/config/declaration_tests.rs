//! What is declared of a key, and what is done with it, are the same.

use std::collections::BTreeMap;

use super::{tests::changed, *};

#[test]
fn every_key_that_has_an_effect_is_read_once() {
    let folder = changed("AD_HUB", "https://acme.auth0.com/lo/hub".into());
    let home = Home::new(folder.dir.path());
    let (mut mistakes, mut warnings) = (Vec::new(), Vec::new());
    let environment = BTreeMap::new();
    let file = FileKeys::read(&home, &environment, &mut mistakes);
    let learned = serde_json::Map::new();
    let source = source::Source::read(
        &home,
        &environment,
        &file,
        &learned,
        &mut mistakes,
        &mut warnings,
    );
    let values = Effective::new(source, &home, &environment);
    let mut reader = reader::Reader::new(values, mistakes, warnings);
    load::read(home, true, &mut reader);
    let mut read = reader.read;
    read.sort_unstable();
    let mut declared: Vec<_> = keys::all()
        .filter(|key| !key.is_unused() && !key.scope().environment)
        .map(Declared::name)
        .collect();
    declared.sort_unstable();
    assert_eq!(read, declared);
}
