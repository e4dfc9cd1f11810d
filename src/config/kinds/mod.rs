//! How the value of a key is read: a kind for each, with its default and its limits.

mod bounded;
mod kind;
mod places;
mod plain;
mod texts;
mod words;
mod wrong;

pub use self::{
    bounded::{Sentence, Token},
    kind::Kind,
    places::{
        Address, File, Files, FilesOrPattern, Folder, Socket, SocketOrOff, looks_like_pattern,
    },
    plain::{Flag, Number, Refused, Span, Unused},
    texts::{Filter, Header, Levels, Link, List, OwnFilter, Preset, Secret, Text},
    words::{Choice, Choices},
    wrong::Wrong,
};
