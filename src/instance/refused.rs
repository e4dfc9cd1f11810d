//! What a reload refused, until one takes it: the status tells it for as long as it lasts.

use std::{
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use super::reload_request::What;

/// When it was refused, and why.
type Refusal = (SystemTime, String);

/// Of the configuration and of the files that it names.
#[derive(Debug, Default)]
pub struct Refused(Mutex<Both>);

#[derive(Debug, Default)]
struct Both {
    all: Option<Refusal>,
    files: Option<Refusal>,
}

impl Refused {
    /// Notes how a reload ended. One of everything reads the files too; one of the files alone says nothing
    /// of `config.json`.
    pub fn note(&self, what: What, refusal: Option<Refusal>) {
        let mut both = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match what {
            What::All => {
                *both = Both {
                    all: refusal,
                    files: None,
                };
            }
            What::Files => both.files = refusal,
        }
    }

    /// What is refused now.
    #[must_use]
    pub fn all(&self) -> Vec<Refusal> {
        let both = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        both.all.iter().chain(&both.files).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_configuration_stays_refused_while_files_are_read() {
        let refused = Refused::default();
        let why = |why: &str| Some((SystemTime::UNIX_EPOCH, why.to_owned()));
        let all = || -> Vec<_> { refused.all().into_iter().map(|(_, why)| why).collect() };
        refused.note(What::All, why("LDAP_URL"));
        refused.note(What::Files, why("keytab"));
        assert_eq!(all(), ["LDAP_URL", "keytab"]);
        refused.note(What::Files, None);
        assert_eq!(all(), ["LDAP_URL"]);
        refused.note(What::All, None);
        assert!(all().is_empty());
    }
}
