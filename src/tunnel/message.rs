//! The hub's messages: JSON text frames `{"n": name, "p": payload}`.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{login::Term, secret::SecretString};

/// A request is a signed token of some kilobytes; nothing larger is parsed.
const MAX_FRAME_BYTES: usize = 256 << 10;
/// The tenant's identifiers are short.
const MAX_PID_BYTES: usize = 256;

/// A message of the hub.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Incoming {
    Authenticated,
    /// Our proof was not accepted; its reason, if it gave one.
    AuthenticationFailure(Option<String>),
    Request {
        event: Event,
        token: String,
    },
}

/// What the hub asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    AuthenticateUser,
    SearchUsers,
    ListGroups,
    ChangePassword,
}

/// A message that is no request, and gets no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("a message of {0} bytes is larger than any request")]
    TooLarge(usize),
    #[error("a message is not the hub's JSON")]
    NotJson,
    #[error("a message has a name that this program does not know")]
    UnknownEvent,
    #[error("a request carries no token")]
    NoToken,
}

impl Unreadable {
    pub fn reason(self) -> &'static str {
        match self {
            Self::TooLarge(_) => "too_large",
            Self::NotJson => "not_json",
            Self::UnknownEvent => "unknown_event",
            Self::NoToken => "no_token",
        }
    }
}

#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(borrow)]
    n: std::borrow::Cow<'a, str>,
    #[serde(default)]
    p: Option<Payload>,
}

#[derive(Deserialize)]
struct Payload {
    jwt: Option<String>,
    message: Option<String>,
}

impl Incoming {
    pub fn read(text: &str) -> Result<Self, Unreadable> {
        if text.len() > MAX_FRAME_BYTES {
            return Err(Unreadable::TooLarge(text.len()));
        }
        // serde reads a list as a struct's members in order, too.
        if !text.trim_start().starts_with('{') {
            return Err(Unreadable::NotJson);
        }
        let frame: Frame<'_> = serde_json::from_str(text).map_err(|_| Unreadable::NotJson)?;
        let event = match &*frame.n {
            "authenticated" => return Ok(Self::Authenticated),
            "authentication_failure" => {
                return Ok(Self::AuthenticationFailure(
                    frame.p.and_then(|payload| payload.message),
                ));
            }
            "authenticate_user" => Event::AuthenticateUser,
            "search_users" => Event::SearchUsers,
            "list_groups" => Event::ListGroups,
            "change_password" => Event::ChangePassword,
            _ => return Err(Unreadable::UnknownEvent),
        };
        let token = frame.p.and_then(|payload| payload.jwt);
        let token = token.ok_or(Unreadable::NoToken)?;
        Ok(Self::Request { event, token })
    }
}

impl Event {
    /// Its name, for metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::AuthenticateUser => "authenticate_user",
            Self::SearchUsers => "search_users",
            Self::ListGroups => "list_groups",
            Self::ChangePassword => "change_password",
        }
    }

    /// Of [`OF_SOME`], those that its requests may have.
    fn claims(self) -> &'static [&'static str] {
        match self {
            Self::AuthenticateUser | Self::ChangePassword => &["username", "password"],
            Self::SearchUsers => &["search", "limit"],
            Self::ListGroups => &["limit"],
        }
    }

    /// The name of the answer to the request `pid`.
    pub fn answer(self, pid: &str) -> String {
        match self {
            Self::AuthenticateUser => format!("{pid}_result"),
            Self::SearchUsers => format!("{pid}_search_users_result"),
            Self::ListGroups => format!("{pid}_list_groups_result"),
            Self::ChangePassword => format!("{pid}_change_password_result"),
        }
    }
}

/// What is wrong with a request's claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum ClaimFault {
    /// Or it is no text.
    #[error("the request lacks a claim")]
    Missing(&'static str),
    /// It was signed for another event: the event's name is not signed.
    #[error("the request has a claim of another kind of request")]
    Foreign(&'static str),
}

impl ClaimFault {
    pub fn claim(self) -> &'static str {
        match self {
            Self::Missing(claim) | Self::Foreign(claim) => claim,
        }
    }
}

/// The claims that only some events have.
const OF_SOME: [&str; 4] = ["username", "password", "search", "limit"];

/// What a request asks, by its claims.
#[derive(Debug)]
pub(super) enum Asked {
    Authenticate { name: Term, password: SecretString },
    ChangePassword { name: Term, password: SecretString },
    Search { term: Term, limit: Option<usize> },
    Groups { limit: Option<usize> },
}

/// The name of a request in the claims; `None` when there is none that could name an answer.
pub(super) fn pid(claims: &Map<String, Value>) -> Option<String> {
    let pid = match claims.get("pid")? {
        Value::String(pid) => pid.clone(),
        Value::Number(pid) => pid.to_string(),
        _ => return None,
    };
    (!pid.is_empty() && pid.len() <= MAX_PID_BYTES).then_some(pid)
}

impl Asked {
    /// Reads the claims.
    ///
    /// # Errors
    /// The claim that is missing or of the wrong kind, or that only another event has.
    pub fn read(event: Event, mut claims: Map<String, Value>) -> Result<Self, ClaimFault> {
        let mut of_others = OF_SOME.iter().filter(|name| !event.claims().contains(name));
        if let Some(foreign) = of_others.find(|name| claims.contains_key(**name)) {
            return Err(ClaimFault::Foreign(foreign));
        }
        let escaped = claims.get("escaped") == Some(&Value::Bool(true));
        let term = |text: String| {
            if escaped {
                Term::Escaped(text)
            } else {
                Term::Plain(text)
            }
        };
        let limit = limit(&claims);
        let mut text = |name: &'static str| match claims.remove(name) {
            Some(Value::String(text)) => Ok(text),
            _ => Err(ClaimFault::Missing(name)),
        };
        Ok(match event {
            Event::AuthenticateUser => Self::Authenticate {
                name: term(text("username")?),
                password: SecretString::from(text("password")?),
            },
            Event::ChangePassword => Self::ChangePassword {
                name: term(text("username")?),
                password: SecretString::from(text("password")?),
            },
            Event::SearchUsers => Self::Search {
                term: term(text("search")?),
                limit,
            },
            Event::ListGroups => Self::Groups { limit },
        })
    }
}

/// A number, or its text; zero and less mean no limit, as in the AD/LDAP Connector.
fn limit(claims: &Map<String, Value>) -> Option<usize> {
    let limit = match claims.get("limit")? {
        Value::Number(number) => number.as_u64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    usize::try_from(limit).ok().filter(|limit| *limit > 0)
}

/// The text of a message of ours.
pub(super) fn frame(name: &str, payload: &Value) -> String {
    json!({ "n": name, "p": payload }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::ExposeSecret as _;

    fn claims(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(claims) => claims,
            other => panic!("no object: {other}"),
        }
    }

    #[test]
    fn messages_are_told_apart() {
        let request = r#"{"n":"authenticate_user","p":{"jwt":"a.b.c","more":[1]}}"#;
        assert_eq!(
            Incoming::read(request),
            Ok(Incoming::Request {
                event: Event::AuthenticateUser,
                token: "a.b.c".to_owned()
            })
        );
        assert_eq!(
            Incoming::read(r#"{"n":"authenticated"}"#),
            Ok(Incoming::Authenticated)
        );
        assert_eq!(
            Incoming::read(r#"{"n":"authentication_failure","p":null}"#),
            Ok(Incoming::AuthenticationFailure(None))
        );
        for (text, expected) in [
            ("", Unreadable::NotJson),
            (r#"["list_groups"]"#, Unreadable::NotJson),
            (r#"{"p":{}}"#, Unreadable::NotJson),
            (
                r#"{"n":"reboot","p":{"jwt":"x"}}"#,
                Unreadable::UnknownEvent,
            ),
            (r#"{"n":"list_groups"}"#, Unreadable::NoToken),
            (r#"{"n":"list_groups","p":{"jwt":7}}"#, Unreadable::NotJson),
            (&"[".repeat(100_000), Unreadable::NotJson),
            (&" ".repeat(300_000), Unreadable::TooLarge(300_000)),
        ] {
            assert_eq!(Incoming::read(text), Err(expected));
        }
    }

    #[test]
    fn claims_become_what_is_asked() {
        let read = |event, value| Asked::read(event, claims(value));
        let asked = read(
            Event::AuthenticateUser,
            json!({"username": "a*", "password": " p ", "escaped": "true"}),
        );
        let Ok(Asked::Authenticate { name, password }) = asked else {
            panic!("{asked:?}");
        };
        assert_eq!(name, Term::Plain("a*".to_owned()), "only true is true");
        assert_eq!(password.expose_secret(), " p ");
        let asked = read(
            Event::SearchUsers,
            json!({"search": "a\\2a", "limit": "5", "escaped": true}),
        );
        assert!(
            matches!(&asked, Ok(Asked::Search { term: Term::Escaped(term), limit: Some(5) })
                if term == "a\\2a"),
            "{asked:?}"
        );
        for none in [json!(0), json!(-3), json!("x"), json!(null)] {
            let asked = read(Event::ListGroups, json!({ "limit": none }));
            assert!(matches!(asked, Ok(Asked::Groups { limit: None })));
        }
        assert_eq!(
            read(Event::AuthenticateUser, json!({"username": "a"})).expect_err("refused"),
            ClaimFault::Missing("password")
        );
        assert_eq!(
            read(
                Event::ChangePassword,
                json!({"username": 7, "password": "x"})
            )
            .expect_err("refused"),
            ClaimFault::Missing("username")
        );
    }

    /// The event is beside the token, where whoever carries it can write another one.
    #[test]
    fn a_request_that_was_signed_for_another_event_is_none() {
        use ClaimFault::{Foreign, Missing};
        let login = json!({"pid": "p", "exp": 1, "iat": 1, "username": "a", "password": "p"});
        let search = json!({"pid": "p", "exp": 1, "search": "a", "limit": 5});
        let groups = json!({"pid": "p", "exp": 1, "limit": 5});
        let read = |event, value: &Value| Asked::read(event, claims(value.clone())).err();
        for (event, value, expected) in [
            (Event::AuthenticateUser, &login, None),
            (Event::ChangePassword, &login, None),
            (Event::SearchUsers, &login, Some(Foreign("username"))),
            (Event::ListGroups, &login, Some(Foreign("username"))),
            (Event::SearchUsers, &search, None),
            (Event::AuthenticateUser, &search, Some(Foreign("search"))),
            (Event::ListGroups, &search, Some(Foreign("search"))),
            (Event::ListGroups, &groups, None),
            (Event::SearchUsers, &groups, Some(Missing("search"))),
            (Event::ChangePassword, &groups, Some(Foreign("limit"))),
        ] {
            assert_eq!(read(event, value), expected, "{event:?} {value}");
        }
    }

    #[test]
    fn a_pid_names_the_answer() {
        assert_eq!(pid(&claims(json!({"pid": "p7"}))).as_deref(), Some("p7"));
        assert_eq!(pid(&claims(json!({"pid": 7}))).as_deref(), Some("7"));
        for bad in [
            json!({}),
            json!({"pid": ""}),
            json!({"pid": "x".repeat(300)}),
        ] {
            assert_eq!(pid(&claims(bad)), None);
        }
        assert_eq!(Event::SearchUsers.answer("p7"), "p7_search_users_result");
    }
}
