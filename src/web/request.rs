//! What a relying party asks for, read once into a type that cannot name a wrong callback.

use std::fmt;

use crate::{
    cause::quoted,
    config::{Callback, RelyingParties},
    language::{Language, Phrase},
    secret::SecretString,
};

/// A passive sign-in request (WS-Federation 1.2, section 13).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SignIn {
    /// `wtrealm`, else `REALM`.
    pub realm: String,
    pub callback: Callback,
    /// `wctx`; empty when there was none.
    pub context: String,
    /// The page under the challenge has tried again already.
    pub retried: bool,
    pub method: Method,
}

/// How the user wants to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    /// By what is there: certificate, else Kerberos, else form.
    Automatic,
    /// `wprompt`: the application wants the user to be asked.
    Choose,
    Certificate,
    Kerberos,
    Password,
}

/// The query parameter by which a page's links choose a [`Method`].
pub(super) const METHOD: &str = "ad-edge-method";

impl Method {
    fn read(pairs: &Pairs) -> Self {
        match pairs.get(METHOD) {
            Some("certificate") => Self::Certificate,
            Some("kerberos") => Self::Kerberos,
            Some("password") => Self::Password,
            _ if pairs
                .get("wprompt")
                .is_some_and(|prompt| !prompt.is_empty()) =>
            {
                Self::Choose
            }
            _ => Self::Automatic,
        }
    }

    /// The address of the same request by this method.
    pub fn link(self, pairs: &Pairs) -> String {
        let name = match self {
            Self::Certificate => "certificate",
            Self::Kerberos => "kerberos",
            Self::Password => "password",
            Self::Automatic | Self::Choose => "",
        };
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (key, value) in pairs.iter() {
            if !matches!(key, METHOD | RETRIED | "username" | "password") {
                query.append_pair(key, value);
            }
        }
        query.append_pair(METHOD, name);
        format!("?{}", query.finish())
    }
}

/// What `wa` asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    SignIn(SignIn),
    SignOut,
}

/// Why a request leads to no sign-in.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BadRequest {
    Repeated(&'static str),
    Action(String),
    NoRealm,
    UnknownRealm(String),
    Callback(String),
}

impl BadRequest {
    /// For its user, and for whoever set up the application.
    pub fn in_words(&self, language: Language) -> String {
        match self {
            Self::Repeated(name) => {
                language.phrase_with(Phrase::RepeatedParameter, "parameter", name)
            }
            Self::Action(action) => {
                language.phrase_with(Phrase::UnknownAction, "action", &quoted(action))
            }
            Self::NoRealm => language.phrase(Phrase::NoApplication).into_owned(),
            Self::UnknownRealm(name) => {
                language.phrase_with(Phrase::UnknownApplication, "application", &quoted(name))
            }
            Self::Callback(name) => {
                language.phrase_with(Phrase::UnlistedAddress, "application", &quoted(name))
            }
        }
    }
}

/// Name-value pairs of a query or a form.
#[derive(Default)]
pub(super) struct Pairs(Vec<(String, String)>);

/// By hand: a form's pairs hold a password.
impl fmt::Debug for Pairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pairs({})", self.0.len())
    }
}

/// The query parameter that marks the second try of the page under the challenge.
pub(super) const RETRIED: &str = "ad-edge-retry";

impl Pairs {
    /// Reads `application/x-www-form-urlencoded` (WHATWG URL, section 5).
    pub fn parse(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    /// Reads a JSON object's texts, numbers and booleans; other members are left out.
    pub fn parse_json(text: &[u8]) -> Option<Self> {
        let members = serde_json::from_slice::<serde_json::Map<_, _>>(text).ok()?;
        let text = |value| match value {
            serde_json::Value::String(text) => Some(text),
            value @ (serde_json::Value::Number(_) | serde_json::Value::Bool(_)) => {
                Some(value.to_string())
            }
            _ => None,
        };
        Some(Self(
            members
                .into_iter()
                .filter_map(|(name, value)| Some((name, text(value)?)))
                .collect(),
        ))
    }

    /// These pairs, then those of `other` whose names are not here.
    pub fn or(mut self, other: Self) -> Self {
        let known: Vec<String> = self.0.iter().map(|(name, _)| name.clone()).collect();
        self.0.extend(
            other
                .0
                .into_iter()
                .filter(|(name, _)| !known.contains(name)),
        );
        self
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Takes the credentials out; what is left may be shown.
    pub fn take_credentials(&mut self) -> (String, SecretString) {
        let mut take = |name: &str| {
            let at = self.0.iter().position(|(known, _)| known == name);
            at.map(|at| self.0.remove(at).1).unwrap_or_default()
        };
        let credentials = (take("username"), SecretString::from(take("password")));
        self.forget("username");
        self.forget("password");
        credentials
    }

    /// Drops every pair of that name.
    pub fn forget(&mut self, name: &str) {
        self.0.retain(|(known, _)| known != name);
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A value that must not be ambiguous.
    fn single(&self, name: &'static str) -> Result<Option<&str>, BadRequest> {
        let mut values = self.0.iter().filter(|(known, _)| known == name);
        let first = values.next().map(|(_, value)| value.as_str());
        match values.next() {
            None => Ok(first),
            Some(_) => Err(BadRequest::Repeated(name)),
        }
    }
}

impl Asked {
    pub fn read(pairs: &Pairs, parties: &RelyingParties) -> Result<Self, BadRequest> {
        match pairs.single("wa")? {
            None | Some("" | "wsignin1.0") => SignIn::read(pairs, parties).map(Self::SignIn),
            Some("wsignout1.0" | "wsignoutcleanup1.0") => Ok(Self::SignOut),
            Some(other) => Err(BadRequest::Action(shortened(other))),
        }
    }
}

impl SignIn {
    pub fn read(pairs: &Pairs, parties: &RelyingParties) -> Result<Self, BadRequest> {
        let realm = match pairs.single("wtrealm")?.filter(|realm| !realm.is_empty()) {
            Some(realm) => realm,
            None => parties.default.as_deref().ok_or(BadRequest::NoRealm)?,
        };
        let wreply = pairs.single("wreply")?;
        let Some(callback) = parties.callback(realm, wreply) else {
            let known = parties
                .callbacks
                .get(realm)
                .is_some_and(|list| !list.is_empty());
            let name = shortened(realm);
            return Err(if known {
                BadRequest::Callback(name)
            } else {
                BadRequest::UnknownRealm(name)
            });
        };
        Ok(Self {
            realm: realm.to_owned(),
            callback: callback.clone(),
            context: pairs.single("wctx")?.unwrap_or_default().to_owned(),
            retried: pairs.get(RETRIED).is_some(),
            method: Method::read(pairs),
        })
    }
}

/// A client's text as an error page repeats it.
fn shortened(text: &str) -> String {
    text.chars().take(100).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use super::*;

    pub(in crate::web) fn read(query: &str) -> Result<Asked, BadRequest> {
        Asked::read(&Pairs::parse(query.as_bytes()), &parties())
    }

    pub(in crate::web) fn parties() -> RelyingParties {
        let config = serde_json::json!({
            "LDAP_URL": "ldaps://dc1.corp.example",
            "LDAP_BASE": "DC=corp,DC=example",
            "ANONYMOUS_SEARCH_ENABLED": true,
            "REALM": "urn:auth0:corp",
            "urn:auth0:corp": "https://t.example/cb,https://t.example/2",
        });
        let home = tempfile::TempDir::new().expect("a folder");
        std::fs::write(home.path().join("config.json"), config.to_string()).expect("written");
        let home = crate::config::Home::new(home.path());
        let loaded = crate::config::Config::load(home, &BTreeMap::new()).expect("good");
        loaded.config.federation.relying_parties
    }

    fn callback(query: &str) -> String {
        match read(query) {
            Ok(Asked::SignIn(sign_in)) => sign_in.callback.to_string(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_bare_request_goes_to_the_first_callback_of_the_default_realm() {
        assert_eq!(callback(""), "https://t.example/cb");
        assert_eq!(
            callback("wa=wsignin1.0&wtrealm=urn%3Aauth0%3Acorp"),
            "https://t.example/cb"
        );
        assert_eq!(
            callback("wreply=https%3A%2F%2Ft.example%2F2"),
            "https://t.example/2"
        );
    }

    #[test]
    fn the_context_is_kept_to_the_letter() {
        let Ok(Asked::SignIn(sign_in)) = read("wctx=abc%22%3E%3C+%26&ad-edge-retry=1") else {
            panic!("a sign-in");
        };
        assert_eq!(sign_in.context, "abc\">< &");
        assert!(sign_in.retried);
    }

    #[test]
    fn what_leads_to_no_listed_callback_is_refused() {
        for query in [
            "wreply=https://evil.example/",
            "wreply=",
            "wtrealm=urn:auth0:other",
            "wtrealm=LDAP_URL",
            "wa=wattr1.0",
            "wreply=https://t.example/cb&wreply=https://evil.example/",
            "wctx=a&wctx=b",
        ] {
            assert!(read(query).is_err(), "{query}");
        }
        assert_eq!(read("wa=wsignout1.0"), Ok(Asked::SignOut));
    }

    #[test]
    fn credentials_leave_the_pairs() {
        use crate::secret::ExposeSecret as _;
        let mut pairs = Pairs::parse(b"password=p&username=+alice+&x=1&password=q");
        let (username, password) = pairs.take_credentials();
        assert_eq!(
            (username.as_str(), password.expose_secret()),
            (" alice ", "p"),
            "as it was typed"
        );
        assert_eq!(pairs.iter().collect::<Vec<_>>(), [("x", "1")]);
        assert!(Pairs::parse_json(b"[1]").is_none());
        let json = Pairs::parse_json(br#"{"a":"b","n":1,"o":{}}"#).expect("an object");
        assert_eq!(json.iter().collect::<Vec<_>>(), [("a", "b"), ("n", "1")]);
    }
}
