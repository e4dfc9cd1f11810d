//! What is printed at the end.

use crate::{
    counts::{Counts, SHARES},
    watch::{Held, Sample},
};

/// Where in a hundred of the logins a sample is shown.
const MARKS: [u64; 6] = [1, 10, 25, 50, 75, 100];

/// Logins by kind, and why some failed.
pub fn logins(counts: &Counts) {
    let all = counts.all();
    println!(
        "{:<30} {:>9} {:>9} {:>7}",
        "logins", "asked", "good", "failed"
    );
    let line = |name: &str, asked: u64, failed: u64| {
        println!("{name:<30} {asked:>9} {:>9} {failed:>7}", asked - failed);
    };
    let (mut asked, mut failed) = (0, 0);
    for (kind, _) in SHARES {
        let Some(count) = all.get(&kind) else {
            continue;
        };
        line(kind.name(), count.ended(), count.failed());
        asked += count.ended();
        failed += count.failed();
    }
    line("all", asked, failed);
    for (kind, count) in &all {
        for (why, failed) in &count.failures {
            println!("{failed:>9}  {}: {why}", kind.name());
        }
    }
}

/// Resident memory in MiB, threads and descriptors of each instance at the marks, and when it was quiet.
pub fn held(samples: &[Sample], before: &Sample, after: &Sample) {
    let logins = samples.last().map_or(0, |sample| sample.logins);
    print!("{:<12} {:>9}", "at", "logins");
    for number in 1..=after.held.len() {
        print!(
            "   {:>7} {number} {:>7} {:>5}",
            "MiB of", "threads", "files"
        );
    }
    println!();
    line("quiet", before);
    for mark in MARKS {
        if let Some(sample) = samples
            .iter()
            .find(|sample| sample.logins * 100 >= logins * mark)
        {
            line(&format!("{mark} %"), sample);
        }
    }
    line("quiet again", after);
}

fn line(name: &str, sample: &Sample) {
    print!("{name:<12} {:>9}", sample.logins);
    for Held {
        resident,
        threads,
        descriptors,
    } in &sample.held
    {
        let (whole, tenth) = (resident / 1024, resident % 1024 * 10 / 1024);
        print!(
            "   {:>9} {threads:>7} {descriptors:>5}",
            format!("{whole}.{tenth}")
        );
    }
    println!();
}
