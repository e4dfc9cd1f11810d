//! Names from outside: what somebody typed, what a ticket or a certificate says, what a proxy passes on.
//! Every one of them becomes an [`OutsideName`] before anything else is done with it, and what cannot be
//! anybody's name is refused there, without a question to the directory.

use std::borrow::Cow;

use ldap3::ldap_unescape;

use super::{composed::composed, sid::Sid};

/// No name of a user is longer: a user principal name has 113 characters by custom, a mail address 254.
pub(super) const MAX_CHARACTERS: usize = 256;
/// Of one character in a filter: four bytes, each as `\xx` (RFC 4515, section 3).
const MAX_ESCAPED: usize = 12;

/// A name that can be somebody's; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutsideName<'a>(Cow<'a, str>);

/// Why a name means nobody, whoever is in the directory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnusableName {
    #[error("a control character is in it, which no user's name has")]
    ControlCharacter,
    #[error("an invisible character is in it (U+{:04X}), which no user's name has", u32::from(*.0))]
    InvisibleCharacter(char),
    #[error("it is longer than {MAX_CHARACTERS} characters, as no user's name is")]
    TooLong,
    #[error("it is not escaped as a filter's value is (RFC 4515)")]
    NotEscaped,
    #[error(
        "the directory has no domain {}; {}",
        crate::cause::quoted(domain),
        known_as(own.as_deref())
    )]
    OtherDomain {
        domain: String,
        /// The NetBIOS name of the domain of `LDAP_BASE`.
        own: Option<String>,
    },
}

fn known_as(own: Option<&str>) -> String {
    match own {
        Some(own) => format!("its own is {own}"),
        None => "it does not tell the name of its own".to_owned(),
    }
}

impl<'a> OutsideName<'a> {
    /// What somebody typed, as it is written in directories: without blanks and invisible characters at its
    /// ends and the final dot of a domain, and with letters in one piece that some keyboards and file systems
    /// give in two (NFC, UAX #15). `None` when nothing is left.
    ///
    /// # Errors
    /// When it can be nobody's name.
    pub fn typed(text: &'a str) -> Result<Option<Self>, UnusableName> {
        let name = Self::usable(Cow::from(without_blanks(text)))?;
        Ok(name.map(|name| Self(as_written(name.0))))
    }

    /// The same of a text that is escaped already (RFC 4515, section 3).
    ///
    /// # Errors
    /// When it can be nobody's name.
    pub fn escaped(text: &'a str) -> Result<Option<Self>, UnusableName> {
        if text.len() > MAX_CHARACTERS * MAX_ESCAPED {
            return Err(UnusableName::TooLong);
        }
        if text.contains(['(', ')']) {
            return Err(UnusableName::NotEscaped);
        }
        match ldap_unescape(text) {
            Ok(Cow::Borrowed(text)) => Self::typed(text),
            Ok(Cow::Owned(text)) => {
                let name = Self::usable(Cow::from(without_blanks(&text).to_owned()))?;
                Ok(name.map(|name| Self(as_written(name.0))))
            }
            Err(_) => Err(UnusableName::NotEscaped),
        }
    }

    /// What was proved, letter for letter.
    ///
    /// # Errors
    /// When it can be nobody's name.
    pub fn proved(text: &'a str) -> Result<Option<Self>, UnusableName> {
        Self::usable(Cow::from(text))
    }

    /// A SID, which is nobody's choice.
    pub(super) fn of_sid(sid: &Sid) -> Self {
        Self(Cow::from(sid.to_string()))
    }

    fn usable(text: Cow<'a, str>) -> Result<Option<Self>, UnusableName> {
        if text.chars().nth(MAX_CHARACTERS).is_some() {
            return Err(UnusableName::TooLong);
        }
        let mut before = '\0';
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            if c.is_control() {
                return Err(UnusableName::ControlCharacter);
            }
            let joins =
                is_joiner(c) && is_joined(before) && rest.peek().is_some_and(|c| is_joined(*c));
            if is_invisible(c) && !joins {
                return Err(UnusableName::InvisibleCharacter(c));
            }
            before = c;
        }
        Ok((!text.is_empty()).then_some(Self(text)))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The first characters of a text that may be anything, for what is remembered of it.
pub(super) fn beginning(text: &str) -> String {
    let cut: String = without_blanks(text).chars().take(MAX_CHARACTERS).collect();
    as_written(Cow::from(cut)).into_owned()
}

fn as_written(name: Cow<'_, str>) -> Cow<'_, str> {
    let without_dots = |text: &str| match text.trim_end_matches('.') {
        name if name.contains('@') && !name.ends_with('@') => name.len(),
        _ => text.len(),
    };
    match name {
        Cow::Borrowed(text) => composed(&text[..without_dots(text)]),
        Cow::Owned(text) => composed(&text[..without_dots(&text)]).into_owned().into(),
    }
}

/// Other programs put invisible characters at the ends of what is copied from them.
fn without_blanks(text: &str) -> &str {
    text.trim_matches(|c: char| (c.is_whitespace() && !c.is_control()) || is_invisible(c))
}

/// Characters that show nothing, or turn the direction of what follows: the directory leaves most of them
/// out when it compares (RFC 4518, section 2.2), so that another spelling would mean the same user, and
/// nobody sees that it is another one. PRECIS forbids them in user names (RFC 8264, section 9.13).
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffc}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Zero width joiner and non-joiner: letters in the scripts that join them (RFC 5892, appendix A).
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// Of Arabic, the scripts of India and those after them, where a joiner changes what is seen.
fn is_joined(c: char) -> bool {
    ('\u{600}'..'\u{1d00}').contains(&c) && c.is_alphabetic()
        || matches!(
            c,
            '\u{94d}'
                | '\u{9cd}'
                | '\u{a4d}'
                | '\u{acd}'
                | '\u{b4d}'
                | '\u{bcd}'
                | '\u{c4d}'
                | '\u{ccd}'
                | '\u{d4d}'
                | '\u{dca}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Result<Option<String>, UnusableName> {
        let name = OutsideName::typed(text)?;
        Ok(name.map(|name| name.as_str().to_owned()))
    }

    #[test]
    fn what_can_be_nobodys_name_is_refused() {
        use UnusableName as U;
        let long = "é".repeat(257);
        for (text, why) in [
            ("bob\0x", U::ControlCharacter),
            ("bob\n", U::ControlCharacter),
            ("\tbob", U::ControlCharacter),
            ("bob\u{85}", U::ControlCharacter),
            ("b\u{8}ob", U::ControlCharacter),
            ("bo\u{200b}b", U::InvisibleCharacter('\u{200b}')),
            ("bo\u{202e}b", U::InvisibleCharacter('\u{202e}')),
            ("bo\u{2066}b", U::InvisibleCharacter('\u{2066}')),
            ("bo\u{ad}b", U::InvisibleCharacter('\u{ad}')),
            ("bo\u{fe0f}b", U::InvisibleCharacter('\u{fe0f}')),
            ("bo\u{e0041}b", U::InvisibleCharacter('\u{e0041}')),
            ("bo\u{200d}b", U::InvisibleCharacter('\u{200d}')),
            (long.as_str(), U::TooLong),
        ] {
            assert_eq!(typed(text), Err(why.clone()), "{text:?}");
            assert_eq!(OutsideName::proved(text), Err(why.clone()), "{text:?}");
            let escaped: Vec<_> = text.bytes().map(|b| format!("\\{b:02x}")).collect();
            let escaped = escaped.concat();
            assert_eq!(OutsideName::escaped(&escaped), Err(why), "{text:?}");
        }
        for parts in [r"bob\zz", "bob)(uid=*", "(bob"] {
            assert_eq!(OutsideName::escaped(parts), Err(U::NotEscaped), "{parts}");
        }
        // Not even unescaped.
        let much = "\\zz".repeat(100_000);
        assert_eq!(OutsideName::escaped(&much), Err(U::TooLong));
    }

    #[test]
    fn names_of_all_scripts_are_taken() {
        for name in [
            "Zoë",
            "日本",
            "می\u{200c}خواهم",
            "क्\u{200d}ष",
            "O'Brien (EMEA)",
            "a b",
        ] {
            assert_eq!(typed(name), Ok(Some(name.to_owned())), "{name}");
        }
        assert!(typed(&"é".repeat(256)).is_ok());
    }

    #[test]
    fn blanks_at_the_ends_count_only_where_a_name_is_proved() {
        for blank in [" \u{a0}bob ", "\u{202a}bob\u{202c}", "bob\u{200b}\u{feff}"] {
            assert_eq!(typed(blank), Ok(Some("bob".to_owned())), "{blank:?}");
        }
        let proved = OutsideName::proved("bob ").expect("a name").expect("one");
        assert_eq!(proved.as_str(), "bob ");
        assert!(OutsideName::proved("bob\u{200b}").is_err());
        for none in ["", "  ", "\u{200b}"] {
            assert_eq!(typed(none), Ok(None));
        }
    }
}
