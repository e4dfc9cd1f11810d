//! What is left to do after a set-up, each step with its commands: files that only the administrator has.

use serde_json::Map;

use super::next_steps::Place;
use crate::{
    clock::Clock,
    config::{Invalid, Mistake, Settings},
    instance::{Kept, Materials},
};

/// Files of the direct logins: the tunnel runs without them.
const LATER: [&str; 5] = [
    "KERBEROS_KEYTAB",
    "TLS_CERT_FILE",
    "TLS_KEY_FILE",
    "CLIENT_CA_FILE",
    "CHANNEL_BINDING_CERT_FILES",
];

pub(super) fn may_come_later(mistake: &Mistake) -> bool {
    LATER.contains(&mistake.key.as_str())
}

/// What keeps `ad-edge serve` from starting.
#[derive(Debug, Default)]
pub struct Next {
    /// How it is mended, each with its commands; empty when it can start.
    pub steps: Vec<String>,
    /// It could start with the tunnel alone.
    pub tunnel_alone: bool,
}

/// What is left to do before `ad-edge serve`.
#[must_use]
pub fn next_steps(settings: &Settings, clock: &Clock) -> Next {
    let mut values = settings.effective(&Map::new());
    let text = |key| values.text(key).unwrap_or_default();
    let place = Place::new(
        &settings.home().path(""),
        &text("SERVER_URL"),
        &text("LDAP_BASE"),
    );
    let step = |mistake: &Mistake| {
        let step = place.step(mistake);
        step.unwrap_or_else(|| mistake.to_string())
    };
    let tunnel = values.has("AD_HUB") && values.flag("AGENT_MODE", true);
    match settings.load() {
        Err(Invalid { mistakes, .. }) => Next {
            steps: mistakes.iter().map(step).collect(),
            tunnel_alone: tunnel && mistakes.iter().all(may_come_later),
        },
        Ok(loaded) => Next {
            steps: match Materials::load(&loaded.config, clock, false, &Kept::default()) {
                Ok(_) => Vec::new(),
                Err(unusable) => unusable.0,
            },
            tunnel_alone: false,
        },
    }
}
