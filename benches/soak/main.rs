//! A soak: very many logins of every kind, and some refusals, at a steady rate on three instances behind the
//! shipped balancer, and what these hold of memory, threads and open files meanwhile and afterwards. Run by
//! `benches/soak.sh`; fails when that is not flat, or when an instance ends.

#[path = "../../tests/lab/mod.rs"]
mod lab;

mod arguments;
mod browser;
mod counts;
mod flat;
mod fleet;
mod load;
mod table;
mod watch;

use std::{io, process::ExitCode, thread, time::Duration};

use clap::Parser as _;
use tokio::time::Instant;

use self::{
    arguments::Arguments,
    counts::Counts,
    fleet::Fleet,
    load::Load,
    watch::{Sample, Watch},
};

/// Between two samples, in a long run.
const BETWEEN: Duration = Duration::from_secs(10);
/// Threads that wait for work end after ten seconds, and closed connections are gone by then.
const QUIET: Duration = Duration::from_secs(20);
const PROGRESS: Duration = Duration::from_secs(60);
/// Logins before the first quiet: pools and caches have what they need.
const FIRST_PERCENT: u64 = 1;
/// Of logs that are kept on the disk, in bytes each.
const LOG: u64 = 64 << 20;

fn main() -> io::Result<ExitCode> {
    let arguments = Arguments::parse();
    rlimit::increase_nofile_limit(20_000)?;
    let fleet = Fleet::start();
    let processes = fleet
        .instances
        .iter()
        .map(|instance| instance.process.pid());
    let mut watch = Watch::new(processes.collect(), &arguments.samples)?;
    let counts = Counts::default();
    let start = Instant::now();

    let first = arguments.logins * FIRST_PERCENT / 100;
    soak(&fleet, &counts, &mut watch, &arguments, first, start)?;
    let before = quiet(&mut watch, &counts)?;
    watch.samples.clear();
    let rest = arguments.logins - first;
    let begun = Instant::now();
    soak(&fleet, &counts, &mut watch, &arguments, rest, start)?;
    let seconds = begun.elapsed().as_secs_f64();
    let samples = std::mem::take(&mut watch.samples);
    let after = quiet(&mut watch, &counts)?;

    table::logins(&counts);
    #[expect(clippy::cast_precision_loss, reason = "a rate to be read")]
    let rate = (counts.ended() - before.logins) as f64 / seconds;
    println!("{rate:.0} logins a second for {seconds:.0} s\n");
    table::held(&samples, &before, &after);
    let faults = flat::faults(&samples, &before.held, &after.held);
    for fault in &faults {
        println!("not flat: {fault}");
    }
    if faults.is_empty() {
        println!("flat");
        Ok(ExitCode::SUCCESS)
    } else {
        Ok(ExitCode::FAILURE)
    }
}

/// Makes so many logins, as far as the time allows.
fn soak(
    fleet: &Fleet,
    counts: &Counts,
    watch: &mut Watch,
    arguments: &Arguments,
    logins: u64,
    start: Instant,
) -> io::Result<()> {
    // A short run has as many samples as a long one.
    let between = Duration::from_secs(arguments.logins / u64::from(arguments.rate)) / 200;
    let between = between.clamp(Duration::from_millis(200), BETWEEN);
    let end = start + Duration::from_secs(arguments.minutes * 60);
    let (mut sample, mut progress) = (Instant::now(), Instant::now());
    let mut outcome = Ok(());
    Load::run(fleet, counts, (arguments.rate, logins), |ended| {
        let now = Instant::now();
        if now >= sample {
            sample = now + between;
            outcome = watch.take(ended).map(drop);
            fleet.shorten_logs(LOG);
        }
        if now >= progress {
            progress = now + PROGRESS;
            eprintln!("{} s: {ended} logins", start.elapsed().as_secs());
        }
        outcome.is_ok() && now < end
    });
    outcome
}

/// What they hold when nobody has signed in for a while.
fn quiet(watch: &mut Watch, counts: &Counts) -> io::Result<Sample> {
    thread::sleep(QUIET);
    watch.take(counts.ended())
}
