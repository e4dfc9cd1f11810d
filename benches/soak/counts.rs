//! What became of the logins, by kind.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// A way to sign in; or to be refused, which must leave nothing behind either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Kerberos,
    Tunnel,
    Form,
    Certificate,
    WrongAtForm,
    WrongOverTunnel,
}

/// Of a hundred logins.
pub const SHARES: [(Kind, u64); 6] = [
    (Kind::Kerberos, 58),
    (Kind::Tunnel, 20),
    (Kind::Form, 10),
    (Kind::Certificate, 7),
    (Kind::WrongAtForm, 3),
    (Kind::WrongOverTunnel, 2),
];

/// Finished logins of all kinds.
#[derive(Debug, Default)]
pub struct Counts(Mutex<BTreeMap<Kind, Count>>);

#[derive(Debug, Clone, Default)]
pub struct Count {
    /// They ended as they should: a token, or the refusal of a wrong password.
    pub good: u64,
    pub failures: BTreeMap<String, u64>,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Kerberos => "Kerberos",
            Self::Tunnel => "password over the tunnel",
            Self::Form => "password at the form",
            Self::Certificate => "client certificate",
            Self::WrongAtForm => "wrong password at the form",
            Self::WrongOverTunnel => "wrong password over the tunnel",
        }
    }
}

impl Counts {
    pub fn add(&self, kind: Kind, outcome: Result<(), String>) {
        self.change(kind, |count| match outcome {
            Ok(()) => count.good += 1,
            Err(why) => *count.failures.entry(why).or_default() += 1,
        });
    }

    pub fn change(&self, kind: Kind, what: impl FnOnce(&mut Count)) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        what(counts.entry(kind).or_default());
    }

    pub fn all(&self) -> BTreeMap<Kind, Count> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Logins that have ended, in whatever way.
    pub fn ended(&self) -> u64 {
        self.all().values().map(Count::ended).sum()
    }
}

impl Count {
    pub fn failed(&self) -> u64 {
        self.failures.values().sum()
    }

    pub fn ended(&self) -> u64 {
        self.good + self.failed()
    }
}
