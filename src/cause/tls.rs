//! TLS: what rustls says.

use rustls::{AlertDescription, CertificateError, Error, OtherError};

/// What is wrong with a certificate, as far as it decides what is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateFault {
    UnknownIssuer,
    WrongName,
    Expired,
    NotYetValid,
    Other,
}

impl CertificateFault {
    /// None when TLS failed for another reason.
    #[must_use]
    pub fn of(error: &Error) -> Option<Self> {
        match error {
            Error::InvalidCertificate(error) => Some(Self::in_certificate(error)),
            _ => None,
        }
    }

    fn in_certificate(error: &CertificateError) -> Self {
        match error {
            CertificateError::UnknownIssuer => Self::UnknownIssuer,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Self::WrongName
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Self::NotYetValid
            }
            _ => Self::Other,
        }
    }
}

/// An error of TLS, about the other side.
pub fn tls(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(error) => format!("its certificate {}", certificate(error)),
        Error::NoCertificatesPresented => "it shows no certificate".to_owned(),
        Error::InvalidCertRevocationList(_) => "a revocation list cannot be used".to_owned(),
        Error::AlertReceived(received) => format!("it ends TLS: {}", alert(*received)),
        Error::PeerIncompatible(_) | Error::NoApplicationProtocol => {
            "it has no TLS version, cipher suite or signature in common with this program"
                .to_owned()
        }
        Error::InvalidMessage(_) => "what it sends is not TLS".to_owned(),
        Error::InappropriateMessage { .. }
        | Error::InappropriateHandshakeMessage { .. }
        | Error::PeerMisbehaved(_)
        | Error::PeerSentOversizedRecord
        | Error::InvalidEncryptedClientHello(_) => "it breaks the rules of TLS".to_owned(),
        Error::DecryptError | Error::EncryptError => {
            "a message cannot be decrypted or encrypted".to_owned()
        }
        Error::UnsupportedNameType => "its name cannot be checked".to_owned(),
        Error::InconsistentKeys(_) => {
            "the private key does not belong to the certificate".to_owned()
        }
        Error::FailedToGetCurrentTime | Error::FailedToGetRandomBytes => {
            "this machine gives no time or no random numbers".to_owned()
        }
        // Written by the provider of the cryptography, in words.
        Error::General(text) => text.clone(),
        _ => "TLS failed".to_owned(),
    }
}

/// What is wrong with a certificate; goes on after `the certificate`.
pub fn certificate(error: &CertificateError) -> String {
    match CertificateFault::in_certificate(error) {
        CertificateFault::UnknownIssuer => "comes from an unknown authority",
        CertificateFault::WrongName => match error {
            CertificateError::NotValidForNameContext {
                expected,
                presented,
            } if !presented.is_empty() => {
                return format!(
                    "is not for {}, only for {}",
                    expected.to_str(),
                    presented
                        .iter()
                        .map(|one| name(one))
                        .collect::<Vec<_>>()
                        .join(", ")
                );
            }
            _ => "is not for this name",
        },
        CertificateFault::Expired => "has expired",
        CertificateFault::NotYetValid => "is not valid yet",
        CertificateFault::Other => match error {
            CertificateError::BadEncoding => "is malformed",
            CertificateError::Revoked => "is revoked",
            CertificateError::UnknownRevocationStatus => "has no revocation list that covers it",
            CertificateError::ExpiredRevocationList
            | CertificateError::ExpiredRevocationListContext { .. } => {
                "has an expired revocation list"
            }
            CertificateError::BadSignature => "has a wrong signature",
            CertificateError::UnsupportedSignatureAlgorithmContext { .. }
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
                "has a signature of a kind that is not accepted"
            }
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
                "is not made for this use"
            }
            CertificateError::UnhandledCriticalExtension => {
                "has a critical extension that is not known"
            }
            CertificateError::Other(OtherError(error)) => return other(error.as_ref()),
            _ => "is not accepted",
        },
    }
    .to_owned()
}

/// What the verifier says that rustls has no name for, and what this program says itself.
fn other(error: &(dyn std::error::Error + 'static)) -> String {
    let Some(error) = error.downcast_ref() else {
        return error.to_string();
    };
    match error {
        webpki::Error::CaUsedAsEndEntity => {
            "is an authority's own, which may not be a server's or a user's"
        }
        webpki::Error::EndEntityUsedAsCa => "has an issuer that is not an authority",
        webpki::Error::NameConstraintViolation => "has a name that its authority may not give",
        webpki::Error::PathLenConstraintViolated => "has more issuers than its authority allows",
        webpki::Error::UnsupportedCertVersion => "is not of version 3",
        webpki::Error::UnsupportedSignatureAlgorithmContext(_)
        | webpki::Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => {
            "has a signature of a kind that is not accepted"
        }
        webpki::Error::ExtensionValueInvalid => "has an extension that is malformed",
        _ => "is not accepted",
    }
    .to_owned()
}

/// `DnsName("dc1.corp.example")` → `dc1.corp.example`: rustls gives names as debug text.
fn name(presented: &str) -> &str {
    presented.split('"').nth(1).unwrap_or(presented)
}

/// An alert that the other side sent (RFC 8446, section 6.2).
pub fn alert(alert: AlertDescription) -> String {
    let words = match alert {
        AlertDescription::CloseNotify | AlertDescription::UserCanceled => "the end was asked for",
        AlertDescription::HandshakeFailure
        | AlertDescription::ProtocolVersion
        | AlertDescription::InsufficientSecurity => "no version or cipher suite in common",
        AlertDescription::NoCertificate | AlertDescription::CertificateRequired => {
            "a client certificate is required"
        }
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown => "the certificate is not accepted",
        AlertDescription::UnknownCA => "the certificate comes from an authority unknown there",
        AlertDescription::AccessDenied => "access is denied",
        AlertDescription::UnrecognisedName => "the name is not known there",
        AlertDescription::DecryptError | AlertDescription::BadRecordMac => {
            "a message could not be decrypted"
        }
        AlertDescription::InternalError => "an internal error there",
        AlertDescription::NoApplicationProtocol => "no application protocol in common",
        other => return format!("alert {}", u8::from(other)),
    };
    words.to_owned()
}
