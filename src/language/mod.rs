//! The texts that employees read, in the language of their browser: a message file each in `messages/`
//! (Project Fluent), compiled in. Log, metrics, console and commands are English.
//!
//! [`Notice`] and [`Phrase`] name every message; the tests compare them with the files.

mod accepted;
mod bundles;
mod messages;

pub use self::{
    accepted::preferred,
    messages::{Notice, Phrase},
};

/// A language that the pages speak.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    English,
    German,
    French,
    Spanish,
    Portuguese,
    Italian,
    Dutch,
    Polish,
    Japanese,
    /// Simplified.
    Chinese,
}

impl Language {
    pub const ALL: [Self; 10] = [
        Self::English,
        Self::German,
        Self::French,
        Self::Spanish,
        Self::Portuguese,
        Self::Italian,
        Self::Dutch,
        Self::Polish,
        Self::Japanese,
        Self::Chinese,
    ];

    /// Its name in HTML and HTTP (BCP 47).
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::French => "fr",
            Self::Spanish => "es",
            Self::Portuguese => "pt",
            Self::Italian => "it",
            Self::Dutch => "nl",
            Self::Polish => "pl",
            Self::Japanese => "ja",
            Self::Chinese => "zh-Hans",
        }
    }
}

#[cfg(test)]
mod tests;
