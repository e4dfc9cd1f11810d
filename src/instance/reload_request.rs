//! What asks for a reload, and what comes of it.

use std::fmt;

use tokio::{sync::oneshot, task::JoinError};

use super::{
    generation_error::{NotConnected, UnreachableDirectory, UnusableName},
    load_error::{LoadError, Unusable},
};
use crate::{
    config::{Invalid, NeedsRestart},
    tls::{NoTicketKey, TlsError},
};

/// What is read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Everything: SIGHUP, the console, new values from the tenant.
    All,
    /// The files that the configuration names, when one has changed. `config.json` stays as it was read:
    /// somebody may be editing it.
    Files,
}

/// Keys that have changed and take effect at a restart only.
pub type WaitingKeys = Vec<&'static str>;

/// Who asked for a reload and waits for its outcome.
pub type Answer = Option<oneshot::Sender<Result<WaitingKeys, ReloadError>>>;

/// Why the old configuration, or the old content of a file, stays in use.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    NeedsRestart(#[from] NeedsRestart),
    #[error(transparent)]
    Unusable(#[from] Unusable),
    #[error("its directory does not answer: {0}")]
    Directory(#[from] UnreachableDirectory),
    #[error("its tunnel is not connected: {0}")]
    Tunnel(#[from] NotConnected),
    #[error(transparent)]
    InstanceName(#[from] UnusableName),
    #[error(transparent)]
    ServerCertificate(#[from] TlsError),
    #[error(transparent)]
    SessionTickets(#[from] NoTicketKey),
    #[error("{}", joined(.0))]
    Files(Vec<RefusedFile>),
    #[error("it was interrupted by a fault of the program: please report it")]
    Interrupted(#[from] JoinError),
    #[error("this instance is ending")]
    Ending,
}

/// A file that was read again and cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{what} not used: {cause}")]
pub struct RefusedFile {
    /// Goes on with `not used`.
    pub what: &'static str,
    #[source]
    pub cause: LoadError,
}

/// The keys as a sentence; `None` without any.
#[must_use]
pub fn restart_in_words(keys: &[&str]) -> Option<String> {
    (!keys.is_empty()).then(|| format!("{} change at a restart only", keys.join(", ")))
}

fn joined<T: fmt::Display>(errors: &[T]) -> String {
    let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
    errors.join("; ")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::tunnel::TunnelError;

    #[test]
    fn a_refusal_says_what_is_refused_and_why() {
        let refused = |what| RefusedFile {
            what,
            cause: LoadError::NoSigningKey,
        };
        let error = ReloadError::Files(vec![
            refused("the keytab is"),
            refused("the certificate is"),
        ]);
        let text = error.to_string();
        assert!(text.starts_with("the keytab is not used: "), "{text}");
        assert!(text.contains("; the certificate is not used: "), "{text}");
        let why = TunnelError::Refused("no".to_owned());
        let why = NotConnected(Some(Arc::new(why)));
        assert_eq!(
            ReloadError::Tunnel(why).to_string(),
            "its tunnel is not connected: the hub does not accept our signature: no"
        );
        assert_eq!(restart_in_words(&[]), None);
        assert_eq!(
            restart_in_words(&["PORT", "OPS_LISTEN"]).as_deref(),
            Some("PORT, OPS_LISTEN change at a restart only")
        );
    }
}
