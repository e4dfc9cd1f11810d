//! Why the tenant gave no answer, or none that can be used.

use crate::token::TenantKeyError;

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
        "{host} shows a certificate that this machine does not trust ({cause}): when a proxy \
         re-encrypts, give its CA with SSL_CA_FILE; else check this machine's CA store"
    )]
    Untrusted { host: String, cause: String },
    #[error(
        "the certificate of {host} is not in force at this machine's time ({cause}): set the clock by \
         NTP (timedatectl set-ntp true)"
    )]
    Clock { host: String, cause: String },
    #[error(
        "{host} cannot be reached: the proxy {proxy} does not let us through ({cause}); check \
         HTTPS_PROXY, the user and password in it, and that the proxy runs"
    )]
    Proxied {
        proxy: String,
        host: String,
        cause: String,
    },
    #[error(
        "{host} cannot be reached ({cause}): check DNS and firewall, or set HTTPS_PROXY if this \
         network needs a proxy"
    )]
    Unreachable { host: String, cause: String },
    #[error(
        "{host} answered with status {status}; try again, and ask the tenant's support if it stays"
    )]
    Status { host: String, status: u16 },
    #[error(
        "{host} answered something else than a tenant does ({cause}); a proxy may be in between"
    )]
    Answer { host: String, cause: String },
    #[error("{host} gave no key that can be used: {cause}")]
    Key { host: String, cause: TenantKeyError },
    #[error(
        "{host} names a realm that no tenant has ({}): nothing of what it says is taken. Check \
         the ticket's address, and ask the tenant's support",
        crate::cause::quoted(realm)
    )]
    Realm { host: String, realm: String },
}
