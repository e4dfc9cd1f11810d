//! Whether what instances hold stays the same.

use super::watch::{Held, Sample};

/// So much more memory at most, in percent, in the last tenth of the logins than in an early one.
const MORE_PERCENT: u64 = 5;
/// Seconds for which authenticators are remembered at most: until then more of them are with each login.
const REMEMBERED: u64 = 1200;
/// The early tenths: in the first one, caches fill.
const EARLY: [u64; 4] = [2, 3, 4, 5];

/// What is not flat, a line each: resident memory by the median of an early and the last tenth of the logins, of
/// the first early one that begins when as much is remembered as later; threads and descriptors by the quiet before
/// most of them and the quiet after all.
pub fn faults(samples: &[Sample], before: &[Held], after: &[Held]) -> Vec<String> {
    let mut faults = Vec::new();
    let logins = samples.last().map_or(0, |sample| sample.logins);
    let early = early(samples, logins);
    for (number, (before, after)) in before.iter().zip(after).enumerate() {
        let instance = number + 1;
        let median = |tenth: u64| median_in_tenth(samples, number, logins, tenth);
        match (median(early), median(10)) {
            (Some(first), Some(last)) if last * 100 <= first * (100 + MORE_PERCENT) => {}
            (Some(first), Some(last)) => faults.push(format!(
                "instance {instance} holds {last} KiB in the last tenth and {first} KiB in tenth {early}"
            )),
            _ => faults.push(format!("instance {instance}: too few samples")),
        }
        for (what, before, after) in [
            ("threads", before.threads, after.threads),
            ("descriptors", before.descriptors, after.descriptors),
        ] {
            if after > before {
                faults.push(format!(
                    "instance {instance} has {after} {what} when quiet, and had {before}"
                ));
            }
        }
    }
    faults
}

/// A run that is too short has the second one.
fn early(samples: &[Sample], logins: u64) -> u64 {
    let is_full = |tenth: &u64| {
        let begins = samples
            .iter()
            .find(|sample| sample.logins * 10 > logins * (tenth - 1));
        begins.is_some_and(|sample| sample.seconds >= REMEMBERED)
    };
    EARLY.into_iter().find(is_full).unwrap_or(EARLY[0])
}

/// Of the resident memory while this tenth of the logins, 1 to 10, ended.
pub fn median_in_tenth(
    samples: &[Sample],
    instance: usize,
    logins: u64,
    tenth: u64,
) -> Option<u64> {
    let of_tenth = |sample: &&Sample| {
        sample.logins * 10 > logins * (tenth - 1) && sample.logins * 10 <= logins * tenth
    };
    let resident = samples
        .iter()
        .filter(of_tenth)
        .map(|sample| sample.held[instance].resident);
    let mut sorted: Vec<_> = resident.collect();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
}
