//! What the value of a key may be, and what counts when none is given, for all that is made from the
//! declarations.

use serde_json::Value;

/// What the value of a key may be.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    pub form: Form,
    /// The default, where it is a value.
    pub default: Option<Value>,
    /// The default, where it is none.
    pub usual: Usual,
}

/// The form of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    Text(Format),
    List(Format),
    Secret,
    /// A secret that is sent in a header: so many characters at least.
    Token {
        least: usize,
    },
    Flag,
    Number {
        least: u64,
        most: u64,
        /// What is smaller counts as this.
        floor: u64,
        /// `seconds`, `bytes`; empty: a plain number.
        unit: &'static str,
    },
    /// One of these words; `also` are understood too.
    Choice {
        words: Vec<&'static str>,
        also: Vec<&'static str>,
    },
    /// Some of these words, in order.
    Choices(Vec<&'static str>),
    /// An address of this machine; with a port as `port` says, and `off` for none as `off` says.
    Address {
        port: bool,
        off: bool,
    },
    File,
    Files,
    /// Files, or a regular expression of their names.
    FilesOrPattern,
    Folder,
    Refused,
    Unused,
    UnusedSecret,
}

/// What a text holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Plain,
    /// A text for people, of so many characters at most.
    Sentence {
        most: usize,
    },
    Url,
    /// An address that a page may link to: a URL, or one of mail or telephone.
    Link,
    /// A distinguished name of the directory.
    Dn,
    /// An LDAP filter.
    Filter,
    /// An LDAP filter in which `{0}` is replaced by a value.
    FilterTemplate,
    JavaScript,
    Pem,
    /// An address, or a range of them (CIDR).
    Network,
    /// The name of an HTTP header.
    Header,
    /// Names of hosts or domains.
    Host,
    /// What is logged: a level, and those of parts of the program.
    Levels,
    /// A name or an address with a port.
    HostAndPort,
}

/// A default that is no value of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usual {
    None,
    /// That of another key.
    Key(&'static str),
    /// A file of the home folder.
    File(&'static str),
    /// The same, where it exists.
    FileWhenThere(&'static str),
    /// With the names `<hostname>` and `<PORT>` in it.
    OfHost(&'static str),
    /// In words: it is found out elsewhere.
    Words(&'static str),
}
