//! LDAP: what ldap3 says.

use ldap3::LdapError;

/// An error of a connection to a directory server.
pub fn ldap(error: &LdapError) -> String {
    match error {
        LdapError::Io { source } => super::io(source),
        LdapError::Rustls { source } => super::tls(source),
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
