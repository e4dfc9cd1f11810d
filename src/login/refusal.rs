//! Why a login was refused, by whoever refused it.

use std::{fmt, time::Duration};

use super::{NotAUser, name::NameRefusal};
use crate::{
    authenticate::{CertificateRefusal, KerberosRefusal, Principal},
    directory::{
        AccountRefusal, BindError, DirectoryError, PasswordChangeError, Sid, UnusableName,
    },
    profile::{MapperError, UnusableProfile},
    token::SigningKeyError,
};

/// A trusted proxy's `X-Forwarded-User` that does not name one user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnclearUser {
    #[error(
        "X-Forwarded-User came {0} times, and one may be the client's own: have the proxy remove what clients \
         send under this name"
    )]
    Several(usize),
    #[error(
        "X-Forwarded-User has a comma in it, as where a proxy adds to what the client sent: have it replace that"
    )]
    List,
    #[error("X-Forwarded-User is empty: have the proxy send it only once it knows the user")]
    Blank,
    #[error("X-Forwarded-User is no text in UTF-8, or has a control character in it")]
    NotText,
}

/// A refused login. Its text is for the administrator: cause and remedy.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error(transparent)]
    Kerberos(#[from] KerberosRefusal),
    #[error(transparent)]
    Certificate(#[from] CertificateRefusal),
    #[error("this login method is switched off (FORM_LOGIN, KERBEROS_AUTH, CLIENT_CERT_AUTH)")]
    MethodOff,
    #[error(transparent)]
    Name(#[from] NameRefusal),
    #[error(
        "{name} is proved, but the directory has no such user under LDAP_BASE, or the conditions \
         of LDAP_USER_BY_NAME leave them out, or LDAP_BIND_USER may not read their objectSid; check these if \
         there should be one"
    )]
    UnknownPrincipal { name: String },
    #[error(
        "{} is proved, but cannot be a user's name: {why}",
        crate::cause::quoted(name)
    )]
    UnusableName { name: String, why: UnusableName },
    #[error(
        "{} is proved, but the directory has {count} entries for that name; make LDAP_BASE or \
         LDAP_USER_BY_NAME narrower, so that it means one user",
        crate::cause::quoted(name)
    )]
    Ambiguous { name: String, count: usize },
    #[error(
        "{principal} is not the directory's {dn}: that entry is of another domain. Point LDAP_BASE \
         at the domain of that realm, or take the realm out of KERBEROS_REALMS"
    )]
    OtherDomain { principal: Principal, dn: String },
    #[error(
        "the ticket of {principal} is of {sid}, and the directory's {dn} has another objectSid, or shows \
         none: it is not the account that was proved. Let LDAP_BIND_USER read objectSid"
    )]
    OtherSid {
        principal: Principal,
        sid: Sid,
        dn: String,
    },
    #[error(transparent)]
    UnclearUser(#[from] UnclearUser),
    #[error(
        "the form was sent by a page of {}, which is neither SERVER_URL nor an application whose callback is \
         listed (login CSRF); its password was not looked at",
        crate::cause::quoted(sender)
    )]
    OthersForm { sender: String },
    #[error(transparent)]
    Password(#[from] BindError),
    #[error(transparent)]
    Account(#[from] AccountRefusal),
    #[error(transparent)]
    NotAUser(#[from] NotAUser),
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// Who has no groups in the token is in none: nobody may be for a moment.
    #[error("the user's groups cannot be had (GROUPS_REQUIRED): {0}")]
    Groups(#[source] DirectoryError),
    #[error(transparent)]
    Profile(#[from] UnusableProfile),
    #[error(transparent)]
    Mapper(#[from] MapperError),
    #[error("password changes are switched off (ENABLE_WRITE_BACK)")]
    WriteBackOff,
    #[error(transparent)]
    PasswordChange(#[from] PasswordChangeError),
    #[error(transparent)]
    Signing(#[from] SigningKeyError),
    #[error(
        "{limit} logins are under way already; add an instance, or raise {key} if CPU and directory \
         have room"
    )]
    Busy { limit: usize, key: &'static str },
    #[error(
        "too many password attempts {of} (FORM_ATTEMPTS_PER_MINUTE, FORM_FAILURES_PER_USER); it \
         may be tried again in {} s", again.as_secs()
    )]
    TooManyAttempts { of: Limited, again: Duration },
    #[error("the system gives no random numbers")]
    NoRandomness,
}

/// What has a limit of password attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limited {
    Address,
    User,
}

impl fmt::Display for Limited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Address => "from this address",
            Self::User => "on this user",
        })
    }
}

impl Refusal {
    /// Whether a client must not tell it from others of its kind by the time that it takes: whether there is
    /// a user of that name would show.
    pub(super) fn is_answered_evenly(&self) -> bool {
        match self {
            Self::Name(_) | Self::Account(_) => true,
            Self::Password(error) => !matches!(error, BindError::Unavailable(_)),
            Self::TooManyAttempts { of, .. } => *of == Limited::User,
            _ => false,
        }
    }

    /// The `reason` label of metrics and audit lines.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Kerberos(refusal) => refusal.reason(),
            Self::Certificate(refusal) => refusal.reason(),
            Self::MethodOff => "method_off",
            Self::Name(refusal) => refusal.reason(),
            Self::UnknownPrincipal { .. } => "unknown_user",
            Self::UnusableName { .. } => "unusable_name",
            Self::Ambiguous { .. } => "ambiguous_user",
            Self::UnclearUser(_) => "unclear_user",
            Self::OthersForm { .. } => "other_site",
            Self::OtherDomain { .. } => "other_domain",
            Self::OtherSid { .. } => "other_sid",
            Self::Password(error) => match error {
                BindError::WrongPassword => "wrong_password",
                BindError::Account(refusal) => account(*refusal),
                BindError::Unavailable(_) => "directory",
            },
            Self::Account(refusal) => account(*refusal),
            Self::NotAUser(refusal) => refusal.reason(),
            Self::Directory(_) => "directory",
            Self::Groups(_) => "groups",
            Self::Profile(_) | Self::Mapper(_) => "profile",
            Self::WriteBackOff => "write_back_off",
            Self::PasswordChange(error) => match error {
                PasswordChangeError::InsufficientRights => "insufficient_rights",
                PasswordChangeError::Complexity => "complexity",
                PasswordChangeError::Unavailable(_) => "directory",
            },
            Self::Busy { .. } => "busy",
            Self::TooManyAttempts { .. } => "too_many_attempts",
            Self::Signing(_) | Self::NoRandomness => "signing",
        }
    }

    /// Whether this is the installation's trouble, not the user's.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        match self {
            Self::Kerberos(refusal) => {
                matches!(refusal, KerberosRefusal::Busy | KerberosRefusal::NoRoom)
            }
            Self::Password(error) => matches!(error, BindError::Unavailable(_)),
            Self::NotAUser(refusal) => matches!(refusal, NotAUser::Unreadable),
            Self::Account(refusal) => matches!(refusal, AccountRefusal::Unreadable(_)),
            Self::PasswordChange(error) => !matches!(error, PasswordChangeError::Complexity),
            Self::Directory(_)
            | Self::Groups(_)
            | Self::Busy { .. }
            | Self::Profile(_)
            | Self::Mapper(_)
            | Self::Signing(_)
            | Self::NoRandomness => true,
            Self::Certificate(_)
            | Self::MethodOff
            | Self::TooManyAttempts { .. }
            | Self::WriteBackOff
            | Self::Name(_)
            | Self::UnknownPrincipal { .. }
            | Self::UnusableName { .. }
            | Self::UnclearUser(_)
            | Self::OthersForm { .. }
            | Self::Ambiguous { .. }
            | Self::OtherDomain { .. }
            | Self::OtherSid { .. } => false,
        }
    }
}

fn account(refusal: AccountRefusal) -> &'static str {
    match refusal {
        AccountRefusal::Disabled => "account_disabled",
        AccountRefusal::Expired => "account_expired",
        AccountRefusal::Locked => "account_locked",
        AccountRefusal::LogonHours => "logon_hours",
        AccountRefusal::Workstation => "workstation",
        AccountRefusal::Restricted => "account_restricted",
        AccountRefusal::PasswordExpired => "password_expired",
        AccountRefusal::PasswordChangeRequired => "password_change_required",
        AccountRefusal::Unreadable(_) => "account_unreadable",
    }
}
