//! What is left to do after a set-up, each step with its commands: files that only the administrator has.

use serde_json::Map;

use super::next_steps::Place;
use crate::{
    clock::Clock,
    config::{Invalid, Mistake, Place as ConfigPlace, Settings, keys},
    instance::{Kept, Materials},
};

/// Whether it is a file of the direct logins: the tunnel runs without them.
pub(super) fn may_come_later(mistake: &Mistake) -> bool {
    matches!(mistake.place, ConfigPlace::Key(key) if key.names_files() && key.section().is_direct())
}

/// What keeps `ad-edge serve` from starting.
#[derive(Debug, Default)]
pub struct Next {
    /// How it is corrected, each with its commands; empty when it can start.
    pub steps: Vec<String>,
    /// It could start with the tunnel alone.
    pub tunnel_alone: bool,
}

/// What is left to do before `ad-edge serve`.
#[must_use]
pub fn next_steps(settings: &Settings, clock: &Clock) -> Next {
    let values = settings.effective(&Map::new());
    let place = Place::new(
        &settings.home().path(""),
        &values.value(&keys::SERVER_URL).unwrap_or_default(),
        &values.value(&keys::LDAP_BASE).unwrap_or_default(),
    );
    let step = |mistake: &Mistake| {
        let step = place.step(mistake);
        step.unwrap_or_else(|| mistake.to_string())
    };
    let tunnel = values.has(keys::AD_HUB) && values.value(&keys::AGENT_MODE);
    match settings.load() {
        Err(Invalid { mistakes, .. }) => Next {
            steps: mistakes.iter().map(step).collect(),
            tunnel_alone: tunnel && mistakes.iter().all(may_come_later),
        },
        Ok(loaded) => Next {
            steps: match Materials::load(&loaded.config, clock, false, &Kept::default()) {
                Ok(_) => Vec::new(),
                Err(unusable) => unusable.0.iter().map(ToString::to_string).collect(),
            },
            tunnel_alone: false,
        },
    }
}
