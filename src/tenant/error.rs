//! Why the tenant gave no answer, or none that can be used.

use crate::{cause::innermost, token::TenantKeyError};

/// Why the tenant gave no answer, or none that can be used; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum TicketError {
    #[error("the ticket is not an https address; copy it from the connection's page at the tenant")]
    Address,
    #[error("HTTP_PROXY or HTTPS_PROXY is not the address of a proxy")]
    Proxy,
    #[error(
        "the tenant does not know this ticket (404): copy the address from the connection's page \
         again; an old one ends when a new one is made"
    )]
    Wrong,
    #[error(
        "{host} shows a certificate that this machine does not trust ({}): when a proxy \
         re-encrypts, give its CA with SSL_CA_FILE (--ca-file of ad-edge setup); else check this machine's CA store",
        innermost(cause)
    )]
    Untrusted {
        host: String,
        #[source]
        cause: reqwest::Error,
    },
    #[error(
        "the certificate of {host} is not in force at this machine's time ({}): set the clock by \
         NTP (timedatectl set-ntp true)",
        innermost(cause)
    )]
    Clock {
        host: String,
        #[source]
        cause: reqwest::Error,
    },
    #[error(
        "{host} cannot be reached: the proxy {proxy} does not let us through ({}); check \
         HTTPS_PROXY, the user and password in it, and that the proxy runs",
        innermost(cause)
    )]
    Proxied {
        proxy: String,
        host: String,
        #[source]
        cause: reqwest::Error,
    },
    #[error(
        "{host} cannot be reached ({}): check DNS and firewall, or set HTTPS_PROXY if this \
         network needs a proxy",
        innermost(cause)
    )]
    Unreachable {
        host: String,
        #[source]
        cause: reqwest::Error,
    },
    #[error(
        "{host} answered with status {status}; try again, and ask the tenant's support if it stays"
    )]
    Status { host: String, status: u16 },
    #[error(
        "{host} answered something else than a tenant does ({fault}); a proxy may be in between"
    )]
    Answer {
        host: String,
        #[source]
        fault: AnswerFault,
    },
    #[error("{host} gave no key that can be used: {cause}")]
    Key {
        host: String,
        #[source]
        cause: TenantKeyError,
    },
    #[error(
        "{host} names a realm that no tenant has ({}): nothing of what it says is taken. Check \
         the ticket's address, and ask the tenant's support",
        crate::cause::quoted(realm)
    )]
    Realm { host: String, realm: String },
}

/// Why an answer is none of a tenant's.
#[derive(Debug, thiserror::Error)]
pub enum AnswerFault {
    #[error("it is too long")]
    TooLong,
    /// The place alone: the parser's own words may quote a key.
    #[error("line {line} column {column}")]
    NotJson { line: usize, column: usize },
}
