//! A text of somebody else within a sentence of ours.

use super::is_unseen;

/// The text between double quotes, as it is: Rust's debug text would double each backslash
/// (`"CORP\\jdoe"`). What [is unseen](is_unseen) is left out: it may reach neither a terminal nor a log.
pub fn quoted(text: &str) -> String {
    let shown = text.chars().filter(|c| !is_unseen(*c));
    format!("\"{}\"", shown.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_shown_as_it_is_without_control_characters() {
        assert_eq!(quoted(r"CORP\jdoe"), r#""CORP\jdoe""#);
        assert_eq!(quoted("Zoë 'x'"), "\"Zoë 'x'\"");
        assert_eq!(quoted("a\u{1b}[31m\r\nb\u{202e}c"), "\"a[31mbc\"");
    }
}
