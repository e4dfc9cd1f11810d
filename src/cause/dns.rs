//! Name lookups: what hickory and the system's resolver say.

use std::io;

use hickory_resolver::{
    net::{DnsError, NetError},
    proto::op::ResponseCode,
};

use super::lower_first;

/// An error of a question to a name server.
pub fn dns(error: &NetError) -> String {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => response(none.response_code),
        NetError::Dns(DnsError::ResponseCode(code)) => response(*code),
        NetError::Timeout => "no name server answers in time".to_owned(),
        NetError::NoConnections => "no name server can be reached".to_owned(),
        NetError::Busy => "the resolver is busy".to_owned(),
        NetError::Io(error) => super::io(error),
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
        None => super::io(error),
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

#[cfg(test)]
mod tests {
    use hickory_resolver::{
        net::NoRecords,
        proto::{
            op::Query,
            rr::{Name, RecordType},
        },
    };

    use super::*;

    #[test]
    fn a_missing_record_is_told_without_the_question_s_debug_text() {
        let name = Name::from_ascii("_ldap._tcp.corp.example.").expect("a name");
        let query = Query::query(name, RecordType::SRV);
        let none = NoRecords::new(query, ResponseCode::NXDomain);
        let error = NetError::Dns(DnsError::NoRecordsFound(none));
        assert_eq!(dns(&error), "DNS knows no such name");
    }
}
