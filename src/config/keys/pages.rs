//! Keys of the pages that users see: in which language, under whose logo, with which help.

use super::{
    super::{
        key::{Declared, Key, Section},
        kinds::{Choice, File, Link, Sentence},
    },
    declare::{choice, declare},
};
use crate::language::Language;

/// As browsers ask for it, or one for everybody.
const LANGUAGES: &[(&str, Option<Language>)] = &[
    ("browser", None),
    (Language::English.tag(), Some(Language::English)),
    (Language::German.tag(), Some(Language::German)),
    (Language::French.tag(), Some(Language::French)),
    (Language::Spanish.tag(), Some(Language::Spanish)),
    (Language::Portuguese.tag(), Some(Language::Portuguese)),
    (Language::Italian.tag(), Some(Language::Italian)),
    (Language::Dutch.tag(), Some(Language::Dutch)),
    (Language::Polish.tag(), Some(Language::Polish)),
    (Language::Japanese.tag(), Some(Language::Japanese)),
    (Language::Chinese.tag(), Some(Language::Chinese)),
];

#[rustfmt::skip]
declare! { Section::Pages;
    SITE_LOGO: File = File { usual: "", when_there: false }, "logo on every page, SVG or PNG of at most 256 KiB; `logo.svg` or `logo.png` in the home folder goes with an export";
    SITE_LANGUAGE: Choice<Option<Language>> = choice(None, LANGUAGES), "language of the pages; `browser`: the one that each browser asks for, else English";
    HELP_TEXT: Sentence = Sentence { most: 500 }, "a sentence below every page that says where help is";
    HELP_URL: Link = Link, "where a link below every page leads: a page of the help desk, its mail address or its telephone";
}
