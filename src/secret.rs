//! Secrets: values that Debug, Display and serialisation never show.
//!
//! The type is secrecy's; this module exists so that the whole program names one type, and so that
//! one test proves what the others rely on.

pub use secrecy::{ExposeSecret, SecretString};

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
