//! What a user brings, and what follows from its kind alone.

use std::sync::Arc;

use rustls_pki_types::CertificateDer;

use super::UnclearUser;
use crate::{directory::Judge, secret::SecretString, token::AuthenticationMethod};

/// What a user, or what speaks for them, brings.
#[derive(Debug)]
pub enum Proof {
    /// A Negotiate token, decoded from base64, and the channels that it may be bound to.
    Kerberos {
        token: Vec<u8>,
        bindings: Vec<Vec<u8>>,
    },
    Password {
        username: String,
        password: SecretString,
    },
    /// A certificate whose key the client holds, with its chain; nothing else about it is checked.
    Certificate {
        chain: Arc<[CertificateDer<'static>]>,
    },
    /// A proxy that the administrator trusts has authenticated the user by Kerberos.
    Frontend { user: Result<String, UnclearUser> },
    /// A password that a page of another site sent, by whatever name it goes. It proves nothing.
    OthersForm { sender: String },
}

impl Proof {
    pub(super) fn method(&self) -> AuthenticationMethod {
        match self {
            Self::Kerberos { .. } | Self::Frontend { .. } => AuthenticationMethod::Kerberos,
            Self::Certificate { .. } => AuthenticationMethod::Certificate,
            Self::Password { .. } | Self::OthersForm { .. } => AuthenticationMethod::Password,
        }
    }

    /// Who has looked at the account before. The word of a proxy is a ticket's.
    pub(super) fn judge(&self) -> Judge {
        match self {
            Self::Kerberos { .. } | Self::Frontend { .. } => Judge::Kdc,
            Self::Certificate { .. } | Self::OthersForm { .. } => Judge::Nobody,
            Self::Password { .. } => Judge::Bind,
        }
    }

    /// The `method` label of metrics and audit lines.
    pub(super) fn label(&self) -> &'static str {
        match self {
            Self::Kerberos { .. } => "kerberos",
            Self::Password { .. } | Self::OthersForm { .. } => "password",
            Self::Certificate { .. } => "certificate",
            Self::Frontend { .. } => "frontend",
        }
    }

    /// Who the user claims to be; a ticket or certificate says it once it is read.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Kerberos { .. } | Self::Certificate { .. } | Self::OthersForm { .. } => "",
            Self::Password { username, .. } => username,
            Self::Frontend { user } => user.as_deref().unwrap_or_default(),
        }
    }
}
