//! What `tests/fuzz` calls: queries, forms, and the headers that a balancer passes on.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{
    forwarded, negotiate,
    request::{Asked, Pairs, SignIn},
};
use crate::{
    config::{RelyingParties, fuzz::relying_parties},
    language::Language,
};

thread_local! {
    static PARTIES: RelyingParties = relying_parties();
}

/// A query, or the body of a form: a token only ever goes to a callback of the list, and no credential is
/// left where it could be shown.
pub fn query_and_form(data: &[u8]) {
    let json = Pairs::parse_json(data).unwrap_or_default();
    for mut pairs in [Pairs::parse(data), json] {
        let _ = pairs.take_credentials();
        assert!(pairs.get("password").is_none() && pairs.get("username").is_none());
        PARTIES.with(|parties| match Asked::read(&pairs, parties) {
            Ok(Asked::SignIn(SignIn {
                realm, callback, ..
            })) => {
                assert!(parties.callbacks[&realm].contains(&callback));
            }
            Ok(Asked::SignOut) => {}
            Err(error) => assert!(error.in_words(Language::default()).len() < 2000),
        });
    }
}

/// Headers with a certificate, and with a Negotiate token.
pub fn certificate_header(data: &[u8]) {
    const NAME: HeaderName = HeaderName::from_static("x-client-cert");
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n') {
        let Ok(value) = HeaderValue::from_bytes(line) else {
            return;
        };
        headers.append(header::AUTHORIZATION, value.clone());
        headers.append(NAME, value);
    }
    let chain = forwarded::only_chain(&headers, NAME.as_str());
    assert!(chain.is_empty() || headers.get_all(&NAME).iter().count() == 1);
    if let Some(token) = negotiate::token(&headers) {
        assert!(token.len() <= data.len());
        assert!(negotiate::response(&token).is_some());
    }
}
