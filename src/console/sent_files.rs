//! Files that were sent to the console, and what may be wrong with them.

use std::{io, path::PathBuf, time::SystemTime};

use crate::{
    authenticate::{GivenAuthorities, GivenError, KeytabError, ListDoubt},
    config::Home,
    installation::place_of,
};

/// A file by its place in the home folder.
pub(super) type Placed = (String, Vec<u8>);

/// What was sent; what is not there stays as it is.
pub struct SentFiles {
    pub keytab: Option<Vec<u8>>,
    pub authorities: Option<Vec<u8>>,
    pub revocation_list: Option<Vec<u8>>,
    /// They are meant, whatever is odd about them.
    pub anyway: bool,
}

/// What is wrong with one of them.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    #[error("the keytab {0}")]
    Keytab(#[from] KeytabError),
    #[error("the keytab has no key for HTTP/{host}, the host of SERVER_URL, but those of {has}")]
    OtherService { host: String, has: String },
    #[error("the file of CAs {0}")]
    Authorities(GivenError),
    #[error("the revocation list {0}")]
    List(GivenError),
    #[error("the revocation list has no CA to belong to: give the CAs of client certificates too")]
    NoAuthorities,
    #[error("the CAs of client certificates in use {0}")]
    AuthoritiesInUse(GivenError),
    #[error(
        "{key} names {path}, which is not in certs/ of the home folder: replace the file there, by hand"
    )]
    Elsewhere { key: &'static str, path: String },
    #[error(
        "CLIENT_CRL_FILES names files, and none of them holds a list of {0}: add one for it there first"
    )]
    NoPlace(String),
    #[error(
        "{0} holds several revocation lists, one of them of {1}, and the older one would count beside the new \
         one: divide it by hand into a file for each CA"
    )]
    Bundle(String, String),
    #[error("{} cannot be read ({})", .0.display(), crate::cause::io(.1))]
    Unread(PathBuf, io::Error),
}

/// What is odd about a file that could be used.
#[derive(Debug, thiserror::Error)]
pub enum FileDoubt {
    #[error(
        "the keytab has key version {sent} of HTTP/{host}, and the one in use key version {used}: tickets of \
         the newer keys would be refused"
    )]
    OlderKeys { host: String, sent: u32, used: u32 },
    #[error("the CA {subject} has ended on {day}")]
    EndedAuthority { subject: String, day: String },
    #[error(
        "{0} of CA_CERT would count no more, since a file of CAs wins over that key: put them into the file \
         too, unless nobody of them is to sign in"
    )]
    UnusedTexts(String),
    #[error(transparent)]
    List(ListDoubt),
}

impl FileDoubt {
    /// CAs whose time is over.
    pub fn of_ended(authorities: &GivenAuthorities, now: SystemTime) -> Vec<Self> {
        let ended = authorities.ended(now).into_iter();
        ended
            .map(|(subject, day)| Self::EndedAuthority { subject, day })
            .collect()
    }
}

/// Where a file of a key goes; an error when that is no place of an installation's.
pub(super) fn place(home: &Home, key: &'static str, path: &str) -> Result<String, FileFault> {
    place_of(home, path).ok_or_else(|| FileFault::Elsewhere {
        key,
        path: path.to_owned(),
    })
}
