//! Files that were sent to the console, and what may be wrong with them.

use std::{io, path::PathBuf};

use crate::authenticate::{GivenError, KeytabError};

/// What was sent; what is not there stays as it is.
pub struct SentFiles {
    pub keytab: Option<Vec<u8>>,
    pub authorities: Option<Vec<u8>>,
    pub revocation_list: Option<Vec<u8>>,
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
    #[error("{} cannot be read ({})", .0.display(), crate::cause::io(.1))]
    Unread(PathBuf, io::Error),
}
