//! Times as directories write them: FILETIME, generalized time, and the hours of a week.

use std::time::{SystemTime, UNIX_EPOCH};

use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset, macros::format_description};

/// Seconds from 1601-01-01, where FILETIME begins, to 1970-01-01.
const FILETIME_TO_UNIX: i128 = 11_644_473_600;
/// FILETIME counts steps of 100 nanoseconds.
const STEPS_PER_SECOND: i128 = 10_000_000;

/// Whether a FILETIME that ends something is not after `now`.
pub(super) fn filetime_has_passed(end: i64, now: SystemTime) -> bool {
    // Both values mean "never" ([MS-ADA1] 2.3).
    if end == 0 || end == i64::MAX {
        return false;
    }
    let steps = match now.duration_since(UNIX_EPOCH) {
        Ok(after) => {
            i128::from(after.as_secs()) * STEPS_PER_SECOND + i128::from(after.subsec_nanos()) / 100
        }
        Err(before) => -i128::from(before.duration().as_secs()) * STEPS_PER_SECOND,
    };
    i128::from(end) <= steps + FILETIME_TO_UNIX * STEPS_PER_SECOND
}

/// A time in UTC (RFC 4517, section 3.3.13).
pub(super) fn generalized_time(text: &str) -> Option<OffsetDateTime> {
    let format = format_description!("[year][month][day][hour][minute][second]");
    let seconds = text.strip_suffix('Z')?.split(['.', ',']).next()?;
    Some(PrimitiveDateTime::parse(seconds, format).ok()?.assume_utc())
}

/// The hours of a week in which an account may sign in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum LogonHours {
    #[default]
    All,
    /// A bit for each hour in UTC from Sunday on, the lowest of a byte first ([MS-SAMR] 2.2.6.5).
    Some([u8; 21]),
    /// Not of that length.
    Odd,
}

impl LogonHours {
    pub fn read(value: &[u8]) -> Self {
        value.try_into().map_or(Self::Odd, Self::Some)
    }

    pub fn allow(&self, time: OffsetDateTime) -> bool {
        match self {
            Self::All | Self::Odd => true,
            Self::Some(hours) => {
                let time = time.to_offset(UtcOffset::UTC);
                let day = usize::from(time.weekday().number_days_from_sunday());
                let hour = day * 24 + usize::from(time.hour());
                hours[hour / 8] & (1 << (hour % 8)) != 0
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use time::macros::datetime;

    use super::*;

    /// 2026-11-23T00:00:00Z, and the same instant as FILETIME.
    const UNIX: u64 = 1_795_392_000;
    const FILETIME: i64 = 134_398_656_000_000_000;

    #[test]
    fn a_filetime_passes_at_its_instant() {
        let now = UNIX_EPOCH + Duration::from_secs(UNIX);
        for (end, passed) in [
            (FILETIME, true),
            (FILETIME - 1, true),
            (FILETIME + 1, false),
            (1, true),
            (0, false),
            (i64::MAX, false),
        ] {
            assert_eq!(filetime_has_passed(end, now), passed, "{end}");
        }
    }

    #[test]
    fn a_directory_s_time_is_read() {
        let time = generalized_time("20261124101500.0Z").expect("a time");
        assert_eq!(time.unix_timestamp(), 1_795_515_300);
        assert_eq!(generalized_time("20261124101500Z"), Some(time));
        assert_eq!(generalized_time("20261124101500"), None);
        assert_eq!(generalized_time("soon"), None);
    }

    #[test]
    fn hours_count_from_sunday_in_utc() {
        let mut hours = [0; 21];
        hours[0] = 0b1000_0001;
        hours[20] = 0b1000_0000;
        let hours = LogonHours::read(&hours);
        for (time, may) in [
            (datetime!(2026-11-22 00:00 UTC), true),
            (datetime!(2026-11-22 00:59:59 UTC), true),
            (datetime!(2026-11-22 01:00 UTC), false),
            (datetime!(2026-11-22 07:30 UTC), true),
            (datetime!(2026-11-21 23:59 UTC), true),
            (datetime!(2026-11-21 22:59 UTC), false),
            // 23:30 on Saturday, in UTC.
            (datetime!(2026-11-22 00:30 +1), true),
            (datetime!(2026-11-22 01:30 +1), true),
            (datetime!(2026-11-22 02:30 +1), false),
        ] {
            assert_eq!(hours.allow(time), may, "{time}");
        }
        assert!(LogonHours::All.allow(datetime!(2026-11-22 03:00 UTC)));
        for odd in [&[][..], &[255; 20], &[255; 22]] {
            assert_eq!(LogonHours::read(odd), LogonHours::Odd);
        }
    }
}
