//! The errors of outside libraries in plain words: their own texts hold Rust's debug output, names of
//! types and system error numbers, which tell an administrator nothing.
//!
//! An error type of a folder keeps the library's error as its cause, decides by its type, and words it
//! here at the edge.

mod quoted;
mod tls;
mod unseen;
mod watch;
mod words;

pub use self::{
    quoted::quoted,
    tls::{CertificateFault, alert, certificate, tls},
    unseen::{is_unseen, seen_lines, write_seen},
    watch::watch,
    words::{any, dns, innermost, io, ldap, system_lookup, tls_in, websocket},
};
