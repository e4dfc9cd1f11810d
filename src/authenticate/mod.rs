//! Proof of identity: from a Kerberos token to a principal, from a client certificate to its names.
//!
//! [`Kerberos`] accepts SPNEGO tokens (RFC 4559, RFC 4178) in process, on threads of its own.
//! [`Certificates`] checks certificate chains and says what to look up for their users.

#[cfg(feature = "fuzz")]
pub mod fuzz {
    pub use super::{
        certificate::fuzz::{certificate_names, given_authorities},
        kerberos::fuzz::{negotiate_token, pac, principal},
    };
}
mod certificate;
mod kerberos;

pub use self::{
    certificate::{
        CertificateRefusal, Certificates, GivenAuthorities, GivenError, GivenList, ListDoubt,
        Lookup, Mapped, TrustError,
    },
    kerberos::{
        Accepted, Kerberos, KerberosError, KerberosRealms, KerberosRefusal, Keytab, KeytabEntry,
        KeytabError, Principal, Services, clock_skew, credential_of_cache,
    },
};
