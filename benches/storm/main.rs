//! Kerberos logins at a steady rate, each on a fresh TLS connection as a browser's first one is, and
//! what became of them. Uses the ticket in the credential cache (`kinit` before), or those of several
//! users in turn.
//!
//! ```text
//! cargo run --release --features storm --bin storm -- \
//!     --url 'https://login.corp.example/wsfed' --rate 50 --seconds 60
//! ```
//!
//! `--help` tells the rest.

mod arguments;
mod login;
mod summary;

use std::{error::Error, process::ExitCode, sync::Arc, time::Duration};

use clap::Parser as _;
use tokio::{
    runtime::Runtime,
    signal::unix::{Signal, SignalKind, signal},
    sync::{Semaphore, mpsc},
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};

use self::{arguments::Arguments, login::Target, summary::Summary};

/// Wrong usage, or nothing to sign in with (EX_USAGE of sysexits.h).
const USAGE: u8 = 64;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // To a pipe that was closed nothing can be said.
            let _unsaid = error.print();
            return if error.use_stderr() {
                ExitCode::from(USAGE)
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    match run(&arguments) {
        Ok(summary) => {
            summary.print(arguments.json);
            if summary.failed() == 0 && summary.good() > 0 {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(error) => {
            eprintln!("storm: {error}");
            ExitCode::from(USAGE)
        }
    }
}

fn run(arguments: &Arguments) -> Result<Summary, Box<dyn Error>> {
    let target = Arc::new(Target::new(arguments)?);
    let runtime = Runtime::new()?;
    let summary = runtime.block_on(make_logins(arguments, target));
    // A token that waits for its KDC on a thread keeps nobody here.
    runtime.shutdown_background();
    summary
}

async fn make_logins(
    arguments: &Arguments,
    target: Arc<Target>,
) -> Result<Summary, Box<dyn Error>> {
    let mut signals = Signals::new()?;
    let slots = Arc::new(Semaphore::new(arguments.at_once as usize));
    let (finished, mut logins) = mpsc::unbounded_channel();
    // None once no more are begun: the channel ends with the last login.
    let mut finished = Some(finished);
    let start = Instant::now();
    let end = start + Duration::from_secs(arguments.seconds);
    // A tick that comes late is made up for: its login was due then, and its wait counts from then.
    let mut ticks = interval(Duration::from_secs(1) / arguments.rate);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut progress = interval(Duration::from_secs(1));
    progress.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut summary = Summary::new(start);
    let (mut begun, mut under_way) = (0, 0);
    loop {
        let asking = finished.is_some();
        tokio::select! {
            biased;
            () = signals.next() => {
                if !asking {
                    break;
                }
                finished = None;
            }
            () = sleep_until(end), if asking => finished = None,
            due = ticks.tick(), if asking => {
                begun += 1;
                match (&finished, Arc::clone(&slots).try_acquire_owned()) {
                    (Some(finished), Ok(slot)) => {
                        let (target, finished) = (Arc::clone(&target), finished.clone());
                        under_way += 1;
                        tokio::spawn(async move {
                            let login = target.login(due).await;
                            drop(slot);
                            // After a second signal nobody listens.
                            let _unheard = finished.send(login);
                        });
                    }
                    _ => summary.lost(1, format!("not begun: {} were under way", arguments.at_once)),
                }
                if arguments.count == Some(begun) {
                    finished = None;
                }
            }
            login = logins.recv() => match login {
                Some(login) => {
                    under_way -= 1;
                    summary.add(login);
                }
                None => break,
            },
            now = progress.tick(), if !arguments.quiet => eprintln!("{}", summary.progress(now)),
        }
        if asking && finished.is_none() {
            summary.asked_until(Instant::now());
        }
    }
    summary.lost(under_way, "still under way at the end".to_owned());
    Ok(summary)
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
