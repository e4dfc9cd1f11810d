//! One thing that was looked at, and the list of them while it grows.

use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which check it is; stays the same from version to version.
    pub id: &'static str,
    /// What it is about.
    pub area: Area,
    /// Which of several: a server, a key, a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    pub level: Level,
    pub text: String,
    /// A command that corrects it, or shows more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// What to do, or to know, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Area {
    Config,
    Files,
    Roots,
    Signing,
    Tls,
    Clients,
    Kerberos,
    Form,
    Ldap,
    Groups,
    Dns,
    Ports,
    /// SERVER_URL as users have it.
    Url,
    Fleet,
    /// What the ad-edge that runs here says.
    Ready,
    Clock,
    Proxy,
    Hub,
    Tenant,
    /// The doctor itself.
    Doctor,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Ok,
    Warn,
    Fail,
}

impl Area {
    /// One word, at most eight letters.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Files => "files",
            Self::Roots => "roots",
            Self::Signing => "signing",
            Self::Tls => "tls",
            Self::Clients => "clients",
            Self::Kerberos => "kerberos",
            Self::Form => "form",
            Self::Ldap => "ldap",
            Self::Groups => "groups",
            Self::Dns => "dns",
            Self::Ports => "ports",
            Self::Url => "url",
            Self::Fleet => "fleet",
            Self::Ready => "ready",
            Self::Clock => "clock",
            Self::Proxy => "proxy",
            Self::Hub => "hub",
            Self::Tenant => "tenant",
            Self::Doctor => "doctor",
        }
    }
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

impl Finding {
    pub(super) fn ok(area: Area, id: &'static str, text: impl Into<String>) -> Self {
        Self::new(area, id, Level::Ok, text.into())
    }

    pub(super) fn warn(area: Area, id: &'static str, text: impl Into<String>) -> Self {
        Self::new(area, id, Level::Warn, text.into())
    }

    pub(super) fn fail(area: Area, id: &'static str, text: impl Into<String>) -> Self {
        Self::new(area, id, Level::Fail, text.into())
    }

    fn new(area: Area, id: &'static str, level: Level, text: String) -> Self {
        Self {
            id,
            area,
            subject: None,
            level,
            text,
            fix: None,
            note: None,
        }
    }

    pub(super) fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    pub(super) fn fix(mut self, command: impl Into<String>) -> Self {
        self.fix = Some(command.into());
        self
    }

    pub(super) fn note(mut self, words: impl Into<String>) -> Self {
        self.note = Some(words.into());
        self
    }
}

/// The findings of an area. What was added stays when the examination is cut off.
#[derive(Debug, Default)]
pub(super) struct Findings(Mutex<Vec<Finding>>);

impl Findings {
    pub fn add(&self, finding: Finding) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(finding);
    }

    pub fn take(&self) -> Vec<Finding> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Adds to what the last failure says that something follows from it; false when nothing has failed.
    pub fn say_of_failure(&self, words: &str) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut failures = all.iter_mut().rev();
        let Some(failure) = failures.find(|finding| finding.level == Level::Fail) else {
            return false;
        };
        let note = failure.note.take();
        let note = note.filter(|note| !note.is_empty());
        failure.note =
            Some(note.map_or_else(|| words.to_owned(), |note| format!("{note}. {words}")));
        true
    }

    pub fn is_empty(&self) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_empty()
    }
}
