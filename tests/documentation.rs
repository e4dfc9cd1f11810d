//! The list of keys is the program's. `documents` checks the rest of what the documents say.

const KEYS: &str = include_str!("../src/config/README.md");

#[test]
fn the_table_of_keys_is_the_programs() {
    let table = ad_edge::keys_table();
    assert!(
        KEYS.contains(&table),
        "put this table into src/config/README.md:\n\n{table}"
    );
}
