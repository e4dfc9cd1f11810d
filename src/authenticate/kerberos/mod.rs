//! From a SPNEGO token to a principal (RFC 4559, RFC 4178), in process, on threads of its own.

mod acceptor;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod gss;
mod keytab;
mod principal;
mod refusal;
mod replay;
mod spnego;
mod worker;

pub use self::{
    acceptor::{Kerberos, KerberosError},
    gss::credential_of_cache,
    keytab::{Entry as KeytabEntry, Keytab, KeytabError},
    principal::{KerberosRealms, Principal},
    refusal::KerberosRefusal,
};
