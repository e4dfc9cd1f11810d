//! Large texts as snapshots (`tests/snapshots/`): what is new in each run is named for what it is.

/// The text with each known value replaced by its name, the longest first; times become `N ms`, and
/// what looks like a thumbprint is called one.
pub fn named(text: &str, known: &[(&str, &str)]) -> String {
    let mut known: Vec<_> = known
        .iter()
        .filter(|(value, _)| !value.is_empty())
        .collect();
    known.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
    let text = known.iter().fold(text.to_owned(), |text, (value, name)| {
        text.replace(value, name)
    });
    let words: Vec<&str> = text.split(' ').collect();
    let of = |number: usize| words.get(number).copied().unwrap_or_default();
    let named = words.iter().enumerate().map(|(number, word)| {
        let is_number = word.parse::<f64>().is_ok();
        let bare = word.trim_end_matches([',', '.']);
        if is_number && of(number + 1).starts_with("ms") {
            "N".to_owned()
        } else if bare.len() == 40 && bare.chars().all(|c| c.is_ascii_hexdigit()) {
            word.replace(bare, "THUMBPRINT")
        } else {
            (*word).to_owned()
        }
    });
    named.collect::<Vec<_>>().join(" ")
}
