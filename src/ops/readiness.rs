//! Whether this instance can sign anyone in.

use std::{error::Error, fmt};

use crate::{
    accept::{Full, Mismatches, Present, Seats},
    lifecycle::Lifecycle,
};

/// `Err` says why not.
type Check = Box<dyn Fn() -> Result<(), Box<dyn Error>> + Send + Sync>;

/// A set of named checks, asked each time anew. A check answers from memory: it must not wait.
pub struct Readiness {
    lifecycle: Lifecycle,
    mismatches: Mismatches,
    seats: Option<Seats>,
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
    pub fn new(lifecycle: Lifecycle, mismatches: Mismatches) -> Self {
        Self {
            lifecycle,
            mismatches,
            seats: None,
            checks: Vec::new(),
        }
    }

    /// Operators are told when these are all taken.
    #[must_use]
    pub fn with_seats(mut self, seats: Option<Seats>) -> Self {
        self.seats = seats;
        self
    }

    /// Adds a check.
    #[must_use]
    pub fn with<F, E>(mut self, name: &'static str, check: F) -> Self
    where
        F: Fn() -> Result<(), E> + Send + Sync + 'static,
        E: Error + 'static,
    {
        let check = move || Ok(check()?);
        self.checks.push((name, Box::new(check)));
        self
    }

    /// As the port that users reach tells it: whoever asks there comes through.
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
                let reason = check().err()?.to_string().replace(['\r', '\n'], " ");
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

impl Readiness {
    /// What operators see: an instance that no balancer reaches signs nobody in.
    #[must_use]
    pub fn evaluate_for_operators(&self) -> Ready {
        let ready = self.evaluate();
        let alone = self.mismatches.present().into_iter();
        let alone: Vec<_> = alone
            .filter(|present| present.alone)
            .map(|one| line(&one))
            .collect();
        match ready {
            Ready::Yes if !alone.is_empty() => Ready::No(alone),
            Ready::No(mut reasons) => {
                reasons.extend(alone);
                Ready::No(reasons)
            }
            ready => ready,
        }
    }

    /// In what a balancer and this instance disagree.
    #[must_use]
    pub fn mismatches(&self) -> Vec<Present> {
        self.mismatches.present()
    }

    /// Whether a request has arrived within the last minute.
    #[must_use]
    pub fn is_served(&self) -> bool {
        self.mismatches.is_served()
    }

    /// In what a balancer and this instance disagree although requests arrive, and that no more connections
    /// may be open: a line each.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let full = self.seats.as_ref().and_then(Seats::full);
        let present = self.mismatches.present().into_iter();
        present
            .filter(|present| !present.alone)
            .map(|one| line(&one))
            .chain(full.map(|full| full_line(&full)))
            .collect()
    }
}

fn line(present: &Present) -> String {
    let Present { mismatch, from, .. } = present;
    format!(
        "balancer: {} (from {from}): {}",
        mismatch.cause(),
        mismatch.remedy(*from)
    )
}

fn full_line(full: &Full) -> String {
    let Full {
        connections, holds, ..
    } = full;
    let most = full.network.map_or_else(String::new, |network| {
        format!(", {holds} of them by {network}")
    });
    format!(
        "full: all {connections} connections were in use within the last 10 s{most}. For a new one, the longest \
         idle one of the network that holds most is closed: raise MAX_CONNECTIONS, add an instance, or let the \
         balancer limit that network"
    )
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.checks.iter().map(|(name, _)| name).collect();
        f.debug_struct("Readiness")
            .field("checks", &names)
            .finish_non_exhaustive()
    }
}
