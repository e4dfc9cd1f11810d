//! What a login takes, in seconds.

use super::arguments::FigureArguments;

/// The share of an instance's work that comes before the lookup: handshake and token, against claims, signature
/// and page.
const BEFORE: f64 = 0.6;
/// Logins under way at once in an instance (`MAX_LOGINS`); one more is told to come back.
pub const MAX_LOGINS: usize = 1000;
/// After so many seconds (`Retry-After`), or when a user has seen an error.
pub const AGAIN: f64 = 5.0;

#[derive(Debug, Clone, Copy)]
pub struct Figures {
    pub cpus: u32,
    pub before: f64,
    pub after: f64,
    pub lookup: f64,
    pub lookups: u32,
    pub controllers: u32,
    pub at_once: u32,
    pub elsewhere: f64,
}

impl From<&FigureArguments> for Figures {
    fn from(given: &FigureArguments) -> Self {
        let cpu = given.cpu / 1e6;
        Self {
            cpus: given.cpus,
            before: cpu * BEFORE,
            after: cpu * (1.0 - BEFORE),
            lookup: given.lookup / 1e6,
            lookups: given.lookups,
            controllers: given.controllers,
            at_once: given.at_once,
            elsewhere: given.elsewhere / 1e3,
        }
    }
}
