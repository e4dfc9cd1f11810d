//! Proof of identity: from a Kerberos token to a principal.
//!
//! [`Kerberos`] accepts SPNEGO tokens (RFC 4559, RFC 4178) in process, on threads of its own.

mod gss;
mod keytab;
mod negotiate;
mod principal;
mod refusal;
mod replay;
mod spnego;
mod worker;

pub use self::{
    keytab::{Keytab, KeytabError},
    principal::{KerberosRealms, Principal},
    refusal::{AskedFor, KerberosRefusal},
    spnego::{Accepted, Kerberos, KerberosError},
};
