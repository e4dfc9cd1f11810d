//! Why a login by certificate is refused.

use std::sync::Arc;

use crate::{cause, config::CertificateName, directory::UnusableName};

/// Why a login by certificate is refused. Its text is for the administrator.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CertificateRefusal {
    #[error(
        "the certificate of {subject} does not come from a CA in CLIENT_CA_FILE; add its issuer if it is to be accepted"
    )]
    UnknownIssuer { subject: String },
    #[error(
        "the certificate of {subject} has expired, or is not valid yet; issue a new one, or check this machine's clock"
    )]
    Validity { subject: String },
    #[error("the certificate of {subject} is revoked")]
    Revoked { subject: String },
    #[error(
        "the certificate of {subject} comes from {authority}, which is in CLIENT_CA_FILE and does not count: {why}"
    )]
    AuthorityLeftOut {
        subject: String,
        authority: String,
        why: &'static str,
    },
    #[error("the certificate of {subject} is not for signing in: {lacks}")]
    Usage {
        subject: String,
        lacks: &'static str,
    },
    #[error(
        "the issuer of {subject}'s certificate has no revocation list that is valid now (CLIENT_CRL_REQUIRED); renew the files of CLIENT_CRL_FILES"
    )]
    NoRevocationList { subject: String },
    #[error(
        "the revocation list of the issuer of {subject}'s certificate is damaged, or signed in a way that is not \
         accepted, so that nobody knows whether it is revoked; fetch it anew into the files of CLIENT_CRL_FILES"
    )]
    UnverifiedList { subject: String },
    #[error("the client sent {0} certificates, more than a chain has")]
    ChainTooLong(usize),
    #[error("the client sent a certificate of {0} bytes, larger than any should be")]
    TooLarge(usize),
    #[error("the certificate cannot be read: {0}")]
    Unreadable(&'static str),
    #[error("the certificate is not valid: {}", invalid(.0))]
    Invalid(Arc<rustls::Error>),
    #[error("the certificate of {subject} holds none of the names in CLIENT_CERT_MAP")]
    NoName { subject: String },
    #[error(
        "the certificate has two values for {name} ({}); issue a new one with one",
        values.iter().map(|value| cause::quoted(value)).collect::<Vec<_>>().join(", ")
    )]
    SeveralNames {
        name: CertificateName,
        values: Vec<String>,
    },
    #[error(
        "the certificate's {name} is no text that can be read: issue a new one with it in UTF-8, or name the user \
         by something else in CLIENT_CERT_MAP"
    )]
    UnreadableName { name: CertificateName },
    #[error(
        "the certificate's {name} {} cannot be a user's: {why}",
        cause::quoted(value)
    )]
    UnusableName {
        name: CertificateName,
        value: String,
        why: UnusableName,
    },
    #[error(
        "the certificate means its user by {name} {} alone, which does not prove enough (CLIENT_CERT_BINDING \
         strong, KB5014754): issue it with the user's SID in it, or write X509IssuerSerialNumber, X509SKI or \
         X509SHA1PublicKey into the user's altSecurityIdentities",
        cause::quoted(value)
    )]
    WeakName {
        name: CertificateName,
        value: String,
    },
    #[error(
        "the directory has no user for the certificate's {name} {}",
        cause::quoted(value)
    )]
    UnknownUser {
        name: CertificateName,
        value: String,
    },
    #[error(
        "the directory has {count} users for the certificate's {name} {}; correct the directory or CLIENT_CERT_MAP so that it is one",
        cause::quoted(value)
    )]
    Ambiguous {
        name: CertificateName,
        value: String,
        count: usize,
    },
    #[error(
        "the certificate's {name} means {dn}, and its {other} {} does not; issue a new one with the names of one user",
        cause::quoted(other_value)
    )]
    Disagreement {
        name: CertificateName,
        dn: String,
        other: CertificateName,
        other_value: String,
    },
}

impl CertificateRefusal {
    /// The `reason` label of metrics and audit lines.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::UnknownIssuer { .. } | Self::AuthorityLeftOut { .. } => "certificate_issuer",
            Self::Validity { .. } => "certificate_validity",
            Self::Revoked { .. } => "certificate_revoked",
            Self::Usage { .. } => "certificate_usage",
            Self::NoRevocationList { .. } | Self::UnverifiedList { .. } => "certificate_no_crl",
            Self::ChainTooLong(_) | Self::TooLarge(_) => "certificate_size",
            Self::Unreadable(_) | Self::UnreadableName { .. } | Self::Invalid(_) => {
                "certificate_invalid"
            }
            Self::NoName { .. } => "certificate_no_name",
            Self::SeveralNames { .. } => "certificate_several_names",
            Self::UnusableName { .. } => "unusable_name",
            Self::WeakName { .. } => "certificate_weak",
            Self::UnknownUser { .. } => "unknown_user",
            Self::Ambiguous { .. } => "ambiguous_user",
            Self::Disagreement { .. } => "certificate_disagreement",
        }
    }
}

fn invalid(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(error) => format!("it {}", cause::certificate(error)),
        other => cause::tls(other),
    }
}
