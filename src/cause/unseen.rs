//! Characters that do something to whatever shows them, and how they are shown instead.

use std::{borrow::Cow, fmt};

/// Whether a character is an instruction: to a terminal (C0, DEL, C1), to whoever splits a text into lines
/// (U+2028, U+2029), or to whoever lays it out, so that a reader sees another text than is there (marks of
/// direction, invisible ones, tags; Unicode Technical Report 36, section 2.10).
#[must_use]
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Writes a character, or where it [is unseen](is_unseen) its escape in JSON (RFC 8259, section 7).
///
/// # Errors
/// When it cannot be written.
pub fn write_seen(to: &mut impl fmt::Write, c: char) -> fmt::Result {
    match c {
        '\n' => to.write_str("\\n"),
        '\r' => to.write_str("\\r"),
        '\t' => to.write_str("\\t"),
        c if is_unseen(c) => {
            let mut units = [0; 2];
            let mut units = c.encode_utf16(&mut units).iter();
            units.try_for_each(|unit| write!(to, "\\u{unit:04x}"))
        }
        c => to.write_char(c),
    }
}

/// A text of somebody else as one line, in which nothing is unseen.
fn seen(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unseen) {
        return Cow::Borrowed(text);
    }
    let mut seen = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        // Writing to a text does not fail.
        let _ = write_seen(&mut seen, c);
    }
    Cow::Owned(seen)
}

/// A text of ours with texts of others in it, in which nothing is unseen: its lines stay.
#[must_use]
pub fn seen_lines(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| c != '\n' && is_unseen(c)) {
        return Cow::Borrowed(text);
    }
    let lines: Vec<_> = text.split('\n').map(seen).collect();
    Cow::Owned(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_unseen_is_left_and_the_rest_stays() {
        for (text, shown) in [
            (r"Zoë CORP\jdoe 日本 👍", r"Zoë CORP\jdoe 日本 👍"),
            ("a\r\n\tb", r"a\r\n\tb"),
            ("\u{1b}[2J\u{7f}\u{9b}31m", r"\u001b[2J\u007f\u009b31m"),
            ("a\u{2028}b\u{202e}c\u{2066}d", r"a\u2028b\u202ec\u2066d"),
            ("a\u{200b}\u{feff}\u{e0041}", r"a\u200b\ufeff\udb40\udc41"),
        ] {
            assert_eq!(seen(text), shown);
            // What is within quotes in JSON means the same there.
            let json = format!("\"{}\"", shown.replace(r"CORP\", r"CORP\\"));
            assert_eq!(
                serde_json::from_str::<String>(&json).ok().as_deref(),
                Some(text)
            );
        }
    }

    #[test]
    fn lines_of_ours_stay() {
        assert_eq!(seen_lines("one\ntwo"), "one\ntwo");
        assert_eq!(
            seen_lines("one\n\u{1b}[1mtwo\r\n"),
            "one\n\\u001b[1mtwo\\r\n"
        );
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_shown_has_the_lines_that_it_had(text in proptest::prelude::any::<String>()) {
            let shown = seen_lines(&text);
            proptest::prop_assert_eq!(shown.matches('\n').count(), text.matches('\n').count());
            proptest::prop_assert!(!shown.chars().any(|c| c != '\n' && is_unseen(c)));
        }
    }
}
