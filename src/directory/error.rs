//! What can go wrong with a directory, each with what to do about it.

use std::time::Duration;

use ldap3::LdapError;

use super::account::AccountRefusal;

/// The directory gave no answer, or none that helps.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DirectoryError {
    /// No connection to a server could be made.
    #[error("cannot connect to {server}: {cause}; {remedy}")]
    Connect {
        server: String,
        cause: String,
        remedy: &'static str,
    },
    /// The connection ended during an operation.
    #[error(
        "{server} closed the connection ({cause}); it is tried again by itself, if this goes on see the server's log"
    )]
    Lost { server: String, cause: String },
    #[error(
        "{server} did not finish {operation} within {:.1} s; check the server's load and the network, or raise LDAP_TIMEOUT_SECONDS",
        limit.as_secs_f32()
    )]
    Timeout {
        server: String,
        operation: &'static str,
        limit: Duration,
    },
    /// The service account could not sign in.
    #[error("{server} refuses the service account: {cause}; {remedy}")]
    ServiceAccount {
        server: String,
        cause: String,
        remedy: &'static str,
    },
    /// The server answered with a result code other than success (RFC 4511, appendix A).
    #[error("{server} refuses {operation}: result {code} {text}; {remedy}")]
    Refused {
        server: String,
        operation: &'static str,
        code: u32,
        text: String,
        remedy: &'static str,
    },
    /// All connections for password checks were busy for too long.
    #[error("no free connection for a password check within {:.1} s; raise LDAP_NUMBER_OF_PARALLEL_BINDS, or check the directory's load", limit.as_secs_f32())]
    Busy { limit: Duration },
    /// DNS names no server for `LDAP_URL=srv:…`.
    #[error("no directory server is found in DNS: {why}; check the record and LDAP_URL")]
    NotDiscovered { why: String },
    /// The configuration names no server.
    #[error("no directory server is configured; set LDAP_URL")]
    NoServer,
}

/// A password was not accepted.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BindError {
    #[error("wrong password")]
    WrongPassword,
    #[error("the password has expired; the user must choose a new one")]
    PasswordExpired,
    #[error("the user must choose a new password before the first login")]
    PasswordChangeRequired,
    #[error(transparent)]
    Account(#[from] AccountRefusal),
    /// Nothing is known about the password.
    #[error(transparent)]
    Unavailable(#[from] DirectoryError),
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
            Self::Busy { .. } | Self::NotDiscovered { .. } | Self::NoServer => false,
        }
    }

    /// An error of the library during `operation` on a connection that stood.
    pub(super) fn during(operation: &'static str, server: &str, error: &LdapError) -> Self {
        match error {
            LdapError::FilterParsing => {
                Self::refused(server, operation, 87, "filter does not parse")
            }
            // What the channels to the connection's task say when that task has ended.
            LdapError::OpSend { .. }
            | LdapError::ResultRecv { .. }
            | LdapError::IdScrubSend { .. }
            | LdapError::EndOfStream => Self::lost(server, "the connection has ended"),
            other => Self::lost(server, &other.to_string()),
        }
    }

    pub(super) fn lost(server: &str, cause: &str) -> Self {
        Self::Lost {
            server: server.to_owned(),
            // rustls adds the address of a manual page.
            cause: cause.split(": https://").next().unwrap_or(cause).to_owned(),
        }
    }

    pub(super) fn refused(server: &str, operation: &'static str, code: u32, text: &str) -> Self {
        Self::Refused {
            server: server.to_owned(),
            operation,
            code,
            text: one_line(text),
            remedy: remedy_of_result(code, text),
        }
    }

    /// A connection that could not be made, by the error of the socket or of TLS.
    pub(super) fn connect(server: &str, cause: &str) -> Self {
        Self::Connect {
            server: server.to_owned(),
            cause: cause.to_owned(),
            remedy: remedy_of_connect(cause),
        }
    }
}

/// A server's text as it may stand in a log line: AD ends its own with NUL.
pub(super) fn one_line(text: &str) -> String {
    text.chars()
        .filter(|c| *c != '\0')
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(300)
        .collect()
}

fn remedy_of_result(code: u32, text: &str) -> &'static str {
    match code {
        1 if (text.contains("bind must be completed")
            || text.contains("without authentication")) =>
        {
            "this directory allows no anonymous search: set LDAP_BIND_USER and LDAP_BIND_PASSWORD"
        }
        8 | 13 => "the server wants TLS: use ldaps:// in LDAP_URL, or LDAP_STARTTLS=true",
        10 => {
            "the base lies in another server's part of the directory and referrals are not followed: correct LDAP_BASE, or name that server in LDAP_URL"
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

fn remedy_of_connect(cause: &str) -> &'static str {
    if cause.contains("UnknownIssuer") {
        "its certificate comes from an unknown authority: give that authority's certificate in SSL_CA_FILE or SSL_CA_PATH"
    } else if cause.contains("NotValidForName") || cause.contains("not valid for name") {
        "LDAP_URL must use a name that stands in the server's certificate"
    } else if cause.contains("Expired") || cause.contains("expired") {
        "renew the server's certificate, or correct this machine's clock"
    } else if cause.contains("NotValidYet") || cause.contains("not valid yet") {
        "this machine's clock is behind: set it by NTP (timedatectl set-ntp true)"
    } else if cause.contains("handshake eof") || cause.starts_with("Connection reset") {
        "the server hangs up when TLS begins, as a domain controller does that has no certificate: give it one (of AD CS, or any CA, in its computer store)"
    } else if cause.contains("corrupt message") || cause.contains("StartTLS") {
        "port and scheme must fit: ldaps:// usually on 636, ldap:// with LDAP_STARTTLS=true on 389"
    } else if cause.contains("lookup") {
        "correct the name in LDAP_URL, or the name servers of this machine"
    } else {
        "check that the server runs, its port in LDAP_URL, and firewalls between"
    }
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
        let text =
            DirectoryError::connect("s", "invalid peer certificate: UnknownIssuer").to_string();
        assert!(text.contains("SSL_CA_FILE"), "{text}");
        for (cause, remedy) in [
            (
                "Connection reset by peer (os error 104)",
                "has no certificate",
            ),
            ("192.0.2.1:636: Connection reset by peer", "server runs"),
            (
                "invalid peer certificate: certificate not valid yet: verification time 1",
                "NTP",
            ),
        ] {
            let text = DirectoryError::connect("s", cause).to_string();
            assert!(text.contains(remedy), "{text}");
        }
    }

    #[test]
    fn only_trouble_of_one_server_is_tried_elsewhere() {
        assert!(DirectoryError::lost("s", "reset").may_pass_elsewhere());
        assert!(DirectoryError::refused("s", "a search", 51, "busy").may_pass_elsewhere());
        assert!(!DirectoryError::refused("s", "a search", 32, "").may_pass_elsewhere());
    }
}
