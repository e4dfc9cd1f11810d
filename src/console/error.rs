//! Why the console cannot do what it was asked.

use std::{io, path::PathBuf};

use axum::extract::{multipart::MultipartError, rejection::FormRejection};
use tokio::task::JoinError;

use super::sent_files::{FileDoubt, FileFault};
use crate::{
    directory::{DirectoryError, UnusableName},
    installation::{ArchiveError, FileError},
    instance::ReloadError,
    login::Refusal,
    profile::{MapperError, ScriptError},
    setup::{ImportError, RootsError, SetupError, Unsaved},
    tls::TlsError,
};

/// Why the console cannot do what it was asked, or what it saved is not in use.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    #[error(
        "This installation is empty: give the tenant's ticket here, import the zip of another instance, or \
         run ad-edge setup on this machine"
    )]
    NotSetUp,
    #[error("Nothing was saved: give the Active Directory domain, or a directory server")]
    NoDirectory,
    #[error("This instance is set up already: change its settings instead")]
    IsSetUp,
    #[error(
        "Nothing was saved: {} is not encrypted, and passwords would pass in plain text. Name the server \
         with ldaps://", .0.join(", ")
    )]
    PlainText(Vec<String>),
    #[error("OVERRIDE_CONFIG is false: settings come from the environment")]
    NoFiles,
    #[error("{} come from the environment, which wins: change them there", .0.join(", "))]
    Fixed(Vec<String>),
    #[error(
        "Type the service account's password too: it would be sent to a server that does not have it yet"
    )]
    PasswordNeeded,
    #[error("Nothing was saved: a check failed")]
    CheckFailed,
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error("Nothing was saved: {0}")]
    Roots(#[from] RootsError),
    #[error(transparent)]
    Unsaved(#[from] Unsaved),

    #[error("TLS does not come from PEM files here (SSL_PFX, or a balancer ends it)")]
    NoPemFiles,
    #[error("Nothing was changed: {0}")]
    Certificate(#[from] TlsError),
    #[error(
        "Nothing was changed: {}. If that is meant, choose both files again and tick the box below them.",
        .0.join("; ")
    )]
    DoubtfulCertificate(Vec<String>),
    #[error(
        "Nothing was changed: {} is a link, for instance of a program that renews it. Replace what it leads \
         to, or the link",
        .0.display()
    )]
    Link(PathBuf),
    #[error("{} holds a private key and cannot be removed ({source}): remove it by hand", folder.display())]
    KeyLeft { folder: PathBuf, source: io::Error },

    #[error("Choose a file first: none was sent")]
    NoFile,
    #[error("Nothing was changed: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join(". "))]
    Files(Vec<FileFault>),
    #[error(
        "Nothing was changed: {}. If that is meant, choose the files again and tick the box below them.",
        .0.iter().map(ToString::to_string).collect::<Vec<_>>().join(". ")
    )]
    DoubtfulFiles(Vec<FileDoubt>),
    #[error("Nothing was changed: {0}")]
    Put(#[from] ArchiveError),

    #[error("the mapper is the text of PROFILE_MAPPER: change it there")]
    MapperIsText,
    #[error(transparent)]
    Script(#[from] ScriptError),
    #[error(transparent)]
    Mapper(#[from] MapperError),

    #[error("Give the login name of a user to try it on")]
    NoName,
    #[error("The directory has no user {} under LDAP_BASE by LDAP_USER_BY_NAME", crate::cause::quoted(.0))]
    NoUser(String),
    #[error("{} cannot be a user's name: {why}", crate::cause::quoted(name))]
    UnusableName { name: String, why: UnusableName },
    #[error(
        "{} means {count} users, and none of them can sign in by it: make LDAP_USER_BY_NAME or \
         LDAP_BASE narrower",
        crate::cause::quoted(name)
    )]
    Ambiguous { name: String, count: usize },
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error(transparent)]
    Search(#[from] Refusal),

    #[error(
        "Nothing was changed: the backup of this change is gone. The last ten are kept, and somebody may \
         have removed it"
    )]
    BackupGone,
    #[error("Nothing was changed: as it was before, the configuration cannot be used: {0}")]
    CannotTakeBack(String),
    #[error("Nothing was changed: {0}")]
    Replace(ArchiveError),
    #[error(transparent)]
    Export(ArchiveError),
    #[error("Nothing was changed: {0}")]
    Import(ImportError),
    #[error(
        "{taken}, but this host cannot start with them yet: do what is listed below, then start ad-edge again"
    )]
    CannotStart { taken: String },

    #[error(
        "Nothing was done: this form was out of date, since the instance was restarted after the page was \
         loaded. What you typed is below: send it again{}{}",
        if *.password { ". The password was not kept: type it again" } else { "" },
        if *.files { ". Files were not kept: choose them again" } else { "" },
    )]
    OutOfDate { password: bool, files: bool },
    #[error("The form was not received: {0}")]
    Form(#[from] FormRejection),
    #[error("The upload was not received: {0}")]
    Upload(#[from] MultipartError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error("the profile cannot be shown as JSON ({0})")]
    Json(#[from] serde_json::Error),
    #[error("{saved}, but not in use, the old configuration stays in use: {why}")]
    NotInUse { saved: String, why: ReloadError },
    #[error("{saved}; the log says whether it is in use")]
    Unknown { saved: String },
    #[error("This was interrupted by a fault of the program: please report it, with the log")]
    Interrupted(#[from] JoinError),
}
