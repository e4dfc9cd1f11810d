//! From a SPNEGO token to a principal (RFC 4559, RFC 4178), in process, on threads of its own.

mod acceptor;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod gss;
mod keytab;
mod krb5;
mod pac;
mod principal;
mod refusal;
mod replay;
mod services;
mod skew;
mod spnego;
mod worker;

pub use self::{
    acceptor::{Accepted, Kerberos, KerberosError},
    gss::credential_of_cache,
    keytab::{Entry as KeytabEntry, Keytab, KeytabError},
    krb5::clock_skew,
    principal::{KerberosRealms, Principal},
    refusal::KerberosRefusal,
    services::Services,
};
