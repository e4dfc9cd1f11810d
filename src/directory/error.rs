//! What can go wrong with a directory, each with what to do about it.

use std::{fmt, sync::Arc, time::Duration};

use ldap3::LdapError;

use super::{
    account::AccountRefusal,
    connect_cause::{ConnectCause, one_line},
    dns::LookupError,
};
use crate::cause;

/// The directory gave no answer, or none that helps.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DirectoryError {
    /// No connection to a server could be made.
    #[error("cannot connect to {server}: {cause}; {}", cause.remedy())]
    Connect { server: String, cause: ConnectCause },
    /// The connection ended during an operation.
    #[error(
        "{server} closed the connection ({cause}); it is tried again by itself, if this goes on see the server's log"
    )]
    Lost { server: String, cause: LostCause },
    #[error(
        "{server} did not finish {operation} within {:.1} s; check the server's load and the network, or raise LDAP_TIMEOUT_SECONDS",
        limit.as_secs_f32()
    )]
    Timeout {
        server: String,
        operation: &'static str,
        limit: Duration,
    },
    /// The bind of the service account was refused, for its name or its password.
    #[error(
        "{server} refuses the service account: {cause}; correct LDAP_BIND_USER and LDAP_BIND_PASSWORD"
    )]
    ServiceAccount {
        server: String,
        cause: Box<BindError>,
    },
    /// The server answered with a result code other than success (RFC 4511, appendix A).
    #[error(
        "{server} refuses {operation}: result {code} {text}; {}",
        remedy_of_result(*code, text)
    )]
    Refused {
        server: String,
        operation: &'static str,
        code: u32,
        text: String,
    },
    /// All connections for password checks were busy for too long.
    #[error("no free connection for a password check within {:.1} s; raise LDAP_NUMBER_OF_PARALLEL_BINDS, or check the directory's load", limit.as_secs_f32())]
    Busy { limit: Duration },
    /// All places for group searches were taken for too long.
    #[error("no group search could begin within {:.1} s, so many were under way; check the directory's load, and LDAP_SEARCH_GROUPS: ad-edge doctor measures it", limit.as_secs_f32())]
    GroupsBusy { limit: Duration },
    /// DNS names no server for `LDAP_URL=srv:…`.
    #[error(
        "no directory server is found in DNS: {record}: {cause}; check the record and LDAP_URL"
    )]
    NotDiscovered { record: String, cause: LookupError },
    /// The configuration names no server.
    #[error("no directory server is configured; set LDAP_URL")]
    NoServer,
}

/// What ended a connection.
#[derive(Debug, Clone)]
pub enum LostCause {
    Library(Arc<LdapError>),
    /// The server closed it, or its task here ended.
    Ended,
    /// What the server sent is not valid LDAP.
    NotLdap,
    /// It sent more in one message than any directory does.
    TooLarge,
    /// The task that kept it up has panicked, and begins again.
    Fault,
    /// It had ended before anything of this operation was sent.
    BeforeSending,
}

/// A password was not accepted.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BindError {
    #[error("wrong password")]
    WrongPassword,
    #[error(transparent)]
    Account(#[from] AccountRefusal),
    /// Nothing is known about the password.
    #[error(transparent)]
    Unavailable(#[from] DirectoryError),
}

impl BindError {
    /// Whether a server says so to whoever sends the right password, and to nobody else. That an account is
    /// locked it says to all, and perhaps that it is restricted.
    #[must_use]
    pub fn proves_the_password(&self) -> bool {
        match self {
            Self::WrongPassword | Self::Unavailable(_) => false,
            Self::Account(refusal) => {
                !matches!(refusal, AccountRefusal::Locked | AccountRefusal::Restricted)
            }
        }
    }
}

impl DirectoryError {
    /// Whether another server, or another connection, could do better.
    pub(super) fn may_pass_elsewhere(&self) -> bool {
        match self {
            Self::Connect { .. }
            | Self::Lost { .. }
            | Self::Timeout { .. }
            | Self::ServiceAccount { .. } => true,
            // busy, unavailable
            Self::Refused { code, .. } => matches!(code, 51 | 52),
            Self::Busy { .. }
            | Self::GroupsBusy { .. }
            | Self::NotDiscovered { .. }
            | Self::NoServer => false,
        }
    }

    /// Whether the operation surely did not reach the server.
    pub(super) fn is_before_sending(&self) -> bool {
        matches!(
            self,
            Self::Lost {
                cause: LostCause::BeforeSending,
                ..
            }
        )
    }

    /// An error of the library during `operation` on a connection.
    pub(super) fn during(operation: &'static str, server: &str, error: LdapError) -> Self {
        match error {
            LdapError::FilterParsing => {
                Self::refused(server, operation, 87, "filter does not parse")
            }
            other => Self::lost(server, LostCause::Library(Arc::new(other))),
        }
    }

    pub(super) fn lost(server: &str, cause: LostCause) -> Self {
        Self::Lost {
            server: server.to_owned(),
            cause,
        }
    }

    pub(super) fn refused(server: &str, operation: &'static str, code: u32, text: &str) -> Self {
        Self::Refused {
            server: server.to_owned(),
            operation,
            code,
            text: one_line(text),
        }
    }

    pub(super) fn connect(server: &str, cause: ConnectCause) -> Self {
        Self::Connect {
            server: server.to_owned(),
            cause,
        }
    }
}

impl fmt::Display for LostCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Library(error) => f.write_str(&cause::ldap(error)),
            Self::Ended => f.write_str("the connection has ended"),
            Self::NotLdap => f.write_str("its answer is not valid LDAP"),
            Self::TooLarge => f.write_str("its answer is larger than any that is read here"),
            Self::Fault => f.write_str("a fault of this program, which its log tells"),
            Self::BeforeSending => f.write_str("before anything was sent"),
        }
    }
}

fn remedy_of_result(code: u32, text: &str) -> &'static str {
    match code {
        1 if wants_bind(text) => {
            "this directory allows no anonymous search: set LDAP_BIND_USER and LDAP_BIND_PASSWORD"
        }
        8 | 13 => "the server wants TLS: use ldaps:// in LDAP_URL, or LDAP_STARTTLS=true",
        10 => {
            "the base is in another server's part of the directory and referrals are not followed: correct LDAP_BASE, or name that server in LDAP_URL"
        }
        32 => {
            "correct LDAP_BASE or LDAP_BASE_GROUPS, or let the service account read there; a directory that may not be searched anonymously needs LDAP_BIND_USER"
        }
        50 => {
            "give the service account the right to do this; a directory that may not be searched anonymously needs LDAP_BIND_USER"
        }
        51 | 52 => {
            "the server is overloaded or stopping: try again, or add another one to LDAP_URL"
        }
        _ => "see the server's log, and the filters and bases in the configuration",
    }
}

/// Whether result 1 (operations error) is about a search without a bind. Directories say so in the text
/// alone: Active Directory by ERROR_NOT_AUTHENTICATED ([MS-ERREF] 2.2), Samba in words.
fn wants_bind(text: &str) -> bool {
    text.starts_with("000004DC") || text.contains("without authentication")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_what_to_do_in_one_line() {
        let error =
            DirectoryError::refused("ldaps://dc1:636", "a search", 32, "0000208D: NameErr\n\0");
        let text = error.to_string();
        assert!(text.contains("correct LDAP_BASE"), "{text}");
        assert!(!text.contains('\n') && !text.contains('\0'), "{text}");
        let closed =
            DirectoryError::lost("s", LostCause::Library(Arc::new(LdapError::EndOfStream)));
        assert!(closed.to_string().contains("(the connection has ended)"));
    }

    #[test]
    fn a_directory_that_wants_a_bind_is_told_by_its_code_or_words() {
        for text in [
            "000004DC: LdapErr: DSID-0C090A5C, comment: In order to perform this operation a \
             successful bind must be completed on the connection., data 0, v4563",
            "Operation unavailable without authentication",
        ] {
            let error = DirectoryError::refused("s", "a search", 1, text).to_string();
            assert!(error.contains("allows no anonymous search"), "{error}");
        }
        let error = DirectoryError::refused("s", "a search", 1, "00000000: other").to_string();
        assert!(!error.contains("anonymous"), "{error}");
    }

    #[test]
    fn only_trouble_of_one_server_is_tried_elsewhere() {
        assert!(DirectoryError::lost("s", LostCause::Ended).may_pass_elsewhere());
        assert!(DirectoryError::refused("s", "a search", 51, "busy").may_pass_elsewhere());
        assert!(!DirectoryError::refused("s", "a search", 32, "").may_pass_elsewhere());
    }
}
