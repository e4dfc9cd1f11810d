//! An error in words: those of the system, of streams, name lookups, LDAP and WebSockets. They hold each
//! other, so they are worded together.

use std::{error::Error, io};

use hickory_resolver::{
    net::{DnsError, NetError},
    proto::op::ResponseCode,
};
use ldap3::LdapError;
use tokio_tungstenite::tungstenite::Error as WebSocketError;

use super::tls::tls;

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

/// The innermost cause in words: the outer ones say that a request failed.
pub fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut inner = error;
    loop {
        if let Some(known) = known(inner) {
            return known;
        }
        match inner.source() {
            Some(source) => inner = source,
            None => return inner.to_string(),
        }
    }
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

/// An error of a question to a name server.
pub fn dns(error: &NetError) -> String {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => response(none.response_code),
        NetError::Dns(DnsError::ResponseCode(code)) => response(*code),
        NetError::Timeout => "no name server answers in time".to_owned(),
        NetError::NoConnections => "no name server can be reached".to_owned(),
        NetError::Busy => "the resolver is busy".to_owned(),
        NetError::Io(error) => io(error),
        // Words of the resolver about /etc/resolv.conf and the like.
        NetError::Message(text) => (*text).to_owned(),
        NetError::Msg(text) => text.clone(),
        NetError::Proto(_)
        | NetError::QueryCaseMismatch
        | NetError::ForeignClassRecord { .. }
        | NetError::Truncated => "the name server's answer cannot be read".to_owned(),
        _ => "the name lookup failed".to_owned(),
    }
}

/// An error of the system's resolver (getaddrinfo(3)).
pub fn system_lookup(error: &io::Error) -> String {
    let text = error.to_string();
    match text.strip_prefix("failed to lookup address information: ") {
        Some(words) => lower_first(words),
        None => io(error),
    }
}

/// RFC 1035, section 4.1.1.
fn response(code: ResponseCode) -> String {
    match code {
        ResponseCode::NXDomain => "DNS knows no such name".to_owned(),
        ResponseCode::NoError => "DNS has no such record for this name".to_owned(),
        ResponseCode::ServFail => "the name server failed".to_owned(),
        ResponseCode::Refused => "the name server refuses the question".to_owned(),
        other => format!("the name server answers with code {}", u16::from(other)),
    }
}

/// An error of a connection to a directory server.
pub fn ldap(error: &LdapError) -> String {
    match error {
        LdapError::Io { source } => io(source),
        LdapError::Rustls { source } => tls(source),
        LdapError::LdapResult { result } => {
            // Active Directory ends its texts with NUL.
            format!(
                "result {} {}",
                result.rc,
                result.text.trim_end_matches('\0')
            )
        }
        // What the channels to the connection's task say when that task has ended.
        LdapError::OpSend { .. }
        | LdapError::ResultRecv { .. }
        | LdapError::IdScrubSend { .. }
        | LdapError::MiscSend { .. }
        | LdapError::EndOfStream => "the connection has ended".to_owned(),
        LdapError::Timeout { .. } => "no answer in time".to_owned(),
        LdapError::FilterParsing => "the filter does not parse".to_owned(),
        LdapError::DNSName { .. } => "the host of the URL is not a name in DNS".to_owned(),
        LdapError::DecodingUTF8 => "a text is not UTF-8".to_owned(),
        LdapError::UrlParsing { .. } | LdapError::UnknownScheme(_) => {
            "the URL is not one of LDAP".to_owned()
        }
        _ => "the LDAP library failed".to_owned(),
    }
}

/// An error of a WebSocket connection.
pub fn websocket(error: &WebSocketError) -> String {
    match error {
        WebSocketError::ConnectionClosed | WebSocketError::AlreadyClosed => {
            "the connection is closed".to_owned()
        }
        WebSocketError::Io(error) => io(error),
        WebSocketError::Tls(error) => any(error),
        WebSocketError::Http(response) => format!("it answers {}", response.status()),
        // Sentences of the library, without debug text.
        WebSocketError::Protocol(error) => lower_first(&error.to_string()),
        WebSocketError::Capacity(_) => "a message is too large".to_owned(),
        WebSocketError::Utf8(_) => "a text is not UTF-8".to_owned(),
        WebSocketError::Url(_) | WebSocketError::HttpFormat(_) => {
            "the URL cannot be used".to_owned()
        }
        WebSocketError::WriteBufferFull(_) => "it does not read what is sent to it".to_owned(),
        WebSocketError::AttackAttempt => "it breaks the rules of WebSocket".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use hickory_resolver::{
        net::NoRecords,
        proto::{
            op::Query,
            rr::{Name, RecordType},
        },
    };
    use rustls::{CertificateError, Error as TlsError};

    use super::*;
    use crate::cause::CertificateFault;

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
    fn the_innermost_cause_is_what_the_outer_errors_only_pass_on() {
        let refused = io::Error::from_raw_os_error(111);
        assert_eq!(innermost(&Outer(refused)), "connection refused");
        let untrusted = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let inner = io::Error::new(io::ErrorKind::InvalidData, untrusted);
        let words = innermost(&Outer(inner));
        assert!(
            words.ends_with("comes from an unknown authority"),
            "{words}"
        );
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

    #[test]
    fn a_missing_record_is_told_without_the_question_s_debug_text() {
        let name = Name::from_ascii("_ldap._tcp.corp.example.").expect("a name");
        let query = Query::query(name, RecordType::SRV);
        let none = NoRecords::new(query, ResponseCode::NXDomain);
        let error = NetError::Dns(DnsError::NoRecordsFound(none));
        assert_eq!(dns(&error), "DNS knows no such name");
    }
}
