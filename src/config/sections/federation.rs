//! WS-Federation: issuer, address, relying parties.

use url::Url;

use super::super::{
    Callback, FederationConfig, RelyingParties,
    reader::{self, Reader},
};

pub(super) fn federation(default_url: &str, r: &mut Reader) -> Option<FederationConfig> {
    let text = r
        .text("SERVER_URL")
        .unwrap_or_else(|| default_url.to_owned());
    let url = Url::parse(text.trim_end_matches('/'))
        .ok()
        .filter(|url| matches!(url.scheme(), "https" | "http") && url.has_host());
    if url.is_none() {
        r.wrong(
            "SERVER_URL",
            "is not a web address",
            "Write the address users open, https://login.corp.example",
        );
    }
    Some(FederationConfig {
        issuer: r
            .text("WSFED_ISSUER")
            .unwrap_or_else(|| "urn:auth0".to_owned()),
        relying_parties: relying_parties(r),
        lifetime: r.seconds("TOKEN_LIFETIME_SECONDS", 28_800, 60..=86_400),
        skew: r.seconds("TOKEN_SKEW_SECONDS", 0, 0..=300),
        incumbent_method: r.flag("TOKEN_INCUMBENT_METHOD", false),
        server_url: url?,
    })
}

fn relying_parties(r: &mut Reader) -> RelyingParties {
    let default = r.text("REALM");
    let lists: Vec<_> = r
        .source()
        .relying_parties()
        .map(|(key, value)| (key.to_owned(), reader::list(value)))
        .collect();
    let mut parties = RelyingParties::default();
    for (realm, list) in lists {
        let mut callbacks = Vec::new();
        for text in list.unwrap_or_default() {
            match Callback::parse(&text) {
                Some(callback) => callbacks.push(callback),
                None => r.wrong(
                    &realm,
                    format!("{text:?} is not a callback URL"),
                    "Write absolute addresses between commas, https://acme.auth0.com/login/callback",
                ),
            }
        }
        parties.callbacks.insert(realm, callbacks);
    }
    match &default {
        None => r.warn(
            "REALM",
            "is missing: direct logins have no one to send a token to",
        ),
        Some(realm) if parties.callbacks.get(realm).is_none_or(Vec::is_empty) => r.warn(
            realm,
            "this key should list the callback URLs of REALM; until then direct logins are refused",
        ),
        Some(_) => {}
    }
    parties.default = default;
    parties
}
