//! What the examinations share.

use std::sync::Arc;

use rustls::ClientConfig;

use crate::{clock::Clock, config::Config};

/// What the examinations share.
pub(super) struct Context {
    pub config: Config,
    pub tls: Arc<ClientConfig>,
    pub clock: Clock,
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

/// As a shell takes it for one word.
pub(super) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:@=,+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// `3 hours`, `2 days`: how long until, in words.
pub(super) fn days(seconds: u64) -> String {
    match seconds / 86_400 {
        0 => format!("{} hours", seconds / 3600),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}
