//! Why root does not work in a folder.

use std::{io, path::PathBuf};

use super::owner::Owner;
use crate::cause;

/// Why nothing was read in the home folder, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum PrivilegeError {
    #[error("{} cannot be looked at ({})", path.display(), cause::io(source))]
    Look { path: PathBuf, source: io::Error },
    #[error(
        "root cannot become user {user}, to whom {} belongs ({}): run this as that user, sudo -u '#{user}' ad-edge …",
        path.display(), cause::io(source), user = owner.user
    )]
    Become {
        owner: Owner,
        path: PathBuf,
        source: io::Error,
    },
    #[error(
        "{} belongs to user {user}, who may not pass {}: give the folders above it to all to pass (chmod o+x), or \
         move it",
        home.display(), at.display(), user = owner.user
    )]
    NoWay {
        owner: Owner,
        home: PathBuf,
        at: PathBuf,
    },
    #[error(
        "{} is root's, and others may write to {}: whoever does would have root's rights here. chmod go-w {}, or \
         give the home folder to the service's user (chown)",
        home.display(), at.display(), at.display()
    )]
    OthersWrite { home: PathBuf, at: PathBuf },
    #[error(
        "{} belongs to user {whose}, and user {user} may put something else in its place, since {} is that user's: move \
         the folder, or let both belong to one user",
        home.display(), at.display()
    )]
    OthersWay {
        home: PathBuf,
        at: PathBuf,
        user: u32,
        whose: u32,
    },
    #[error(
        "{} is root's, and in it {} belongs to user {first} and {} to user {second}: give the folder, and what is the \
         installation's in it, to the service's user",
        home.display(), one.display(), other.display()
    )]
    Several {
        home: PathBuf,
        one: PathBuf,
        first: u32,
        other: PathBuf,
        second: u32,
    },
}
