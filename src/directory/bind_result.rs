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

/// The sub-code in `… AcceptSecurityContext error, data 52e, v4563`, a Windows error code ([MS-ERREF] 2.2);
/// without one: wrong password.
fn refusal(text: &str) -> BindError {
    let code = text
        .split_once("data ")
        .map(|(_, rest)| rest.split(|c: char| !c.is_ascii_hexdigit()).next())
        .and_then(|digits| u32::from_str_radix(digits?, 16).ok());
    match code {
        Some(0x52f | 0x569) => AccountRefusal::Restricted,
        Some(0x530) => AccountRefusal::LogonHours,
        Some(0x531) => AccountRefusal::Workstation,
        Some(0x532) => AccountRefusal::PasswordExpired,
        Some(0x533 | 0x534) => AccountRefusal::Disabled,
        Some(0x701) => AccountRefusal::Expired,
        Some(0x773) => AccountRefusal::PasswordChangeRequired,
        Some(0x775) => AccountRefusal::Locked,
        // 0x525 (nobody of that name), 0x52e, and what no document tells.
        _ => return BindError::WrongPassword,
    }
    .into()
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
        use AccountRefusal as R;
        for (data, expected, proves) in [
            ("52f", R::Restricted, false),
            ("530", R::LogonHours, true),
            ("531", R::Workstation, true),
            ("532", R::PasswordExpired, true),
            ("533", R::Disabled, true),
            ("534", R::Disabled, true),
            ("569", R::Restricted, false),
            ("701", R::Expired, true),
            ("773", R::PasswordChangeRequired, true),
            ("775", R::Locked, false),
        ] {
            let error = of(data);
            assert!(
                matches!(error, BindError::Account(refusal) if refusal == expected),
                "{data}: {error:?}"
            );
            assert_eq!(error.proves_the_password(), proves, "{data}");
        }
        for wrong in [
            of("52e"),
            of("525"),
            of("9999"),
            refusal(""),
            refusal("data "),
        ] {
            assert!(matches!(wrong, BindError::WrongPassword), "{wrong:?}");
            assert!(!wrong.proves_the_password());
        }
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
