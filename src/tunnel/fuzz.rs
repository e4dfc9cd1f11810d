//! What `tests/fuzz` calls: what the hub sends.

use serde_json::{Map, Value};

use super::message::{Asked, Event, Incoming, pid};

/// A text frame of the hub.
pub fn hub_frame(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(Incoming::Request { token, .. }) = Incoming::read(text) {
        assert!(token.len() <= text.len());
    }
}

/// The claims of a request, as they are after its signature has been checked.
pub fn hub_claims(data: &[u8]) {
    let Some((kind, json)) = data.split_first() else {
        return;
    };
    let Ok(claims) = serde_json::from_slice::<Map<String, Value>>(json) else {
        return;
    };
    if let Some(pid) = pid(&claims) {
        assert!(!pid.is_empty() && pid.len() <= 256);
    }
    let events = [
        Event::AuthenticateUser,
        Event::SearchUsers,
        Event::ListGroups,
        Event::ChangePassword,
    ];
    let event = events[usize::from(*kind) % events.len()];
    if let Ok(Asked::Search { limit, .. } | Asked::Groups { limit }) = Asked::read(event, claims) {
        assert_ne!(limit, Some(0));
    }
}
