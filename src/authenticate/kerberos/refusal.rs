//! Why a Kerberos token was refused: a label for metrics, words for the log with what to do.

use std::{collections::BTreeSet, fmt};

use libgssapi::error::{Error, MajorFlags};

use super::{
    keytab::Keytab,
    pac::PacError,
    principal::Principal,
    spnego::{KerberosToken, Ticket},
};
use crate::cause::quoted;

/// A refused token. Its text names the cause and the remedy, for the administrator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KerberosRefusal {
    #[error(
        "the browser sent NTLM, not Kerberos: it could not get a ticket. Check that the SPN \
         HTTP/<host of SERVER_URL> is on exactly one account (setspn -Q), that the browser's zone \
         or policy allows Kerberos for this host, and that the client reaches a domain controller"
    )]
    Ntlm,
    #[error(
        "the token would need a second leg, which a load balancer cannot promise to the same \
         instance: the client's first choice is not Kerberos"
    )]
    SecondLeg,
    #[error("the Authorization header is not a Negotiate token in base64")]
    Malformed,
    #[error(
        "the ticket is for {asked}, not for {accepted}. Add the host to KERBEROS_ALIASES if it is a name of this \
         service too (a DNS alias, a short name); else somebody brings a ticket for another one"
    )]
    WrongService { asked: AskedFor, accepted: String },
    #[error(
        "the ticket names {asked}, but the key of {} opens it. Take keys of other accounts out of the keytab, or \
         add the host to KERBEROS_ALIASES if it is a name of this service",
        quoted(opened_by)
    )]
    OtherKey { asked: AskedFor, opened_by: String },
    #[error(
        "the ticket is for {asked}, which is not in the keytab ({have}). Export a keytab for that \
         principal, or correct SERVER_URL or the SPN"
    )]
    WrongPrincipal { asked: AskedFor, have: String },
    #[error(
        "the ticket is for {asked}, of which the keytab holds other versions (kvno {have}). The \
         account's password was changed: export the keytab again"
    )]
    KeyVersion { asked: AskedFor, have: String },
    #[error(
        "the ticket for {asked} uses encryption type {etype}, for which the keytab has no key. Set \
         msDS-SupportedEncryptionTypes of the account to 24 (AES), set its password again and \
         export the keytab again"
    )]
    EncryptionType { asked: AskedFor, etype: i32 },
    #[error(
        "the ticket for {asked} does not open with the keytab's key: the key is another one with \
         the same version, or the SPN is on two accounts (setspn -X). Export the keytab again"
    )]
    Decrypt { asked: AskedFor },
    #[error("the ticket for {asked} has expired; the client must get a new one (klist purge)")]
    Expired { asked: AskedFor },
    #[error("the ticket for {asked} is not valid yet: compare the clocks of this host and the DC")]
    NotYetValid { asked: AskedFor },
    #[error(
        "the client's clock and this host's are further apart than clockskew of krb5.conf allows, which is five \
         minutes by default (ticket for {asked}): synchronise both with the domain"
    )]
    ClockSkew { asked: AskedFor },
    #[error(
        "the token for {asked} was used before on this instance: a replay, or a request sent again"
    )]
    Replay { asked: AskedFor },
    #[error(
        "the token for {asked} is bound to another TLS connection: something between the client \
         and this instance terminates TLS"
    )]
    ChannelBinding { asked: AskedFor },
    #[error(
        "the token for {asked} is bound to no TLS connection, and CHANNEL_BINDING requires it; the \
         client's software sends no bindings: update it, or set CHANNEL_BINDING to accept"
    )]
    Unbound { asked: AskedFor },
    #[error("{principal} is of a realm that KERBEROS_REALMS does not list")]
    ForeignRealm { principal: Principal },
    #[error("GSSAPI refused the token for {asked}: {cause}")]
    Other { asked: AskedFor, cause: GssStatus },
    #[error(
        "the token for {asked} is of {}, which is not a user principal",
        quoted(name)
    )]
    NotAUser { asked: AskedFor, name: String },
    #[error(
        "the ticket of {principal} has no PAC that the service's key signs, so nothing but a name says whose it \
         is. Clear NO_AUTH_DATA_REQUIRED (0x2000000) of the account with the SPN (ad-edge doctor says how), or set \
         KERBEROS_REQUIRE_PAC to false"
    )]
    NoPac { principal: Principal },
    #[error(
        "the PAC in the ticket of {principal} does not count: {cause}. Let the client get a new ticket (klist \
         purge); if that does not help, look at the controller that gave it"
    )]
    BadPac {
        principal: Principal,
        cause: PacError,
    },
    #[error(
        "{principal} brings more tokens than can be remembered, and what is not could be replayed: see what sends \
         them. Others sign in, and this user after twice the clockskew of krb5.conf"
    )]
    TooMany { principal: Principal },
    #[error(
        "more tokens came than can be remembered, and what is not could be replayed: add instances, and remove \
         clockskew from krb5.conf if it is there"
    )]
    NoRoom,
    #[error("all Kerberos workers are busy and the queue is full")]
    Busy,
}

/// The service principal and key version that a ticket names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedFor {
    pub service: String,
    pub kvno: Option<u32>,
}

impl Ticket {
    fn asked(&self) -> AskedFor {
        AskedFor {
            service: self.service.clone(),
            kvno: self.kvno,
        }
    }
}

impl KerberosToken<'_> {
    /// What its ticket names.
    pub(super) fn asked(&self) -> AskedFor {
        self.ticket.asked()
    }
}

impl fmt::Display for AskedFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.service)?;
        match self.kvno {
            Some(kvno) => write!(f, " kvno {kvno}"),
            None => Ok(()),
        }
    }
}

/// A status of GSSAPI (RFC 2744, section 3.9); the library has its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GssStatus {
    major: u32,
    minor: u32,
}

impl From<Error> for GssStatus {
    fn from(error: Error) -> Self {
        Self {
            major: error.major.bits(),
            minor: error.minor,
        }
    }
}

impl fmt::Display for GssStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let major = MajorFlags::from_bits_retain(self.major);
        let minor = self.minor;
        Error { major, minor }.fmt(f)
    }
}

impl KerberosRefusal {
    /// The `reason` label of metrics and audit lines.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Ntlm => "ntlm",
            Self::SecondLeg => "second_leg",
            Self::Malformed => "malformed_token",
            Self::WrongService { .. } => "wrong_service",
            Self::OtherKey { .. } => "other_key",
            Self::WrongPrincipal { .. } => "wrong_principal",
            Self::KeyVersion { .. } => "key_version",
            Self::EncryptionType { .. } => "encryption_type",
            Self::Decrypt { .. } => "decrypt",
            Self::Expired { .. } => "ticket_expired",
            Self::NotYetValid { .. } => "ticket_not_yet_valid",
            Self::ClockSkew { .. } => "clock_skew",
            Self::Replay { .. } => "replay",
            Self::ChannelBinding { .. } => "channel_binding",
            Self::Unbound { .. } => "no_channel_binding",
            Self::ForeignRealm { .. } => "foreign_realm",
            Self::Other { .. } | Self::NotAUser { .. } => "gssapi",
            Self::NoPac { .. } => "no_pac",
            Self::BadPac { .. } => "bad_pac",
            Self::TooMany { .. } => "too_many_tokens",
            Self::NoRoom => "replay_memory_full",
            Self::Busy => "busy",
        }
    }
}

// Minor status codes of Kerberos (RFC 4120, section 7.5.9) as MIT krb5 numbers them.
const AP_ERR_TKT_EXPIRED: i32 = -1_765_328_352;
const AP_ERR_TKT_NYV: i32 = -1_765_328_351;
const AP_ERR_SKEW: i32 = -1_765_328_347;

/// The routine error of a major status (RFC 2744, section 3.9.1).
const BAD_BINDINGS: u32 = 4;

/// What a failed acceptance means. `error` is the Kerberos mechanism's own, since SPNEGO's says
/// little; the ticket is compared with the keytab, since MIT has one code for several causes.
pub(super) fn diagnose(error: Error, ticket: &Ticket, keytab: &Keytab) -> KerberosRefusal {
    let asked = ticket.asked();
    if (error.major.bits() >> 16) & 0xff == BAD_BINDINGS {
        return KerberosRefusal::ChannelBinding { asked };
    }
    match error.minor.cast_signed() {
        AP_ERR_TKT_EXPIRED => return KerberosRefusal::Expired { asked },
        AP_ERR_TKT_NYV => return KerberosRefusal::NotYetValid { asked },
        AP_ERR_SKEW => return KerberosRefusal::ClockSkew { asked },
        _ => {}
    }
    let of_service: Vec<_> = keytab
        .entries
        .iter()
        .filter(|entry| entry.principal.eq_ignore_ascii_case(&ticket.service))
        .collect();
    if of_service.is_empty() {
        let have: Vec<_> = keytab.principals().into_iter().collect();
        let have = have.join(", ");
        return KerberosRefusal::WrongPrincipal { asked, have };
    }
    let versions: BTreeSet<u32> = of_service.iter().map(|entry| entry.kvno).collect();
    // AD's read-only controllers name only the lower half in their keytabs.
    let of_version = |kvno: u32| versions.contains(&kvno) || versions.contains(&(kvno & 0xffff));
    if ticket.kvno.is_some_and(|kvno| !of_version(kvno)) {
        let have: Vec<_> = versions.iter().map(u32::to_string).collect();
        let have = have.join(", ");
        return KerberosRefusal::KeyVersion { asked, have };
    }
    if of_service.iter().all(|entry| entry.etype != ticket.etype) {
        let etype = ticket.etype;
        return KerberosRefusal::EncryptionType { asked, etype };
    }
    KerberosRefusal::Decrypt { asked }
}

#[cfg(test)]
mod tests {
    use libgssapi::error::MajorFlags;

    use super::{super::keytab::Entry, *};

    fn diagnosed(service: &str, kvno: u32, etype: i32, minor: i32) -> &'static str {
        let principal = "HTTP/login.corp.example@CORP.EXAMPLE".to_owned();
        let realm = "CORP.EXAMPLE".to_owned();
        let keytab = Keytab {
            entries: vec![Entry {
                principal,
                realm,
                kvno: 2,
                etype: 18,
                key: 0,
            }],
        };
        let service = format!("{service}@CORP.EXAMPLE");
        let ticket = Ticket {
            service,
            kvno: Some(kvno),
            etype,
        };
        let error = Error {
            major: MajorFlags::GSS_S_FAILURE,
            minor: minor.cast_unsigned(),
        };
        diagnose(error, &ticket, &keytab).reason()
    }

    #[test]
    fn causes_are_told_apart() {
        assert_eq!(
            diagnosed("HTTP/login.corp.example", 2, 18, AP_ERR_SKEW),
            "clock_skew"
        );
        assert_eq!(
            diagnosed("HTTP/login.corp.example", 2, 18, AP_ERR_TKT_EXPIRED),
            "ticket_expired"
        );
        assert_eq!(
            diagnosed("HTTP/other.corp.example", 2, 18, 1),
            "wrong_principal"
        );
        assert_eq!(
            diagnosed("HTTP/login.corp.example", 3, 18, 1),
            "key_version"
        );
        assert_eq!(
            diagnosed("HTTP/login.corp.example", 2, 23, 1),
            "encryption_type"
        );
        assert_eq!(diagnosed("HTTP/login.corp.example", 2, 18, 1), "decrypt");
    }
}
