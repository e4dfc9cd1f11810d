//! What the tenant is answered: the AD/LDAP Connector's names and messages, member for member.

use serde_json::{Map, Value, json};

use crate::{
    directory::{AccountRefusal, BindError, PasswordChangeError},
    login::{Denied, NameRefusal, Refusal},
    profile::Profile,
};

/// The answer to a request about one user.
pub(super) fn about_user(outcome: Result<Profile, Denied>) -> Value {
    let Denied {
        refusal, profile, ..
    } = match outcome {
        Ok(profile) => return json!({ "profile": profile }),
        Err(denied) => denied,
    };
    // Whatever is wrong with a name, the answer is one: it tells nothing of who there is.
    if let Refusal::Name(NameRefusal { name, .. }) = refusal {
        let err = json!({ "message": "Wrong username", "username": name, "name": "WrongUsername" });
        return json!({ "err": err, "profile": { "username": name } });
    }
    let Some((name, message)) = known(&refusal) else {
        return with_profile(&unexpected(&refusal), profile);
    };
    let mut err = Map::new();
    err.insert("message".to_owned(), json!(message));
    if let Some(profile) = &profile {
        err.insert("profile".to_owned(), json!(profile));
    }
    err.insert("name".to_owned(), json!(name));
    with_profile(&Value::Object(err), profile)
}

/// The answer when a search failed.
pub(super) fn failed(refusal: &Refusal) -> Value {
    json!({ "err": unexpected(refusal) })
}

/// The answer when nothing was tried.
pub(super) fn not_tried(why: &str) -> Value {
    json!({ "err": { "message": "Unexpected Error", "inner": why } })
}

fn with_profile(err: &Value, profile: Option<Profile>) -> Value {
    match profile {
        Some(profile) => json!({ "err": err, "profile": profile }),
        None => json!({ "err": err }),
    }
}

/// Names and messages of the refusals that the tenant tells apart.
fn known(refusal: &Refusal) -> Option<(&'static str, &'static str)> {
    Some(match refusal {
        Refusal::Password(error) => match error {
            BindError::WrongPassword => ("WrongPassword", "Wrong password"),
            BindError::Account(refusal) => account(*refusal),
            BindError::Unavailable(_) => return None,
        },
        Refusal::Account(refusal) => account(*refusal),
        Refusal::PasswordChange(PasswordChangeError::InsufficientRights) => (
            "InsufficientAccessRightsError",
            "Service Account has Insufficient Access Rights",
        ),
        Refusal::PasswordChange(PasswordChangeError::Complexity) => (
            "PasswordComplexityError",
            "Password doesn’t meet minimum requirements",
        ),
        _ => return None,
    })
}

fn account(refusal: AccountRefusal) -> (&'static str, &'static str) {
    match refusal {
        AccountRefusal::Disabled => ("AccountDisabled", "Account disabled"),
        AccountRefusal::Expired => ("AccountExpired", "Account expired"),
        AccountRefusal::Locked => ("AccountLocked", "Account locked"),
        AccountRefusal::PasswordExpired => ("PasswordExpired", "Password expired"),
        AccountRefusal::PasswordChangeRequired => {
            ("PasswordChangeRequired", "Password change required")
        }
        // Names that the tenant does not know would be no answer to it.
        AccountRefusal::LogonHours => ("AccountDisabled", "Account may not sign in at this hour"),
        AccountRefusal::Workstation => ("AccountDisabled", "Account may not sign in from here"),
        AccountRefusal::Restricted | AccountRefusal::Unreadable(_) => {
            ("AccountDisabled", "Account restricted")
        }
    }
}

/// The tenant learns what kind of trouble it is; servers, filters and names stay in our log.
fn unexpected(refusal: &Refusal) -> Value {
    let inner = match refusal {
        Refusal::Profile(_) | Refusal::Mapper(_) => "the profile mapper failed",
        Refusal::WriteBackOff => "password changes are switched off",
        Refusal::Directory(_)
        | Refusal::Groups(_)
        | Refusal::Password(_)
        | Refusal::PasswordChange(PasswordChangeError::Unavailable(_)) => {
            "the directory does not answer"
        }
        _ => "see the log of the instance",
    };
    json!({ "message": "Unexpected Error", "inner": inner })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::DirectoryError;

    const GOLDEN: &str = include_str!("../../tests/golden/tunnel.jsonl");

    fn golden(case: &str) -> Value {
        let lines = GOLDEN
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let line = lines
            .into_iter()
            .find(|line| line["case"] == case)
            .expect("a case of that name");
        line["answer"].clone()
    }

    fn profile(of: &Value) -> Profile {
        Profile::new(of["profile"].as_object().expect("a profile").clone())
    }

    #[test]
    fn equal_those_of_the_connector_to_the_byte() {
        for (case, refusal) in [
            (
                "wrong_password",
                Refusal::Password(BindError::WrongPassword),
            ),
            (
                "disabled",
                Refusal::Password(BindError::Account(AccountRefusal::Disabled)),
            ),
            (
                "must_change",
                Refusal::Password(BindError::Account(AccountRefusal::PasswordChangeRequired)),
            ),
        ] {
            let expected = golden(case);
            let denied = Denied {
                refusal,
                profile: Some(profile(&expected)),
                not_before: None,
            };
            assert_eq!(
                about_user(Err(denied)).to_string(),
                expected.to_string(),
                "{case}"
            );
        }
        let good = golden("ok");
        assert_eq!(about_user(Ok(profile(&good))).to_string(), good.to_string());
        let denied = Denied {
            refusal: NameRefusal::unknown("nobody").into(),
            profile: None,
            not_before: None,
        };
        assert_eq!(
            about_user(Err(denied)).to_string(),
            golden("wrong_username").to_string()
        );
    }

    #[test]
    fn trouble_of_ours_tells_no_internals() {
        let error = DirectoryError::NoServer;
        let denied = Denied {
            refusal: Refusal::Directory(error),
            profile: None,
            not_before: None,
        };
        assert_eq!(
            about_user(Err(denied)).to_string(),
            r#"{"err":{"message":"Unexpected Error","inner":"the directory does not answer"}}"#
        );
    }
}
