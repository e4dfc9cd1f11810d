//! Secrets: values that Debug, Display and serialisation never show, in memory that nobody reads.
//!
//! The type is secrecy's; this module exists so that the whole program names one type, and so that
//! one test proves what the others rely on.

use std::io;

use rustix::process::{DumpableBehavior, set_dumpable_behavior};
pub use secrecy::{ExposeSecret, SecretString};

/// From now on the memory of this process is for root alone: its user's other programs cannot read it, and a
/// crash writes none of it to a disk (`PR_SET_DUMPABLE` of prctl(2)).
///
/// # Errors
/// When the system refuses it.
pub fn guard_memory() -> io::Result<()> {
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_secret() {
        let secret = SecretString::from("Passw0rd!23".to_owned());
        let shown = format!("{secret:?} {:?}", Some(&secret));
        assert!(!shown.contains("Passw0rd"), "{shown}");
        assert_eq!(secret.expose_secret(), "Passw0rd!23");
    }
}
