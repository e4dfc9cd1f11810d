//! Sets a user's password through the service account.

use ldap3::LdapResult;
use tokio::time::Instant;

use super::{error::DirectoryError, servers::Servers};
use crate::secret::{ExposeSecret as _, SecretString};

const WHAT: &str = "a password change";

/// How a directory takes a new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordAttribute {
    /// `ENABLE_ACTIVE_DIRECTORY_UNICODE_PASSWORD`: unicodePwd, over TLS only ([MS-ADTS] 3.1.1.3.1.5).
    Unicode,
    /// userPassword (RFC 4519, 2.41).
    Plain,
}

/// A new password was not set.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PasswordChangeError {
    #[error(
        "the service account may not set passwords; give it the right \"Reset password\" on users"
    )]
    InsufficientRights,
    #[error("the password does not meet the domain's rules for length, complexity, age or history")]
    Complexity,
    #[error(transparent)]
    Unavailable(#[from] DirectoryError),
}

/// Sets the password of `dn`, and ends a lockout when `unlock` is given, in one modification.
///
/// Sent once: a second one would meet the password in the history and be refused.
pub(super) async fn set(
    servers: &Servers,
    dn: &str,
    password: &SecretString,
    attribute: PasswordAttribute,
    unlock: bool,
    deadline: Instant,
) -> Result<(), PasswordChangeError> {
    let mut failure = DirectoryError::NoServer;
    for server in servers.order() {
        let connection = match server.connection(deadline).await {
            Ok(connection) => connection,
            Err(error) => {
                failure = error;
                continue;
            }
        };
        let mut attributes = vec![match attribute {
            PasswordAttribute::Unicode => ("unicodePwd", quoted_utf16(password.expose_secret())),
            PasswordAttribute::Plain => {
                ("userPassword", password.expose_secret().as_bytes().to_vec())
            }
        }];
        if unlock {
            attributes.push(("lockoutTime", b"0".to_vec()));
        }
        let limit = deadline.saturating_duration_since(Instant::now());
        let result = match connection.replace(WHAT, dn, attributes, limit).await {
            Ok(result) => result,
            Err(error) if error.is_before_sending() => {
                failure = error;
                continue;
            }
            Err(error) => {
                server.doubt();
                return Err(error.into());
            }
        };
        return verdict(server.connector.name(), &result);
    }
    Err(failure.into())
}

/// unicodePwd's form: in double quotes, UTF-16, little-endian.
fn quoted_utf16(password: &str) -> Vec<u8> {
    format!("\"{password}\"")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect()
}

fn verdict(server: &str, result: &LdapResult) -> Result<(), PasswordChangeError> {
    match result.rc {
        0 => Ok(()),
        50 => Err(PasswordChangeError::InsufficientRights),
        // constraint violation, unwilling to perform
        19 | 53 => Err(PasswordChangeError::Complexity),
        code => Err(DirectoryError::refused(server, WHAT, code, &result.text).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unicode_password_is_quoted_utf16() {
        assert_eq!(quoted_utf16("aé"), [0x22, 0, 0x61, 0, 0xe9, 0, 0x22, 0]);
        assert_eq!(quoted_utf16("😀").len(), 8, "a surrogate pair");
    }

    #[test]
    fn results_are_told_apart() {
        let result = |rc| LdapResult {
            rc,
            matched: String::new(),
            text: String::new(),
            refs: Vec::new(),
            ctrls: Vec::new(),
        };
        let of = |rc| verdict("s", &result(rc));
        assert!(of(0).is_ok());
        assert!(matches!(
            of(50),
            Err(PasswordChangeError::InsufficientRights)
        ));
        assert!(matches!(of(19), Err(PasswordChangeError::Complexity)));
        assert!(matches!(of(53), Err(PasswordChangeError::Complexity)));
        assert!(matches!(of(51), Err(PasswordChangeError::Unavailable(_))));
    }
}
