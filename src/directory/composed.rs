//! Letters in one piece: `é` may come as one character, or as `e` with an accent that follows.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;

/// The composed form (NFC, UAX #15).
pub(super) fn composed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return text.into();
    }
    ComposingNormalizerBorrowed::new_nfc().normalize(text)
}
