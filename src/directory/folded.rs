//! A name without what some directory or other leaves out when it compares: capitals, accents, widths, kinds of
//! kana, blanks in a row (RFC 4518, section 2; [MS-UCODEREF], section 3.1.5.2). Which of them a directory leaves
//! out is its own affair, so nobody is found by this: attempts with a name are counted under it, whether
//! there is such a user or not. Else another spelling of a user's name would meet the limit, and one of nobody's would
//! not.

use icu_normalizer::{
    DecomposingNormalizerBorrowed, properties::CanonicalCombiningClassMapBorrowed,
};

/// The one spelling of all that a directory could take for equal.
pub(super) fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let classes = CanonicalCombiningClassMapBorrowed::new();
    let parts = DecomposingNormalizerBorrowed::new_nfkd().normalize(text);
    let mut folded = String::with_capacity(parts.len());
    for c in parts.chars().flat_map(char::to_lowercase) {
        if classes.get_u8(c) != 0 {
            continue;
        }
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            'ø' => folded.push('o'),
            'đ' | 'ð' => folded.push('d'),
            'ħ' => folded.push('h'),
            'ı' => folded.push('i'),
            'ł' => folded.push('l'),
            'ŧ' => folded.push('t'),
            'ς' => folded.push('σ'),
            // Hiragana has its katakana 0x60 further on.
            'ぁ'..='ゖ' => folded.extend(char::from_u32(u32::from(c) + 0x60)),
            c => folded.push(c),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn what_a_directory_may_take_for_equal_is_one_spelling() {
        for (one, other) in [
            ("Alice", "aLICE"),
            ("josé", "JOSE"),
            ("jose\u{301}", "jose"),
            ("ａｌｉｃｅ", "alice"),
            ("\u{212a}urt", "kurt"),
            ("aſmith", "asmith"),
            ("Straße", "strasse"),
            ("İrem", "irem"),
            ("ırmak", "irmak"),
            ("Νίκος", "νικοσ"),
            ("Søren", "soren"),
            ("ﬁona", "fiona"),
            ("さくら", "サクラ"),
            ("ｻｸﾗ", "さくら"),
        ] {
            assert_eq!(folded(one), folded(other), "{one} {other}");
        }
        assert_ne!(folded("alice"), folded("alicia"));
        assert_ne!(folded("иван"), folded("ivan"));
    }
}
