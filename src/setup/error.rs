//! Why a set-up cannot go on.

use crate::{
    cause::CertificateFault,
    config::{Declared, Invalid},
    directory::{DirectoryError, LookupError},
    installation::{ArchiveError, FileError, GenerateError},
    instance::LoadError,
    tenant::TicketError,
    token::SigningKeyError,
};

/// Why a set-up cannot go on, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error(
        "OVERRIDE_CONFIG=false in the environment: no file is read or written, so there is nothing to set \
         up. Give the keys in the environment and start ad-edge serve, which asks the tenant by itself; or \
         take OVERRIDE_CONFIG out"
    )]
    NoFiles,
    #[error("{key} comes from the environment, which wins: change it there, or take it out of it")]
    Fixed { key: String },
    #[error(
        "browsers need no policy: KERBEROS_AUTH and CLIENT_CERT_AUTH are both off, and the form works in \
         every browser. Switch on what you mean in config.json"
    )]
    NoPolicies,
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error("there is no ticket (PROVISIONING_TICKET): give it with --ticket")]
    NoTicket,
    #[error(transparent)]
    Tenant(#[from] TicketError),
    #[error(
        "this machine's clock differs from the tenant's by {milliseconds} ms: set it by NTP \
         (timedatectl set-ntp true)"
    )]
    Clock { milliseconds: i64 },
    #[error(
        "no directory server of {domain} is found: the SRV records of _ldap._tcp.{domain} were asked of {asked} \
         ({cause}). Check the name, or name the domain's DNS in LDAP_SRV_NAMESERVERS, or a server in place of the \
         domain: ldaps://dc1.{domain}, for instance (--ldap-url)"
    )]
    Discovery {
        domain: String,
        /// Which name servers, in words.
        asked: String,
        cause: LookupError,
    },
    /// What each server says.
    #[error("{}", joined(.0))]
    Unreachable(Vec<DirectoryError>),
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error("nobody is found under {base}: check LDAP_BASE, and that the account may read")]
    NobodyFound { base: String },
    #[error("{} is no address of an instance: write a host name or an address, with :PORT where it is not this installation's", crate::cause::quoted(.0))]
    InstanceAddress(String),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Generate(#[from] GenerateError),
    #[error(transparent)]
    SigningKey(#[from] SigningKeyError),
    #[error("the system gives no random numbers, so the bind password cannot be encrypted")]
    NoRandomness,
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Locked(#[from] ArchiveError),
    #[error("a file cannot be kept in memory ({})", crate::cause::io(.0))]
    Memory(#[from] std::io::Error),
}

impl SetupError {
    /// Whether a mistake of the configuration is about this key, so that another value may correct it.
    #[must_use]
    pub fn is_about(&self, key: &dyn Declared) -> bool {
        let Self::Invalid(invalid) = self else {
            return false;
        };
        let mut mistakes = invalid.mistakes.iter();
        mistakes.any(|mistake| mistake.place.is_of(key))
    }

    /// Whether the tenant or a directory server shows a certificate of a CA that is not known here.
    #[must_use]
    pub fn is_untrusted(&self) -> bool {
        let of_unknown_ca = |error: &DirectoryError| {
            matches!(error, DirectoryError::Connect { cause, .. }
                if cause.certificate() == Some(CertificateFault::UnknownIssuer))
        };
        match self {
            Self::Tenant(TicketError::Untrusted { .. }) => true,
            Self::Unreachable(errors) => errors.iter().any(of_unknown_ca),
            _ => false,
        }
    }
}

fn joined(errors: &[DirectoryError]) -> String {
    let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
    errors.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Given, Mistake, Place, Problem, keys};

    #[test]
    fn a_mistake_is_about_its_own_key_alone() {
        let error = SetupError::from(Invalid {
            mistakes: vec![Mistake {
                place: Place::FileOf(&keys::LDAP_BIND_PASSWORD),
                given: Some(Given::File("/run/LDAP_URL".into())),
                problem: Problem::NotHere,
            }],
            warnings: Vec::new(),
        });
        assert!(error.is_about(&keys::LDAP_BIND_PASSWORD));
        assert!(
            !error.is_about(&keys::LDAP_URL),
            "a text that names it is not it"
        );
        assert!(!SetupError::NoTicket.is_about(&keys::PROVISIONING_TICKET));
    }
}
