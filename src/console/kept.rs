//! A form that was sent after a restart, whose token is good no more: shown again with what was typed.

use super::{error::ChangeError, forms::Fields, page::Outcome, section::Section};
use crate::config::keys;

/// The name of the box by which an odd file is taken all the same.
pub(super) const ANYWAY: &str = "anyway";

/// The page with what was typed in its form; `files` when there were some with it.
pub(super) fn kept(path: &str, typed: Fields, files: bool) -> Outcome {
    let (mut typed, password) = without_secrets(typed);
    let open = Section::of_path(path);
    let mut outcome = Outcome::with_result(open, Err(ChangeError::OutOfDate { password, files }));
    if open == Section::Mapper {
        outcome.mapper = typed.remove("source");
        outcome.term = typed.remove("user").unwrap_or_default();
    }
    if typed.remove(ANYWAY).is_some() {
        path.clone_into(&mut outcome.ticked);
    }
    outcome.typed = typed;
    outcome
}

/// What may be shown again, and whether there was a password, which may not. The ticket is typed in plain sight.
pub(super) fn without_secrets(mut typed: Fields) -> (Fields, bool) {
    typed.remove("csrf");
    let before = typed.len();
    typed.retain(|name, text| {
        let key = keys::find(name).filter(|key| key.is_secret());
        let hidden = key.is_some_and(|key| key.name() != keys::PROVISIONING_TICKET.name);
        !hidden || text.is_empty()
    });
    let password = typed.len() < before;
    (typed, password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_come_back() {
        let typed = [
            ("csrf", "x"),
            ("SITE_NAME", "Kestrel Works"),
            ("LDAP_BIND_PASSWORD", "secret"),
            ("LDAP_BIND_CREDENTIALS", "secret"),
            ("AUTH_CERT_KEY", "secret"),
        ];
        let typed = typed.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let (left, password) = without_secrets(typed.into());
        assert!(password);
        assert_eq!(left.keys().collect::<Vec<_>>(), ["SITE_NAME"]);
        let empty = [("LDAP_BIND_PASSWORD".to_owned(), String::new())];
        assert!(!without_secrets(empty.into()).1, "none was typed");
    }
}
