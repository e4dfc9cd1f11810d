//! Whether this instance can sign anyone in.

use std::fmt;

use crate::lifecycle::Lifecycle;

/// `Err` says in one line why not.
type Check = Box<dyn Fn() -> Result<(), String> + Send + Sync>;

/// A set of named checks, asked each time anew. A check answers from memory: it must not wait.
pub struct Readiness {
    lifecycle: Lifecycle,
    checks: Vec<(&'static str, Check)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ready {
    Yes,
    /// One line `name: reason` for each failing check.
    No(Vec<String>),
    /// The program is ending; what the checks say no longer matters.
    Draining,
}

impl Readiness {
    /// Without checks: ready until `lifecycle` drains.
    #[must_use]
    pub fn new(lifecycle: Lifecycle) -> Self {
        Self {
            lifecycle,
            checks: Vec::new(),
        }
    }

    /// Adds a check.
    #[must_use]
    pub fn with<F>(mut self, name: &'static str, check: F) -> Self
    where
        F: Fn() -> Result<(), String> + Send + Sync + 'static,
    {
        self.checks.push((name, Box::new(check)));
        self
    }

    #[must_use]
    pub fn evaluate(&self) -> Ready {
        if self.lifecycle.is_draining() {
            return Ready::Draining;
        }
        let reasons: Vec<String> = self
            .checks
            .iter()
            .filter_map(|(name, check)| {
                // A reason stays on its line.
                let reason = check().err()?.replace(['\r', '\n'], " ");
                Some(format!("{name}: {reason}"))
            })
            .collect();
        if reasons.is_empty() {
            Ready::Yes
        } else {
            Ready::No(reasons)
        }
    }
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.checks.iter().map(|(name, _)| name).collect();
        f.debug_struct("Readiness")
            .field("checks", &names)
            .finish_non_exhaustive()
    }
}
