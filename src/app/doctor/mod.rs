//! `ad-edge doctor`: looks at everything that an installation needs, from its configuration to the
//! directory's opinion of its keytab. Changes nothing.

mod directory;
mod files;
mod kerberos;
mod network;
mod tenant;

use std::sync::Arc;

use rustls::ClientConfig;
use serde::Serialize;

use super::{Settings, outgoing};
use crate::{clock::Clock, config::Config};

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is about, one word.
    pub area: &'static str,
    pub level: Level,
    pub text: String,
    /// What mends it: a command to paste, or a step in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Ok,
    Warn,
    Fail,
}

impl Level {
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "FAIL",
        }
    }
}

/// The findings in the making, of one area after the other.
#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn ok(&mut self, area: &'static str, text: impl Into<String>) {
        self.push(area, Level::Ok, text.into(), None);
    }

    fn warn(&mut self, area: &'static str, text: impl Into<String>, fix: impl Into<String>) {
        self.push(area, Level::Warn, text.into(), Some(fix.into()));
    }

    fn fail(&mut self, area: &'static str, text: impl Into<String>, fix: impl Into<String>) {
        self.push(area, Level::Fail, text.into(), Some(fix.into()));
    }

    fn push(&mut self, area: &'static str, level: Level, text: String, fix: Option<String>) {
        let fix = fix.filter(|fix| !fix.is_empty());
        self.0.push(Finding {
            area,
            level,
            text,
            fix,
        });
    }
}

/// What the examinations share.
struct Patient {
    config: Config,
    tls: Arc<ClientConfig>,
    clock: Clock,
}

/// Looks at everything; each wait has a limit.
pub async fn examine(settings: &Settings, clock: &Clock) -> Vec<Finding> {
    let mut findings = Findings::default();
    let loaded = match settings.load() {
        Ok(loaded) => loaded,
        Err(invalid) => {
            for mistake in invalid.mistakes {
                let value = mistake.value.map(|value| format!(" = {value:?}"));
                let text = format!(
                    "{}{} {}",
                    mistake.key,
                    value.unwrap_or_default(),
                    mistake.problem
                );
                findings.fail("config", text, mistake.remedy);
            }
            return findings.0;
        }
    };
    for warning in &loaded.warnings {
        findings.warn(
            "config",
            warning.to_string(),
            "correct the key in config.json, or take it out",
        );
    }
    let config = loaded.config;
    findings.ok(
        "config",
        format!("{} can be read", config.home.config_json().display()),
    );
    let tls = match outgoing(&config) {
        Ok((tls, warnings)) => {
            for warning in warnings {
                findings.warn(
                    "roots",
                    warning,
                    "set SSL_CA_FILE, or install ca-certificates",
                );
            }
            tls
        }
        Err(error) => {
            findings.fail("roots", error, "correct SSL_CA_FILE and SSL_CA_PATH");
            return findings.0;
        }
    };
    let patient = Patient {
        config,
        tls,
        clock: clock.clone(),
    };
    files::examine(&patient, &mut findings);
    network::examine(&patient, &mut findings).await;
    let directory = directory::examine(&patient, &mut findings).await;
    kerberos::examine(&patient, directory.as_ref(), &mut findings).await;
    tenant::examine(&patient, &mut findings).await;
    findings.0
}

/// `1.2 days`, `3 hours`: how long until, or since, in words.
fn days(seconds: u64) -> String {
    match seconds / 86_400 {
        0 => format!("{} hours", seconds / 3600),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}
