//! What `tests/fuzz` calls: what is read of a Negotiate token before GSSAPI sees it, the PAC that it gives out,
//! and the principal's text.

use super::{
    pac::user_sid,
    principal::Principal,
    spnego::{self, Token},
};

/// A Negotiate token: the Kerberos token that is handed on lies in it.
pub fn negotiate_token(data: &[u8]) {
    if let Token::Kerberos(token) = spnego::read(data) {
        let (inner, whole) = (token.inner.as_ptr_range(), data.as_ptr_range());
        assert!(whole.start <= inner.start && inner.end <= whole.end);
        assert!(token.ticket.service.len() <= data.len());
    }
}

/// A principal as MIT Kerberos displays it.
pub fn principal(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Some(principal) = Principal::parse(text) {
        assert!(!principal.name.is_empty() && !principal.realm.is_empty());
        assert!(principal.to_string().len() <= text.len());
    }
}

/// A PAC: the account that it names has a number within a domain, and is named by bytes that are there.
pub fn pac(data: &[u8]) {
    if let Ok(Some(sid)) = user_sid(data) {
        let text = sid.to_string();
        assert!(text.starts_with("S-1-"), "{text}");
        let last = text
            .rsplit('-')
            .next()
            .and_then(|last| last.parse::<u32>().ok());
        let bytes = last.expect("a number").to_le_bytes();
        assert!(data.windows(4).any(|window| window == bytes), "{text}");
    }
}
