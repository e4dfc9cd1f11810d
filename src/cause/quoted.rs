//! A text of somebody else within a sentence of ours.

/// The text between double quotes, as it is: Rust's debug text would double each backslash
/// (`"CORP\\jdoe"`). Control characters are left out, and so are the marks that turn the direction of
/// what follows: neither may reach a terminal or a log.
pub fn quoted(text: &str) -> String {
    let shown = |c: &char| {
        !c.is_control() && !matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    format!("\"{}\"", text.chars().filter(shown).collect::<String>())
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
