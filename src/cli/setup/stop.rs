//! How a set-up ends early.

use std::{io, path::PathBuf};

use crate::{
    authenticate::KeytabError,
    setup::{SIGNING_KEY_STAYS, SetupError, Unsaved},
    tls::TlsError,
};

/// Why a set-up ended early.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stop {
    /// The input ended.
    #[error("there was no answer")]
    NoAnswer,
    #[error("{what} is missing: give {option}")]
    Missing { what: String, option: String },
    #[error("{option}: {source}")]
    Option {
        option: &'static str,
        source: SetupError,
    },
    #[error("{}: {source}; {option}", file.display())]
    File {
        file: PathBuf,
        option: &'static str,
        source: io::Error,
    },
    #[error(
        "{shown} holds no certificate in PEM ({option}). If it is in DER (.cer, .crt), convert it: openssl \
         x509 -inform der -in {shown} -out {shown}.pem",
        shown = file.display()
    )]
    NoCertificate { file: PathBuf, option: &'static str },
    #[error(
        "{} holds a certificate that is no CA (--client-ca): give those of the CAs that issue client \
         certificates, and no other",
        .0.display()
    )]
    NoAuthority(PathBuf),
    #[error("{} {source} (--keytab)", file.display())]
    Keytab { file: PathBuf, source: KeytabError },
    #[error(
        "{} has no key of HTTP/{host}, the host of SERVER_URL, but of {has} (--keytab): export the keys of \
         HTTP/{host} from the domain",
        file.display()
    )]
    OtherService {
        file: PathBuf,
        host: String,
        has: String,
    },
    #[error("{0} (--certificate, --key)")]
    Certificate(#[from] TlsError),
    #[error("--domain: LDAP_URL comes from the environment, which wins")]
    DomainFixed,
    #[error(
        "the service account's password is missing: LDAP_BIND_PASSWORD in the environment, or \
         --bind-password-file"
    )]
    NoPassword,
    #[error("passwords are not sent in plain text: give another address of the directory")]
    PlainText,
    #[error("a check failed; correct what it says and run this again")]
    CheckFailed,
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error("{}", .0.why)]
    Unsaved(Unsaved),
    /// Of the terminal, or of threads that cannot be started.
    #[error(transparent)]
    System(#[from] io::Error),
}

impl Stop {
    /// What is there afterwards.
    pub fn left(&self) -> &'static str {
        match self {
            Self::Unsaved(unsaved) if unsaved.made_signing_key => SIGNING_KEY_STAYS,
            _ => "Nothing was saved.",
        }
    }

    /// Whether another answer may do better.
    pub fn may_be_asked_again(&self) -> bool {
        !matches!(self, Self::NoAnswer | Self::System(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signing_key_that_was_made_is_said_and_an_ended_input_ends_the_questions() {
        let unsaved = |made_signing_key| {
            Stop::Unsaved(Unsaved {
                why: SetupError::NoTicket,
                made_signing_key,
            })
        };
        assert!(unsaved(true).left().contains("certs/cert.key"));
        assert_eq!(unsaved(false).left(), "Nothing was saved.");
        assert!(!Stop::NoAnswer.may_be_asked_again());
        assert!(Stop::CheckFailed.may_be_asked_again());
    }
}
