//! What a key may say in one word of several.

use std::{
    fmt,
    io::{self, IsTerminal as _},
};

/// `CHANNEL_BINDING`: whether a token must be made for the very TLS connection that brings it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelBindingPolicy {
    /// Not looked at: for balancers that end TLS.
    Off,
    /// A wrong one is refused; none is accepted, since many browsers send none.
    Accept,
    Require,
}

/// `PROXY_PROTOCOL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyProtocol {
    Off,
    /// Every connection must open with a version 2 header from a trusted address.
    V2,
}

/// `TLS_TERMINATION`: where TLS ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsTermination {
    Here,
    /// A trusted balancer ends it, and speaks plain HTTP to us.
    Proxy,
}

/// How a line looks (`LOG_FORMAT`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    /// One flat JSON object a line: `timestamp`, `level`, `target`, `message` and the event's fields.
    Json,
}

impl LogFormat {
    /// Text when standard error is a terminal, else JSON.
    #[must_use]
    pub fn for_stderr() -> Self {
        if io::stderr().is_terminal() {
            Self::Text
        } else {
            Self::Json
        }
    }
}

/// How much is logged (`LOG_LEVEL`): a level, and those of parts of the program, `info,ad_edge::tunnel=debug`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLevels(String);

impl LogLevels {
    /// The levels, from nothing to everything.
    pub const WORDS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

    pub(super) fn parse(text: &str) -> Option<Self> {
        let level = |text: &str| Self::WORDS.contains(&text.trim());
        let part = |text: &str| {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
            let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
            begins && text.trim_end().chars().all(plain)
        };
        let good = |item: &str| match item.trim().split_once('=') {
            Some((name, text)) => part(name) && level(text),
            None => level(item),
        };
        let compact = || text.split_whitespace().collect();
        text.split(',').all(good).then(|| Self(compact()))
    }

    /// Those of this program's default.
    pub(super) fn fixed(text: &str) -> Self {
        debug_assert!(Self::parse(text).is_some());
        Self(text.to_owned())
    }

    /// Without white space.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `CLIENT_CERT_BINDING`: what a certificate must hold beside a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateBinding {
    /// Any of the names in the map counts, as in the AD/LDAP Connector.
    Compatible,
    /// On Active Directory a name must decide that is strong in the words of Microsoft's KB5014754; and the
    /// certificate must say that it is for signing in.
    Strong,
}

/// A way in which a certificate names its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CertificateName {
    /// The user principal name in the subject alternative name → userPrincipalName.
    Upn,
    /// The security identifier that AD's certificate services put in → objectSid.
    Sid,
    /// Issuer and serial number → altSecurityIdentities.
    IssuerSerial,
    /// The subject key identifier → altSecurityIdentities.
    Ski,
    /// The hash of the public key → altSecurityIdentities.
    Sha1,
    /// The mail address in the subject alternative name → mail.
    Email,
    /// The subject → the entry of that DN.
    Dn,
    /// The subject's common name → `LDAP_USER_BY_NAME`, as the AD/LDAP Connector does.
    Cn,
}

impl CertificateName {
    /// All of them, each with its word.
    pub const WORDS: [(&str, Self); 8] = [
        (Self::Upn.key(), Self::Upn),
        (Self::Sid.key(), Self::Sid),
        (Self::IssuerSerial.key(), Self::IssuerSerial),
        (Self::Ski.key(), Self::Ski),
        (Self::Sha1.key(), Self::Sha1),
        (Self::Email.key(), Self::Email),
        (Self::Dn.key(), Self::Dn),
        (Self::Cn.key(), Self::Cn),
    ];

    /// Whether it cannot be the name of a later account too, and no CA gives it by mistake (KB5014754).
    #[must_use]
    pub const fn is_strong(self) -> bool {
        matches!(
            self,
            Self::Sid | Self::IssuerSerial | Self::Ski | Self::Sha1
        )
    }

    /// As `CLIENT_CERT_MAP` writes it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Upn => "upn",
            Self::Sid => "sid",
            Self::IssuerSerial => "issuer-serial",
            Self::Ski => "ski",
            Self::Sha1 => "sha1",
            Self::Email => "email",
            Self::Dn => "dn",
            Self::Cn => "cn",
        }
    }
}

impl fmt::Display for CertificateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}
