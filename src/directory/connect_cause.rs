//! Why no connection to a directory server could be made, and what to do about it.

use std::{fmt, io, net::SocketAddr, sync::Arc, time::Duration};

use ldap3::LdapError;

use super::dns::LookupError;
use crate::cause::{self, CertificateFault};

/// A cause, with the error of the library below.
#[derive(Debug, Clone)]
pub enum ConnectCause {
    Lookup(LookupError),
    /// TCP, to the last address of the name.
    Tcp {
        address: SocketAddr,
        error: Arc<io::Error>,
    },
    TcpTimeout {
        address: SocketAddr,
        limit: Duration,
    },
    /// The stream broke while TLS or LDAP began.
    Stream(Arc<io::Error>),
    Tls(Arc<rustls::Error>),
    /// The result of the StartTLS operation (RFC 4511, section 4.14).
    StartTlsRefused {
        code: u32,
        text: String,
    },
    StartTlsClosed,
    /// What it answered to StartTLS.
    NotLdap,
    Library(Arc<LdapError>),
    /// A connection is being made, or was, and there was no answer yet.
    NoAnswer,
}

impl ConnectCause {
    /// A stream's error; that of TLS in it, when there is one.
    pub(super) fn stream(error: io::Error) -> Self {
        match cause::tls_in(&error) {
            Some(tls) => Self::Tls(Arc::new(tls.clone())),
            None => Self::Stream(Arc::new(error)),
        }
    }

    /// What is wrong with the server's certificate, when that is the cause.
    #[must_use]
    pub fn certificate(&self) -> Option<CertificateFault> {
        match self {
            Self::Tls(error) => CertificateFault::of(error),
            _ => None,
        }
    }

    pub(super) fn remedy(&self) -> &'static str {
        match self {
            Self::Tls(error) => remedy_of_tls(error),
            // A domain controller without a certificate does so when TLS begins.
            Self::Stream(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof
                ) =>
            {
                "the server closes the connection when TLS begins, as a domain controller does that has no certificate: give it one (of AD CS, or any CA, in its computer store)"
            }
            Self::StartTlsRefused { .. } | Self::StartTlsClosed | Self::NotLdap => REMEDY_SCHEME,
            Self::Lookup(_) => "correct the name in LDAP_URL, or the name servers of this machine",
            Self::Tcp { .. }
            | Self::TcpTimeout { .. }
            | Self::Stream(_)
            | Self::Library(_)
            | Self::NoAnswer => {
                "check that the server runs, its port in LDAP_URL, and firewalls between"
            }
        }
    }
}

const REMEDY_SCHEME: &str =
    "port and scheme must agree: ldaps:// usually on 636, ldap:// with LDAP_STARTTLS=true on 389";

fn remedy_of_tls(error: &rustls::Error) -> &'static str {
    match CertificateFault::of(error) {
        Some(CertificateFault::UnknownIssuer) => {
            "give that authority's certificate in SSL_CA_FILE or SSL_CA_PATH"
        }
        Some(CertificateFault::WrongName) => "use a name of the server's certificate in LDAP_URL",
        Some(CertificateFault::Expired) => {
            "renew the server's certificate, or correct this machine's clock"
        }
        Some(CertificateFault::NotYetValid) => {
            "this machine's clock is behind: set it by NTP (timedatectl set-ntp true)"
        }
        Some(CertificateFault::Other) => "give the server another certificate",
        None => match error {
            rustls::Error::InvalidMessage(_) => REMEDY_SCHEME,
            _ => "see the server's settings of TLS: version 1.2 or 1.3 is needed",
        },
    }
}

impl From<LookupError> for ConnectCause {
    fn from(error: LookupError) -> Self {
        Self::Lookup(error)
    }
}

/// Of ldap3, while a connection begins.
impl From<LdapError> for ConnectCause {
    fn from(error: LdapError) -> Self {
        match error {
            LdapError::Io { source } => Self::stream(source),
            LdapError::Rustls { source } => Self::Tls(Arc::new(source)),
            other => Self::Library(Arc::new(other)),
        }
    }
}

impl fmt::Display for ConnectCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lookup(error) => error.fmt(f),
            Self::Tcp { address, error } => write!(f, "{address}: {}", cause::io(error)),
            Self::TcpTimeout { address, limit } => {
                write!(f, "{address}: no answer within {} s", limit.as_secs())
            }
            Self::Stream(error) => f.write_str(&cause::io(error)),
            Self::Tls(error) => f.write_str(&cause::tls(error)),
            Self::StartTlsRefused { code, text } => {
                write!(f, "StartTLS is refused: result {code} {text}")
            }
            Self::StartTlsClosed => f.write_str("the server closed the connection during StartTLS"),
            Self::NotLdap => f.write_str("its answer to StartTLS is not valid LDAP"),
            Self::Library(error) => f.write_str(&cause::ldap(error)),
            Self::NoAnswer => f.write_str("no answer yet"),
        }
    }
}

/// A server's text as one line of the log: AD ends its own with NUL.
pub(super) fn one_line(text: &str) -> String {
    text.chars()
        .filter(|c| *c != '\0')
        .map(|c| if cause::is_unseen(c) { ' ' } else { c })
        .take(300)
        .collect()
}

#[cfg(test)]
mod tests {
    use rustls::CertificateError;

    use super::*;

    #[test]
    fn each_cause_has_its_remedy() {
        let reset = || io::Error::from_raw_os_error(104);
        let certificate =
            |error| ConnectCause::Tls(Arc::new(rustls::Error::InvalidCertificate(error)));
        let address = "192.0.2.1:636".parse().expect("an address");
        for (cause, remedy) in [
            (certificate(CertificateError::UnknownIssuer), "SSL_CA_FILE"),
            (certificate(CertificateError::NotValidYet), "NTP"),
            (certificate(CertificateError::Expired), "renew"),
            (ConnectCause::stream(reset()), "has no certificate"),
            (
                ConnectCause::Tcp {
                    address,
                    error: Arc::new(reset()),
                },
                "server runs",
            ),
            (ConnectCause::StartTlsClosed, "LDAP_STARTTLS"),
        ] {
            assert!(cause.remedy().contains(remedy), "{cause}");
        }
    }

    #[test]
    fn an_error_of_tls_is_found_in_a_stream_s() {
        let inner = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let cause = ConnectCause::stream(io::Error::new(io::ErrorKind::InvalidData, inner));
        assert_eq!(cause.certificate(), Some(CertificateFault::UnknownIssuer));
    }
}
