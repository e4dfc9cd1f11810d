//! The `Negotiate` scheme (RFC 4559, section 4) in HTTP's headers.

use axum::http::{HeaderMap, HeaderValue, header};
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// The challenge.
pub(super) const CHALLENGE: HeaderValue = HeaderValue::from_static("Negotiate");

/// The token of an `Authorization: Negotiate` header; empty when it is not base64, or when there is more than
/// one such header, which no mechanism accepts. `None` without one.
pub(super) fn token(headers: &HeaderMap) -> Option<Vec<u8>> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?.as_bytes();
    if values.next().is_some() {
        return Some(Vec::new());
    }
    let (scheme, token) = value.split_at_checked(CHALLENGE.len())?;
    if !scheme.eq_ignore_ascii_case(CHALLENGE.as_bytes()) {
        return None;
    }
    match token {
        [b' ', token @ ..] => Some(STANDARD.decode(token.trim_ascii()).unwrap_or_default()),
        [] => Some(Vec::new()),
        _ => None,
    }
}

/// The server's last token, by which the client verifies it.
pub(super) fn response(token: &[u8]) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("Negotiate {}", STANDARD.encode(token))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &'static str) -> Option<Vec<u8>> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static(value));
        token(&headers)
    }

    #[test]
    fn tokens_are_taken_from_negotiate_only() {
        assert_eq!(read("Negotiate YWJj"), Some(b"abc".to_vec()));
        assert_eq!(read("negotiate   YWJj "), Some(b"abc".to_vec()));
        assert_eq!(read("Negotiate"), Some(Vec::new()));
        assert_eq!(read("Negotiate !"), Some(Vec::new()));
        assert_eq!(read("Basic YWJj"), None);
        assert_eq!(read("NegotiateX YWJj"), None);
        assert_eq!(token(&HeaderMap::new()), None);
        let mut two = HeaderMap::new();
        for value in ["Negotiate YWJj", "Negotiate ZGVm"] {
            two.append(header::AUTHORIZATION, HeaderValue::from_static(value));
        }
        assert_eq!(token(&two), Some(Vec::new()));
    }
}
