//! The one place that turns a refused login into a status and plain words for the user.
//!
//! The cause and what the administrator should do are in the audit line, not here: a page tells an
//! outsider no more than they must know.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};

use crate::{
    authenticate::{CertificateRefusal, KerberosRefusal},
    directory::{AccountRefusal, BindError, NameKind},
    language::{Language, Notice, Phrase},
    login::{MapperError, NotAUser, Refusal},
};

/// What a refused user gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Words {
    pub status: StatusCode,
    pub about: Notice,
}

/// Status and words of a refusal.
pub(super) fn of(refusal: &Refusal) -> Words {
    use StatusCode as S;
    let (status, about) = match refusal {
        Refusal::Kerberos(refusal) => kerberos(refusal),
        Refusal::Certificate(refusal) => (S::FORBIDDEN, certificate(refusal)),
        Refusal::Name(_) => password(&BindError::WrongPassword),
        Refusal::Password(error) => password(error),
        Refusal::Account(refusal) => (S::FORBIDDEN, account(*refusal)),
        Refusal::Directory(_) | Refusal::Groups(_) => {
            (S::SERVICE_UNAVAILABLE, Notice::DirectoryDown)
        }
        Refusal::UnknownPrincipal { .. }
        | Refusal::UnusableName { .. }
        | Refusal::Ambiguous { .. }
        | Refusal::OtherSid { .. }
        | Refusal::NotAUser(NotAUser::Other(_)) => (S::FORBIDDEN, Notice::NoAccount),
        Refusal::OthersForm { .. } => (S::FORBIDDEN, Notice::OthersForm),
        Refusal::UnclearUser(_) => (S::BAD_REQUEST, Notice::RequestNotUnderstood),
        Refusal::OtherDomain { .. } => (S::UNAUTHORIZED, Notice::OtherDomain),
        Refusal::MethodOff => (S::FORBIDDEN, Notice::MethodOff),
        Refusal::Busy { .. } | Refusal::Mapper(MapperError::Overload) => {
            (S::SERVICE_UNAVAILABLE, Notice::Busy)
        }
        Refusal::TooManyAttempts { .. } => (S::TOO_MANY_REQUESTS, Notice::TooManyAttempts),
        Refusal::NotAUser(NotAUser::Unreadable)
        | Refusal::Profile(_)
        | Refusal::Mapper(_)
        | Refusal::WriteBackOff
        | Refusal::PasswordChange(_)
        | Refusal::Signing(_)
        | Refusal::NoRandomness => (S::INTERNAL_SERVER_ERROR, Notice::NotFinished),
    };
    Words { status, about }
}

/// Which kind of name is meant, for who typed one that did not match: whether it is anybody's or not.
pub(super) fn hint(
    refusal: &Refusal,
    typed: &str,
    kind: &NameKind,
    language: Language,
) -> Option<String> {
    if of(refusal).about != Notice::WrongPassword {
        return None;
    }
    Some(match kind {
        NameKind::Account => language.phrase(Phrase::NameAccount).into_owned(),
        NameKind::Principal(domain) => {
            language.phrase_with(Phrase::NamePrincipal, "name", &format!("alice@{domain}"))
        }
        // No account's name has a slash: a backslash is meant.
        NameKind::AccountOrPrincipal(_) if is_slashed(typed) => {
            let name = typed.trim().replacen('/', "\\", 1);
            language.phrase_with(Phrase::NamePrincipal, "name", &name)
        }
        NameKind::AccountOrPrincipal(domain) => {
            let name = format!("alice@{domain}");
            language.phrase_with(Phrase::NameAccountOrPrincipal, "name", &name)
        }
        NameKind::Mail => language.phrase(Phrase::NameMail).into_owned(),
        NameKind::Other => return None,
    })
}

/// Who has not shown what only the user knows is not told whether name or password was wrong, nor that the
/// account is locked: then there is one.
fn password(error: &BindError) -> (StatusCode, Notice) {
    match error {
        BindError::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, Notice::DirectoryDown),
        BindError::Account(refusal) if error.proves_the_password() => {
            (StatusCode::FORBIDDEN, account(*refusal))
        }
        BindError::Account(_) | BindError::WrongPassword => {
            (StatusCode::UNAUTHORIZED, Notice::WrongPassword)
        }
    }
}

fn account(refusal: AccountRefusal) -> Notice {
    match refusal {
        AccountRefusal::PasswordExpired | AccountRefusal::PasswordChangeRequired => {
            Notice::PasswordMustChange
        }
        _ => Notice::AccountCannotSignIn,
    }
}

/// `CORP/alice`
fn is_slashed(typed: &str) -> bool {
    let parts = typed.trim().split_once('/');
    parts.is_some_and(|(domain, account)| {
        !domain.is_empty() && !account.is_empty() && !typed.contains(['\\', '@'])
    })
}

/// The answer to a refused login, with `Retry-After` when it passes with time.
pub(super) fn with_retry_after(mut answer: Response, refusal: &Refusal) -> Response {
    if let Some(seconds) = retry_after(refusal) {
        let seconds = HeaderValue::from(seconds);
        answer.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    answer
}

/// `Retry-After`, in seconds: of refusals that pass with time.
pub(super) fn retry_after(refusal: &Refusal) -> Option<u64> {
    match refusal {
        Refusal::TooManyAttempts { again, .. } => Some(again.as_secs().max(1)),
        _ => (of(refusal).status == StatusCode::SERVICE_UNAVAILABLE).then_some(5),
    }
}

/// What the holder of a certificate can do something about; it does not say whom it names.
fn certificate(refusal: &CertificateRefusal) -> Notice {
    use CertificateRefusal as C;
    match refusal {
        C::Validity { .. } => Notice::CertificateDate,
        C::Revoked { .. } => Notice::CertificateRevoked,
        C::Usage { .. } => Notice::CertificateUsage,
        C::UnknownIssuer { .. } | C::AuthorityLeftOut { .. } => Notice::CertificateIssuer,
        C::NoRevocationList { .. } | C::UnverifiedList { .. } => Notice::CertificateUnchecked,
        C::NoName { .. }
        | C::SeveralNames { .. }
        | C::UnusableName { .. }
        | C::WeakName { .. }
        | C::UnknownUser { .. }
        | C::Ambiguous { .. }
        | C::Disagreement { .. } => Notice::CertificateNoAccount,
        C::ChainTooLong(_)
        | C::TooLarge(_)
        | C::Unreadable(_)
        | C::UnreadableName { .. }
        | C::Invalid(_) => Notice::CertificateUnreadable,
    }
}

fn kerberos(refusal: &KerberosRefusal) -> (StatusCode, Notice) {
    use KerberosRefusal as K;
    let about = match refusal {
        K::Ntlm => Notice::ProofNtlm,
        K::SecondLeg => Notice::ProofOtherKind,
        K::Malformed => Notice::ProofMalformed,
        K::Expired { .. } => Notice::ProofExpired,
        K::ClockSkew { .. } | K::NotYetValid { .. } => Notice::ClockWrong,
        K::Replay { .. } => Notice::ProofUsed,
        K::WrongService { .. } | K::OtherKey { .. } => Notice::ProofService,
        K::WrongPrincipal { .. }
        | K::KeyVersion { .. }
        | K::EncryptionType { .. }
        | K::Decrypt { .. } => Notice::ProofKey,
        K::ChannelBinding { .. } => Notice::ProofChannel,
        K::Unbound { .. } => Notice::ProofUnbound,
        K::Other { .. } | K::NotAUser { .. } | K::NoPac { .. } | K::BadPac { .. } => {
            Notice::ProofRefused
        }
        K::ForeignRealm { .. } => Notice::OtherDomain,
        K::TooMany { .. } | K::NoRoom | K::Busy => {
            return (StatusCode::SERVICE_UNAVAILABLE, Notice::Busy);
        }
    };
    (StatusCode::UNAUTHORIZED, about)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::login::NameRefusal;

    #[test]
    fn a_wrong_name_reads_like_a_wrong_password() {
        let unknown = Refusal::Name(NameRefusal::unknown("nobody"));
        let wrong = Refusal::Password(BindError::WrongPassword);
        assert_eq!(of(&unknown), of(&wrong));
        assert_eq!(of(&wrong).status, StatusCode::UNAUTHORIZED);
        // A controller says so to whoever asks.
        let locked = Refusal::Password(BindError::Account(AccountRefusal::Locked));
        assert_eq!(of(&locked), of(&wrong));
        let kind = NameKind::AccountOrPrincipal("corp.example".to_owned());
        let both = "Your user name is like alice or alice@corp.example.";
        for refusal in [&unknown, &wrong, &locked] {
            let hint = |typed| hint(refusal, typed, &kind, Language::English);
            for typed in ["nobody", "/nobody", "nobody/", r"CORP\a/b"] {
                assert_eq!(hint(typed).as_deref(), Some(both), "{typed}");
            }
            assert_eq!(
                hint(" CORP/nobody").as_deref(),
                Some(r"Your user name is like CORP\nobody.")
            );
        }
        let disabled = Refusal::Account(AccountRefusal::Disabled);
        assert_eq!(hint(&disabled, "nobody", &kind, Language::English), None);
    }

    #[test]
    fn account_states_are_not_told_apart() {
        use AccountRefusal as R;
        let disabled = of(&Refusal::Account(R::Disabled));
        let others = [
            R::Expired,
            R::Locked,
            R::LogonHours,
            R::Workstation,
            R::Unreadable("x"),
        ];
        for other in others {
            assert_eq!(of(&Refusal::Account(other)), disabled);
        }
        assert_eq!(disabled.status, StatusCode::FORBIDDEN);
        let bind = Refusal::Password(BindError::Account(R::PasswordExpired));
        assert_eq!(of(&bind), of(&Refusal::Account(R::PasswordExpired)));
        assert_eq!(of(&bind).about, Notice::PasswordMustChange);
    }

    #[test]
    fn ntlm_is_a_401_in_words() {
        let ntlm = of(&Refusal::Kerberos(KerberosRefusal::Ntlm));
        assert_eq!(ntlm.status, StatusCode::UNAUTHORIZED);
        let message = crate::language::Language::English.message(ntlm.about);
        assert!(message.contains("NTLM"), "{message}");
    }
}
