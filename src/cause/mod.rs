//! The errors of outside libraries in plain words: their own texts hold Rust's debug output, names of
//! types and system error numbers, which tell an administrator nothing.
//!
//! An error type of a folder keeps the library's error as its cause, decides by its type, and words it
//! here at the edge.

mod dns;
mod ldap;
mod tls;
mod watch;
mod websocket;

use std::{error::Error, io};

pub use self::{
    dns::{dns, system_lookup},
    ldap::ldap,
    tls::{CertificateFault, alert, certificate, tls},
    watch::watch,
    websocket::websocket,
};

/// An error of the system or of a stream: `connection refused`.
pub fn io(error: &io::Error) -> String {
    if let Some(inner) = error.get_ref() {
        return any(inner);
    }
    if error.raw_os_error().is_some() {
        let text = error.to_string();
        let text = text.split(" (os error").next().unwrap_or(&text);
        return lower_first(text);
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "the other side closed the connection".to_owned(),
        io::ErrorKind::TimedOut => "no answer in time".to_owned(),
        kind => kind.to_string(),
    }
}

/// Any error with what caused it. Where a library is known, its error is put in words; else its own
/// text is taken.
pub fn any(error: &(dyn Error + 'static)) -> String {
    let mut words = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(known) = known(error) {
            words.push(known);
            break;
        }
        let text = error.to_string();
        // Some libraries repeat their cause in their own text.
        if !words.iter().any(|before| before.contains(&text)) {
            words.push(text);
        }
        next = error.source();
    }
    words.join(": ")
}

/// The error of TLS that is the cause of another, at any depth.
pub fn tls_in<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        // An io::Error names as its source what the error in it names as its own.
        let inner = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        next = match inner {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

fn known(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(error) = error.downcast_ref() {
        return Some(io(error));
    }
    if let Some(error) = error.downcast_ref() {
        return Some(tls(error));
    }
    if let Some(error) = error.downcast_ref() {
        return Some(dns(error));
    }
    if let Some(error) = error.downcast_ref() {
        return Some(ldap(error));
    }
    error.downcast_ref().map(websocket)
}

/// A text that goes on after a colon.
fn lower_first(text: &str) -> String {
    let mut rest = text.chars();
    match rest.next() {
        // TLS, LDAP: an abbreviation stays.
        Some(first) if !rest.as_str().starts_with(char::is_uppercase) => {
            first.to_lowercase().chain(rest).collect()
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use rustls::{CertificateError, Error as TlsError};

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("asking failed")]
    struct Outer(#[source] io::Error);

    #[test]
    fn system_errors_have_no_number() {
        assert_eq!(io(&io::Error::from_raw_os_error(111)), "connection refused");
        let eof = io::Error::from(io::ErrorKind::UnexpectedEof);
        assert_eq!(io(&eof), "the other side closed the connection");
    }

    #[test]
    fn a_cause_is_worded_at_any_depth() {
        let inner = TlsError::InvalidCertificate(CertificateError::UnknownIssuer);
        let outer = Outer(io::Error::new(io::ErrorKind::InvalidData, inner));
        assert_eq!(
            any(&outer),
            "asking failed: its certificate comes from an unknown authority"
        );
        let found = tls_in(&outer).expect("TLS");
        assert_eq!(
            CertificateFault::of(found),
            Some(CertificateFault::UnknownIssuer)
        );
        assert!(tls_in(&Outer(io::Error::from_raw_os_error(111))).is_none());
    }

    #[test]
    fn no_debug_text_of_a_library_is_shown() {
        let all = [
            tls(&TlsError::Other(rustls::OtherError(std::sync::Arc::new(
                io::Error::other("Struct { field: 1 }"),
            )))),
            tls(&TlsError::AlertReceived(
                rustls::AlertDescription::UnknownCA,
            )),
            tls(&TlsError::InvalidMessage(
                rustls::InvalidMessage::InvalidContentType,
            )),
            tls(&TlsError::PeerIncompatible(
                rustls::PeerIncompatible::NoCipherSuitesInCommon,
            )),
            ldap(&ldap3::LdapError::FilterParsing),
            websocket(&tokio_tungstenite::tungstenite::Error::AttackAttempt),
        ];
        for text in all {
            let debug = ["{", "(", "::", "InvalidContentType", "NoCipherSuites"];
            assert!(debug.iter().all(|sign| !text.contains(sign)), "{text}");
        }
    }
}
