//! Times as the page shows them: UTC, beside which a script puts the browser's own.

use std::time::SystemTime;

use time::{
    OffsetDateTime,
    format_description::{BorrowedFormatItem, well_known::Rfc3339},
    macros::format_description,
};

/// A time in UTC, for people and for a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// `13:33:50`, or with the day before it.
    pub text: String,
    /// `2026-11-24T13:33:50Z`.
    pub stamp: String,
}

impl Moment {
    pub fn time_of_day(at: SystemTime) -> Self {
        Self::by(at, format_description!("[hour]:[minute]:[second]"))
    }

    pub fn with_day(at: SystemTime) -> Self {
        let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
        Self::by(at, format)
    }

    fn by(at: SystemTime, format: &[BorrowedFormatItem<'_>]) -> Self {
        let at = OffsetDateTime::from(at);
        let at = at.replace_nanosecond(0).unwrap_or(at);
        Self {
            text: at.format(format).unwrap_or_default(),
            stamp: at.format(&Rfc3339).unwrap_or_default(),
        }
    }
}
