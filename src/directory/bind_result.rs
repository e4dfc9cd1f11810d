//! What a refused bind means: AD hides the reason of result 49 in the diagnostic text.

use super::{
    account::AccountRefusal,
    error::{BindError, DirectoryError},
};

/// The verdict of a bind with a user's password.
///
/// # Errors
/// [`BindError::Unavailable`] when the result says nothing about the password.
pub(super) fn verdict(
    server: &str,
    operation: &'static str,
    code: u32,
    text: &str,
) -> Result<(), BindError> {
    match code {
        0 => Ok(()),
        49 => Err(refusal(text)),
        // No such object, invalid DN, an entry without a password: no password fits.
        32 | 34 | 48 => Err(BindError::WrongPassword),
        _ => Err(DirectoryError::refused(server, operation, code, text).into()),
    }
}

/// The sub-code in `… AcceptSecurityContext error, data 52e, v4563`; without one: wrong password.
fn refusal(text: &str) -> BindError {
    let code = text
        .split_once("data ")
        .map(|(_, rest)| rest.split(|c: char| !c.is_ascii_hexdigit()).next())
        .and_then(|digits| u32::from_str_radix(digits?, 16).ok());
    match code {
        Some(0x532) => BindError::PasswordExpired,
        Some(0x533 | 0x534) => AccountRefusal::Disabled.into(),
        Some(0x701) => AccountRefusal::Expired.into(),
        Some(0x773) => BindError::PasswordChangeRequired,
        Some(0x775) => AccountRefusal::Locked.into(),
        _ => BindError::WrongPassword,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(data: &str) -> BindError {
        refusal(&format!(
            "80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data {data}, v1db1\0"
        ))
    }

    #[test]
    fn every_sub_code_of_active_directory() {
        assert!(matches!(of("532"), BindError::PasswordExpired));
        assert!(matches!(
            of("533"),
            BindError::Account(AccountRefusal::Disabled)
        ));
        assert!(matches!(
            of("534"),
            BindError::Account(AccountRefusal::Disabled)
        ));
        assert!(matches!(
            of("701"),
            BindError::Account(AccountRefusal::Expired)
        ));
        assert!(matches!(of("773"), BindError::PasswordChangeRequired));
        assert!(matches!(
            of("775"),
            BindError::Account(AccountRefusal::Locked)
        ));
        assert!(matches!(of("52e"), BindError::WrongPassword));
        assert!(matches!(of("525"), BindError::WrongPassword));
        assert!(matches!(refusal(""), BindError::WrongPassword));
        assert!(matches!(refusal("data "), BindError::WrongPassword));
    }

    #[test]
    fn trouble_of_the_server_is_never_a_wrong_password() {
        assert!(matches!(
            verdict("s", "a bind", 51, "busy"),
            Err(BindError::Unavailable(_))
        ));
        assert!(matches!(
            verdict("s", "a bind", 8, "TLS"),
            Err(BindError::Unavailable(_))
        ));
        assert!(matches!(
            verdict("s", "a bind", 49, ""),
            Err(BindError::WrongPassword)
        ));
        assert!(verdict("s", "a bind", 0, "").is_ok());
    }
}
