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
    directory::{BindError, NameKind},
    login::{MapperError, Refusal},
};

/// What a refused user reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Words {
    pub status: StatusCode,
    pub title: &'static str,
    pub message: &'static str,
}

const fn words(status: StatusCode, title: &'static str, message: &'static str) -> Words {
    Words {
        status,
        title,
        message,
    }
}

/// Status and words of a refusal.
pub(super) fn of(refusal: &Refusal) -> Words {
    use StatusCode as S;
    match refusal {
        Refusal::Kerberos(refusal) => kerberos(refusal),
        Refusal::Certificate(refusal) => certificate(refusal),
        Refusal::Password(BindError::WrongPassword) | Refusal::Name(_) => words(
            S::UNAUTHORIZED,
            "That did not match",
            "The user name or the password is wrong. Check both and try again.",
        ),
        Refusal::Password(BindError::PasswordExpired | BindError::PasswordChangeRequired) => words(
            S::FORBIDDEN,
            "Your password must be changed first",
            "Change it on a company computer (Ctrl+Alt+Del, Change a password) or ask your help \
             desk, then sign in with the new one.",
        ),
        Refusal::Account(_) | Refusal::Password(BindError::Account(_)) => words(
            S::FORBIDDEN,
            "This account cannot sign in at the moment",
            "Ask your help desk; they can see why.",
        ),
        Refusal::UnknownPrincipal { .. } | Refusal::Ambiguous { .. } => words(
            S::FORBIDDEN,
            "There is no account for you here",
            "You proved who you are, but this directory has no account that is yours alone. Ask your \
             administrator.",
        ),
        Refusal::OtherDomain { .. } => OTHER_DOMAIN,
        Refusal::MethodOff => words(
            S::FORBIDDEN,
            "This way to sign in is switched off",
            "Go back to the application and sign in from there.",
        ),
        Refusal::Directory(_) | Refusal::Password(BindError::Unavailable(_)) => NOT_NOW,
        Refusal::Busy { .. } | Refusal::Mapper(MapperError::Overload) => BUSY,
        Refusal::TooManyAttempts { .. } => words(
            S::TOO_MANY_REQUESTS,
            "Too many attempts",
            "To protect your account, passwords are not checked here for a while. Try again later, \
             or ask your help desk.",
        ),
        Refusal::Profile(_)
        | Refusal::Mapper(_)
        | Refusal::WriteBackOff
        | Refusal::PasswordChange(_)
        | Refusal::Signing(_)
        | Refusal::NoRandomness => words(
            S::INTERNAL_SERVER_ERROR,
            "Something went wrong",
            "You were recognised, but this server could not finish. Your administrator can see the \
             cause in its log.",
        ),
    }
}

/// Which kind of name is meant, for who typed one that did not match: whether it is anybody's or not.
pub(super) fn hint(refusal: &Refusal, kind: &NameKind) -> Option<String> {
    if !matches!(
        refusal,
        Refusal::Password(BindError::WrongPassword) | Refusal::Name(_)
    ) {
        return None;
    }
    Some(match kind {
        NameKind::Account => "Your user name is like alice.".to_owned(),
        NameKind::Principal(domain) => format!("Your user name is like alice@{domain}."),
        NameKind::AccountOrPrincipal(domain) => {
            format!("Your user name is like alice or alice@{domain}.")
        }
        NameKind::Mail => "Your user name is your mail address.".to_owned(),
        NameKind::Other => return None,
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

const OTHER_DOMAIN: Words = words(
    StatusCode::UNAUTHORIZED,
    "Accounts of your domain cannot sign in here",
    "You are known, but to another organisation's directory. Ask your administrator if you should \
     have access.",
);

const BUSY: Words = words(
    StatusCode::SERVICE_UNAVAILABLE,
    "Many people are signing in right now",
    "This server has all it can do. Nothing is wrong with your account; try again in a few seconds.",
);

const NOT_NOW: Words = words(
    StatusCode::SERVICE_UNAVAILABLE,
    "Sign-in is not possible for a moment",
    "The company directory does not answer. This is not your fault; try again in a minute.",
);

/// What the holder of a certificate can do something about; it does not say whom it names.
fn certificate(refusal: &CertificateRefusal) -> Words {
    use CertificateRefusal as C;
    let (title, message) = match refusal {
        C::Validity { .. } => (
            "Your certificate is out of date",
            "It has expired, or is not valid yet. Ask your help desk for a new one, and check that \
             your computer's clock is right.",
        ),
        C::Revoked { .. } => (
            "Your certificate was withdrawn",
            "It counts no longer. Ask your help desk for a new one.",
        ),
        C::Usage { .. } => (
            "This certificate is not for signing in",
            "It was issued for another purpose. Close the browser, and choose another certificate \
             when you are asked.",
        ),
        C::UnknownIssuer { .. } => (
            "Your certificate is not known here",
            "It comes from an issuer that this server does not trust. Close the browser, and choose \
             another certificate when you are asked.",
        ),
        C::NoRevocationList { .. } => (
            "Your certificate cannot be checked",
            "This server does not know which certificates were withdrawn. Your administrator can \
             see in its log what is missing.",
        ),
        C::NoName { .. } | C::UnknownUser { .. } | C::Ambiguous { .. } | C::Disagreement { .. } => {
            (
                "There is no account for your certificate",
                "It is good, but this directory has no account that is its holder's alone. Ask your \
             administrator.",
            )
        }
        C::ChainTooLong(_) | C::TooLarge(_) | C::Unreadable(_) | C::Invalid(_) => (
            "Your certificate was not understood",
            "Close the browser, and choose another certificate when you are asked. If that does not \
             help, your administrator can see the cause in this server's log.",
        ),
    };
    words(StatusCode::FORBIDDEN, title, message)
}

fn kerberos(refusal: &KerberosRefusal) -> Words {
    use KerberosRefusal as K;
    let (title, message) = match refusal {
        K::Ntlm => (
            "Your computer could not prove who you are",
            "Your browser offered an older method (NTLM) in place of Kerberos. This happens away \
             from the company network, or on a computer that is not signed in to the domain. \
             Connect to the network or the VPN and try again.",
        ),
        K::SecondLeg => (
            "Your browser wants another kind of sign-in",
            "It began an exchange that this server does not take part in. Sign in to your computer \
             with your company account and try again.",
        ),
        K::Malformed => (
            "The proof from your browser was not understood",
            "Something between your browser and this server may have changed it. Close the browser \
             and try again.",
        ),
        K::Expired { .. } => (
            "Your computer's sign-in has expired",
            "Lock your computer and unlock it again, so that it renews its proof, then try again.",
        ),
        K::ClockSkew { .. } | K::NotYetValid { .. } => (
            "Your computer's clock is wrong",
            "It differs by more than five minutes from this server's. Set the clock, or let it set \
             itself, and try again.",
        ),
        K::Replay { .. } => (
            "This proof was used before",
            "Your browser sent the same request twice. Go back to the application and sign in again.",
        ),
        K::WrongPrincipal { .. }
        | K::KeyVersion { .. }
        | K::EncryptionType { .. }
        | K::Decrypt { .. } => (
            "This server could not read your proof",
            "Your computer did everything right, but this server does not hold the matching key. \
             Your administrator can see in its log what is missing.",
        ),
        K::ChannelBinding { .. } => (
            "The connection is not what your browser thinks",
            "Your proof was made for another connection. A network device may be reading along. Try \
             again from another network, and tell your administrator.",
        ),
        K::Unbound { .. } => (
            "Your browser's proof is not tied to this connection",
            "This server asks for that, and this browser does not do it. Use the browser that your \
             company recommends, or ask your administrator.",
        ),
        K::Other { .. } | K::NotAUser { .. } => (
            "Your proof was not accepted",
            "Sign in to your computer again and try once more. If that does not help, your \
             administrator can see the cause in this server's log.",
        ),
        K::ForeignRealm { .. } => return OTHER_DOMAIN,
        K::Busy => return BUSY,
    };
    words(StatusCode::UNAUTHORIZED, title, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{directory::AccountRefusal, login::NameRefusal};

    #[test]
    fn a_wrong_name_reads_like_a_wrong_password() {
        let unknown = Refusal::Name(NameRefusal::unknown("nobody"));
        let wrong = Refusal::Password(BindError::WrongPassword);
        assert_eq!(of(&unknown), of(&wrong));
        assert_eq!(of(&wrong).status, StatusCode::UNAUTHORIZED);
        let kind = NameKind::AccountOrPrincipal("corp.example".to_owned());
        let both = "Your user name is like alice or alice@corp.example.";
        for refusal in [&unknown, &wrong] {
            assert_eq!(hint(refusal, &kind).as_deref(), Some(both));
        }
        let disabled = Refusal::Account(AccountRefusal::Disabled);
        assert_eq!(hint(&disabled, &kind), None);
    }

    #[test]
    fn account_states_are_not_told_apart() {
        let disabled = of(&Refusal::Account(AccountRefusal::Disabled));
        assert_eq!(disabled, of(&Refusal::Account(AccountRefusal::Locked)));
        assert_eq!(disabled.status, StatusCode::FORBIDDEN);
    }

    #[test]
    fn ntlm_is_a_401_in_words() {
        let ntlm = of(&Refusal::Kerberos(KerberosRefusal::Ntlm));
        assert_eq!(ntlm.status, StatusCode::UNAUTHORIZED);
        assert!(ntlm.message.contains("NTLM"));
    }
}
