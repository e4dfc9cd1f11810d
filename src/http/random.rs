//! Random bytes for identifiers and nonces, passed in so that a test can hold them still.

use std::{fmt, sync::Arc};

type Fill = dyn Fn(&mut [u8]) + Send + Sync;

/// A source of unpredictable bytes.
#[derive(Clone)]
pub struct Random(Arc<Fill>);

impl Random {
    /// AWS-LC's generator.
    ///
    /// # Panics
    /// At use, when the system has no randomness: nothing here would be safe without.
    #[must_use]
    pub fn system() -> Self {
        Self(Arc::new(|bytes| {
            aws_lc_rs::rand::fill(bytes).expect("the system provides random bytes");
        }))
    }

    /// Repeats one byte, for tests.
    #[must_use]
    #[cfg(test)]
    pub fn fixed(byte: u8) -> Self {
        Self(Arc::new(move |bytes| bytes.fill(byte)))
    }

    /// `N` bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.0)(&mut bytes);
        bytes
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_bytes_differ_and_fixed_ones_do_not() {
        let system = Random::system();
        assert_ne!(system.bytes::<16>(), system.bytes::<16>());
        assert_eq!(Random::fixed(7).bytes::<4>(), [7; 4]);
    }
}
