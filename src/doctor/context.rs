//! What the examinations share.

use std::sync::Arc;

use rustls::ClientConfig;

use super::holders::PortHolders;
pub(super) use crate::privileges::shell_word as quoted;
use crate::{clock::Clock, config::Config};

/// What the examinations share.
pub(super) struct Context {
    pub config: Config,
    pub tls: Arc<ClientConfig>,
    pub clock: Clock,
    /// As root saw them, where the doctor is root's.
    pub holders: PortHolders,
}

impl Context {
    /// `ad-edge COMMAND --home DIR`, to paste.
    pub fn command(&self, command: &str) -> String {
        let home = self.config.home.path("");
        let home = home.to_string_lossy();
        let home = home.strip_suffix('/').unwrap_or(&home);
        format!("ad-edge {command} --home {}", quoted(home))
    }
}

/// `3 hours`, `2 days`: how long until, in words.
pub(super) fn days(seconds: u64) -> String {
    match seconds / 86_400 {
        0 => format!("{} hours", seconds / 3600),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}
