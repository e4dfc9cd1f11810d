//! What is wrong with a value by itself, and what would be right.

use std::net::{IpAddr, SocketAddr};

use super::super::filter::FilterError;
use crate::cause::quoted;

/// What is wrong with a value; its words are read after the name of the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    #[error("is not text")]
    NotText,
    #[error("is not a list of texts")]
    NotList,
    #[error("is neither true nor false")]
    NotFlag,
    #[error("is not a whole number in range")]
    NotInRange { least: u64, most: u64 },
    #[error("is not an address")]
    NotAddress { usual: IpAddr },
    #[error("is not an address with a port")]
    NotSocket { usual: SocketAddr, or_off: bool },
    #[error("is not a distinguished name")]
    NotDn,
    #[error("{error}")]
    NotFilter {
        error: FilterError,
        usual: &'static str,
    },
    #[error("is not the name of a header")]
    NotHeader { usual: &'static str },
    #[error("is no level of the log")]
    NotLevels {
        words: &'static [&'static str],
        usual: &'static str,
    },
    #[error("is none of the words of this key")]
    NotWord { words: Vec<&'static str> },
    #[error("{}: not among the words of this key", all_quoted(.others))]
    NotWords {
        others: Vec<String>,
        words: Vec<&'static str>,
    },
    #[error("is longer than {most} characters")]
    TooLong { most: usize },
    #[error("is shorter than {least} characters, or has one that a header cannot hold")]
    WeakToken { least: usize },
    #[error("is no address that a page may link to")]
    NotLink,
    /// What it would mean.
    #[error("{0}")]
    Refused(&'static str),
}

impl Wrong {
    /// What to write instead.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::NotText => "Write it in quotes".to_owned(),
            Self::NotList => r#"Write ["one", "two"]"#.to_owned(),
            Self::NotFlag => "Write true or false".to_owned(),
            Self::NotInRange { least, most } => format!("Write a number from {least} to {most}"),
            Self::NotAddress { usual } => {
                format!("Write {usual}, 0.0.0.0 or one address of this machine")
            }
            Self::NotSocket {
                usual,
                or_off: true,
            } => format!("Write {usual}, or off"),
            Self::NotSocket {
                usual,
                or_off: false,
            } => format!("Write {usual} or [::1]:{}", usual.port()),
            Self::TooLong { .. } => {
                "Write a sentence or two, and let HELP_URL lead to the rest".to_owned()
            }
            Self::WeakToken { .. } => "Make one with: openssl rand -hex 32".to_owned(),
            Self::NotDn => "Write a name such as DC=corp,DC=example".to_owned(),
            Self::NotFilter { usual, .. } => format!("Write a filter such as {usual}"),
            Self::NotHeader { usual } => {
                format!("Write {usual}, or X-Forwarded-Client-Cert for Envoy")
            }
            Self::NotLevels { words, usual } => format!(
                "Write {}; or for a part of the program beside it, {usual},ad_edge::tunnel=debug",
                one_of(words)
            ),
            Self::NotWord { words } => format!("Write {}", one_of(words)),
            Self::NotWords { words, .. } => format!("Write some of {}", words.join(", ")),
            Self::NotLink => {
                "Write https://help.corp.example, mailto:help@corp.example or tel:+495555"
                    .to_owned()
            }
            Self::Refused(_) => "Remove it".to_owned(),
        }
    }
}

/// `a, b or c`.
fn one_of(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

fn all_quoted(texts: &[String]) -> String {
    let texts: Vec<_> = texts.iter().map(|text| quoted(text)).collect();
    texts.join(", ")
}
