//! The README is true.

const README: &str = include_str!("../README.md");

#[test]
fn the_table_of_keys_is_the_programs() {
    let table = ad_edge::keys_table();
    assert!(
        README.contains(&table),
        "put this table into README.md:\n\n{table}"
    );
}

#[test]
fn the_two_commands_stand_first() {
    let at = |text: &str| {
        README
            .find(text)
            .unwrap_or_else(|| panic!("{text} is missing"))
    };
    assert!(at("./deploy/demo.sh") < at("./tests/run.sh"));
    assert!(at("./tests/run.sh") < at("## Keys"));
}
