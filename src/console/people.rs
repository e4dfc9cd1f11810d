//! Users, as the tenant's search and as a login see them; and the profile mapper's try-out.

use serde_json::Value;

use super::{
    error::ChangeError,
    program::Program,
    view::{Looked, Mood, Person},
};
use crate::{
    directory::{By, Judge, UnusableName},
    login::Term,
    profile::Profile,
};

const SHOWN_USERS: usize = 20;

impl Program {
    pub(super) async fn people(&self, term: String) -> Result<Vec<Person>, ChangeError> {
        let current = self.current.load_full();
        let term = Term::Plain(term);
        if let Err(why) = term.searched() {
            return Err(no_user(term.as_str(), Some(why)));
        }
        let found = current.accounts.search(&term, Some(SHOWN_USERS)).await?;
        Ok(found.iter().map(person).collect())
    }

    pub(super) async fn person(&self, name: &str) -> Result<Looked, ChangeError> {
        let current = self.current.load_full();
        let directory = &current.directory;
        let found = directory.find_user(By::Name(name)).await?;
        let entry = match found.users.as_slice() {
            [entry] => entry,
            [] => return Err(no_user(name, found.unusable)),
            several => {
                return Err(ChangeError::Ambiguous {
                    name: name.to_owned(),
                    count: several.len(),
                });
            }
        };
        // As with a ticket: what a bind alone finds out is not known.
        let refusal = directory.account_refusal(entry, self.clock.now(), Judge::Kdc);
        let (may, state) = match refusal {
            None => (Mood::Good, "may sign in".to_owned()),
            Some(refusal) => (Mood::Bad, refusal.to_string()),
        };
        let groups = directory.groups_of(entry).await?;
        let (may, state) = match current.accounts.must_be_user(entry) {
            Ok(()) => (may, state),
            Err(not_a_user) => (Mood::Bad, not_a_user.to_string()),
        };
        let names = groups.iter().flatten().map(|group| match group {
            Value::String(name) => name.clone(),
            object => object.to_string(),
        });
        let names = names.collect();
        let profile = current.mapper.map(entry, groups).await;
        Ok(Looked {
            dn: entry.dn().to_owned(),
            may,
            state,
            groups: names,
            profile: match profile {
                Ok(profile) => serde_json::to_string_pretty(&profile)?,
                Err(error) => error.to_string(),
            },
        })
    }
}

/// Why no user is shown.
pub(super) fn no_user(name: &str, unusable: Option<UnusableName>) -> ChangeError {
    let name = name.to_owned();
    match unusable {
        Some(why) => ChangeError::UnusableName { name, why },
        None => ChangeError::NoUser(name),
    }
}

fn person(profile: &Profile) -> Person {
    let text = |member: &str| {
        let value = profile.get(member).and_then(Value::as_str);
        value.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let mail = profile.get("emails").and_then(|mails| mails.get(0));
    let mail = mail
        .and_then(|mail| mail.get("value"))
        .and_then(Value::as_str);
    let login = text("sAMAccountName").or_else(|| text("nickname"));
    Person {
        name: text("displayName")
            .or_else(|| login.clone())
            .or_else(|| text("id"))
            .unwrap_or_default(),
        login: login.unwrap_or_default(),
        mail: mail.unwrap_or_default().to_owned(),
    }
}
