//! Keys of WS-Federation: issuer, relying parties and their callbacks, the token's life.

use std::{collections::BTreeMap, fmt, time::Duration};

use url::Url;

use super::{
    keys,
    mistake::Place,
    problem::{Concern, Problem},
    reader::Reader,
    value,
};

/// Who we are towards relying parties and where tokens may go.
#[derive(Debug, Clone)]
pub struct FederationConfig {
    /// `WSFED_ISSUER`.
    pub issuer: String,
    /// `SERVER_URL` without a slash at its end.
    pub server_url: Url,
    /// Who may receive tokens.
    pub relying_parties: RelyingParties,
    /// `TOKEN_LIFETIME_SECONDS`.
    pub lifetime: Duration,
    /// `TOKEN_SKEW_SECONDS`: how far NotBefore is in the past.
    pub skew: Duration,
    /// `TOKEN_LEGACY_METHOD`: say `am:password` whatever the login was.
    pub legacy_method: bool,
}

/// The realms and the callbacks that may receive their tokens: the dynamic keys of `config.json`.
#[derive(Debug, Clone, Default)]
pub struct RelyingParties {
    /// `REALM`: the one that counts when a request names none.
    pub default: Option<String>,
    pub callbacks: BTreeMap<String, Vec<Callback>>,
}

/// A URL that is, to the letter, in a relying party's list. Nothing else makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback(String);

impl Callback {
    /// A callback of the configuration: an absolute `https` or `http` URL.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let web = matches!(url.scheme(), "https" | "http") && url.has_host();
        web.then(|| Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl RelyingParties {
    /// Where a token for `realm` goes: `wreply` when the list holds it to the letter, or the first of
    /// the list when the request names none. `None`: no token may be issued.
    #[must_use]
    pub fn callback(&self, realm: &str, wreply: Option<&str>) -> Option<&Callback> {
        let allowed = self.callbacks.get(realm)?;
        match wreply {
            None => allowed.first(),
            Some(wreply) => allowed.iter().find(|callback| callback.as_str() == wreply),
        }
    }
}

pub(super) fn federation(realm: Option<String>, r: &mut Reader) -> Option<FederationConfig> {
    let text = r.read_or_usual(&keys::SERVER_URL).unwrap_or_default();
    let url = Url::parse(text.trim_end_matches('/'))
        .ok()
        .filter(|url| matches!(url.scheme(), "https" | "http") && url.has_host());
    match &url {
        None => r.wrong(&keys::SERVER_URL, Problem::NotAWebAddress),
        // The paths of this program are written behind it.
        Some(url) if !is_bare(url) => r.wrong(&keys::SERVER_URL, Problem::MoreThanAnAddress),
        Some(_) => {}
    }
    Some(FederationConfig {
        issuer: r.read(&keys::WSFED_ISSUER),
        relying_parties: relying_parties(realm, r),
        lifetime: r.read(&keys::TOKEN_LIFETIME_SECONDS),
        skew: r.read(&keys::TOKEN_SKEW_SECONDS),
        legacy_method: r.read(&keys::TOKEN_LEGACY_METHOD),
        server_url: url?,
    })
}

/// Without user, query and fragment.
fn is_bare(url: &Url) -> bool {
    let has_user = !url.username().is_empty() || url.password().is_some();
    !has_user && url.query().is_none() && url.fragment().is_none()
}

fn relying_parties(default: Option<String>, r: &mut Reader) -> RelyingParties {
    let lists: Vec<_> = r
        .source()
        .relying_parties()
        .map(|(key, value)| (key.to_owned(), value::list(&value.value)))
        .collect();
    let mut parties = RelyingParties::default();
    for (realm, list) in lists {
        let mut callbacks = Vec::new();
        for text in list.unwrap_or_default() {
            match Callback::parse(&text) {
                Some(callback) => callbacks.push(callback),
                None => r.wrong(
                    Place::Other(realm.clone()),
                    Problem::NotACallback(value::without_userinfo(&text)),
                ),
            }
        }
        parties.callbacks.insert(realm, callbacks);
    }
    match &default {
        None => r.warn(&keys::REALM, Concern::NoRelyingParty),
        Some(realm) if parties.callbacks.get(realm).is_none_or(Vec::is_empty) => {
            r.warn(Place::Other(realm.clone()), Concern::NoCallbacks);
        }
        Some(_) => {}
    }
    parties.default = default;
    parties
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_to_listed_callbacks_only() {
        let list = ["https://t.example/cb", "https://t.example/other"];
        let parties = RelyingParties {
            default: Some("urn:auth0:acme".to_owned()),
            callbacks: BTreeMap::from([(
                "urn:auth0:acme".to_owned(),
                list.iter()
                    .filter_map(|text| Callback::parse(text))
                    .collect(),
            )]),
        };
        let found = |realm, wreply| parties.callback(realm, wreply).map(Callback::as_str);
        assert_eq!(found("urn:auth0:acme", None), Some(list[0]));
        assert_eq!(found("urn:auth0:acme", Some(list[1])), Some(list[1]));
        for near in [
            "https://t.example/cb/",
            "https://t.example/CB",
            "https://t.example/cb?x=1",
            "https://t.example/cb ",
            "",
        ] {
            assert_eq!(found("urn:auth0:acme", Some(near)), None, "{near:?}");
        }
        assert_eq!(found("urn:auth0:other", None), None);
    }

    #[test]
    fn a_callback_is_a_web_address() {
        assert!(Callback::parse("https://t.example/login/callback").is_some());
        for bad in [
            "",
            "/login/callback",
            "javascript:alert(1)",
            "https:",
            "t.example",
        ] {
            assert_eq!(Callback::parse(bad), None, "{bad:?}");
        }
    }
}
