//! Why an export or import failed.

use std::{io, path::PathBuf};

use zip::result::ZipError;

use super::{
    file::FileError,
    limits::{MAX_ENTRIES, MAX_FILE, MAX_TOTAL},
};
use crate::{cause, config::CredentialsError};

/// Why nothing was exported or imported; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error("{} cannot be read ({})", .0, cause::io(.1))]
    Read(String, io::Error),
    #[error("this is not a zip archive ({0})")]
    NoZip(#[source] ZipError),
    #[error(
        "{0} is missing: the installation is not complete. ad-edge check tells more where it comes from; export it again there"
    )]
    Missing(&'static str),
    #[error(
        "{name} is larger than {MAX_FILE} bytes, or all together than {MAX_TOTAL}: no installation is"
    )]
    TooLarge { name: String },
    #[error("it holds more than {MAX_ENTRIES} files: no installation does")]
    TooMany,
    #[error("{name} leads out of the folder, or is a link; such an archive is not to be trusted")]
    Path { name: String },
    #[error("{name} is in it twice; such an archive is not to be trusted")]
    Twice { name: String },
    #[error("its files share bytes; such an archive is not to be trusted")]
    Overlap,
    #[error("{name} is broken: {fault}")]
    Content {
        name: &'static str,
        #[source]
        fault: ContentFault,
    },
    #[error("certs/cert.key is not the key of certs/cert.pem: take both from the same server")]
    OtherKey,
    #[error(
        "{} is a link to another place, and only files of the home folder are written. Remove the link, or \
         put the file there by hand and leave {name} out",
        path.display()
    )]
    Link { name: String, path: PathBuf },
    #[error("another ad-edge is changing {0}: try again in a moment")]
    Busy(String),
    #[error(
        "an import was interrupted, and {} cannot be read ({}): run `ad-edge check` as the \
         user who imported, or put the files of the newest folder in backups/ back by hand and remove \
         {}",
        journal.display(),
        cause::io(source),
        journal.display()
    )]
    Journal { journal: PathBuf, source: io::Error },
    #[error(
        "{} names {name}, which no import and no change of ad-edge's would: somebody else wrote it. Nothing was \
         changed; look what else was changed in this folder, and remove {}",
        journal.display(),
        journal.display()
    )]
    JournalName { journal: PathBuf, name: String },
    #[error(
        "{0} is a link, and an import follows none: copy the folder with the files themselves (cp -rL) and import \
         the copy"
    )]
    Linked(String),
    #[error(transparent)]
    File(#[from] FileError),
    #[error("{} cannot be written ({})", .0, cause::io(.1))]
    Write(String, io::Error),
    #[error("the archive cannot be written ({0})")]
    Zip(#[source] ZipError),
}

/// What is wrong in a file of an installation.
#[derive(Debug, thiserror::Error)]
pub enum ContentFault {
    #[error("it is not a JSON object")]
    NotAnObject,
    #[error("{0}")]
    NotJson(#[from] serde_json::Error),
    #[error("it holds no certificate in PEM")]
    NoCertificate,
    #[error("it holds no private key in PEM")]
    NoKey,
    #[error("its key is of a kind that cannot sign")]
    CannotSign,
    #[error("its key is not an RSA key, and tokens are signed by RSA")]
    NotRsa,
    #[error(
        "LDAP_BIND_CREDENTIALS {0}: take config.json and certs/cert.key from the same server, or write \
         the password as LDAP_BIND_PASSWORD"
    )]
    StoredPassword(#[from] CredentialsError),
}
