//! Whether what instances hold stays the same.

use super::watch::{Held, Sample};

/// So much more memory at most, in percent, in the last tenth of the logins than in the second one. In the
/// first one, caches fill, and what is remembered for a time.
const MORE_PERCENT: u64 = 5;

/// What is not flat, a line each: resident memory by the median of the second and the last tenth of the logins;
/// threads and descriptors by the quiet before most of them and the quiet after all.
pub fn faults(samples: &[Sample], before: &[Held], after: &[Held]) -> Vec<String> {
    let mut faults = Vec::new();
    let logins = samples.last().map_or(0, |sample| sample.logins);
    for (number, (before, after)) in before.iter().zip(after).enumerate() {
        let instance = number + 1;
        let median = |tenth: u64| median_in_tenth(samples, number, logins, tenth);
        match (median(2), median(10)) {
            (Some(second), Some(last)) if last * 100 <= second * (100 + MORE_PERCENT) => {}
            (Some(second), Some(last)) => faults.push(format!(
                "instance {instance} holds {last} KiB in the last tenth and {second} KiB in the second"
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
