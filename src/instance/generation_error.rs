//! Why a new generation does not come into use.

use std::{fmt, sync::Arc};

use axum::http::header::InvalidHeaderValue;

use crate::{
    directory::{Directory, ServerStatus},
    tunnel::TunnelError,
};

/// INSTANCE_NAME cannot be sent in a header.
#[derive(Debug, thiserror::Error)]
#[error("INSTANCE_NAME cannot be sent in a header: use letters, digits and hyphens")]
pub struct UnusableName(#[from] InvalidHeaderValue);

/// The tunnel is not connected.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.as_ref().map_or_else(|| "the hub does not answer".to_owned(), ToString::to_string))]
pub struct NotConnected(pub Option<Arc<TunnelError>>);

/// No server of the directory can be used: how each of them is.
#[derive(Debug, thiserror::Error)]
pub struct UnreachableDirectory(Vec<ServerStatus>);

impl UnreachableDirectory {
    pub fn of(directory: &Directory) -> Self {
        Self(directory.status())
    }
}

impl fmt::Display for UnreachableDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, server) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str("; ")?;
            }
            match &server.error {
                Some(error) => error.fmt(f)?,
                None => write!(f, "{} is not connected yet", server.server)?,
            }
        }
        Ok(())
    }
}
