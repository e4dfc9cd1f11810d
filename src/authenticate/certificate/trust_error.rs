//! Why the CAs and revocation lists of client certificates cannot be used.

use std::{io, path::PathBuf};

use crate::cause;

/// CAs or revocation lists cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    #[error("{} cannot be read: {}", file.display(), cause::io(cause))]
    Read { file: PathBuf, cause: io::Error },
    #[error("{0} holds no CA certificate in PEM")]
    NoAuthority(String),
    #[error("{place} holds no CA that counts: {}", .left_out.join("; "))]
    NoneCounts {
        place: String,
        left_out: Vec<String>,
    },
    #[error("certificate {number} in {place} cannot be read: take it out, or get it anew")]
    UnreadableAuthority { place: String, number: usize },
    #[error(
        "{0} holds no revocation list, in PEM or DER, that can be read: it may be damaged or half written"
    )]
    NoList(String),
}
