//! Typed names that mean nobody, or not one user.

use super::NotAUser;
use crate::{
    cause::quoted,
    directory::{Entry, Found, UnusableName},
};

/// A typed name that was refused. The user does not learn why: a name proves nothing yet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text())]
pub struct NameRefusal {
    /// As it was typed.
    pub name: String,
    /// The one spelling under which attempts with it are counted.
    pub(super) spelling: String,
    why: Why,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Why {
    Unknown,
    Unusable(UnusableName),
    /// So many users are meant.
    Ambiguous(usize),
    /// The one who is meant is no user.
    NotAUser(NotAUser),
}

impl NameRefusal {
    fn text(&self) -> String {
        let name = quoted(&self.name);
        match &self.why {
            Why::Unknown => format!(
                "the directory has no user {name} under LDAP_BASE by LDAP_USER_BY_NAME; check both \
                 keys if there should be one"
            ),
            Why::Unusable(why) => format!("{name} cannot be a user's name: {why}"),
            Why::NotAUser(why) => format!("{name} does not sign in: {why}"),
            Why::Ambiguous(count) => format!(
                "{name} means {count} users of the directory; they can sign in by another form of \
                 their name, or make LDAP_USER_BY_NAME or LDAP_BASE narrower, so that a name means \
                 one user"
            ),
        }
    }

    /// The `reason` label of metrics and audit lines.
    pub(super) fn reason(&self) -> &'static str {
        match self.why {
            Why::Unknown => "unknown_user",
            Why::Unusable(UnusableName::OtherDomain { .. }) => "other_domain",
            Why::Unusable(_) => "unusable_name",
            Why::Ambiguous(_) => "ambiguous_user",
            Why::NotAUser(why) => why.reason(),
        }
    }

    /// A refusal as it is for a name that the directory does not know.
    #[cfg(test)]
    pub(crate) fn unknown(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            spelling: name.to_owned(),
            why: Why::Unknown,
        }
    }
}

/// A user, by the name that was typed.
#[derive(Debug)]
pub(super) struct Named {
    pub entry: Entry,
    /// The one spelling under which attempts with the name are counted.
    pub spelling: String,
}

/// The one user whom a typed name means. What is known to be no user is refused as a name: outsiders do not
/// learn of it. Where that cannot be known, the password comes first.
pub(super) fn only(
    found: Found,
    name: &str,
    must_be_user: impl Fn(&Entry) -> Result<(), NotAUser>,
) -> Result<Named, NameRefusal> {
    let mut users = found.users;
    let why = match (users.len(), found.unusable) {
        (1, _) => match must_be_user(&users[0]) {
            Err(why @ NotAUser::Other(_)) => Why::NotAUser(why),
            Ok(()) | Err(NotAUser::Unreadable) => {
                return Ok(Named {
                    entry: users.swap_remove(0),
                    spelling: found.spelling,
                });
            }
        },
        (0, None) => Why::Unknown,
        (0, Some(why)) => Why::Unusable(why),
        (count, _) => Why::Ambiguous(count),
    };
    Err(NameRefusal {
        name: name.to_owned(),
        spelling: found.spelling,
        why,
    })
}
