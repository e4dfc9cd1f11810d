//! The load: `storm`, as administrators run it.

use std::{collections::BTreeMap, path::PathBuf, process::Command, time::Duration};

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::{namespace::Namespace, turn::Turn, users};
use crate::lab::{Lab, process::Running, wait_until};

/// For whatever a scenario needs; it ends the load itself.
const AT_MOST: &str = "300";
/// Each user signs in on each of three instances once, and then some.
const WARM_UP: usize = users::COUNT * 4;
/// So many seconds of good logins come after a fault.
const AFTER: usize = 3;

/// Logins that are being made.
#[derive(Debug)]
pub struct Storm {
    process: Running,
    rate: usize,
    _folder: TempDir,
}

/// What `storm --json` prints.
#[derive(Debug, Serialize, Deserialize)]
pub struct Summary {
    pub asked: usize,
    pub failed: usize,
    pub asking_seconds: f64,
    pub longest_gap_ms: f64,
    pub good_median_ms: f64,
    pub good_p99_ms: f64,
    pub good_longest_ms: f64,
    pub failed_longest_ms: f64,
    pub failures: BTreeMap<String, usize>,
    pub instances: BTreeMap<String, usize>,
}

/// Where the load comes from and goes to.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// Where `storm` runs; here when none is given.
    pub host: Option<&'a Namespace>,
    /// The balancer's address and port.
    pub address: &'a str,
    /// The credential caches of those who sign in.
    pub caches: &'a [PathBuf],
}

impl Target<'_> {
    fn command(&self) -> Command {
        let program = env!("CARGO_BIN_EXE_storm");
        match self.host {
            Some(host) => host.command(program),
            None => Command::new(program),
        }
    }

    /// Some logins first that do not count: the instances have just started, and the first search for a
    /// user's groups takes the lab's controller long.
    pub fn warm_up(&self) {
        let count = WARM_UP.to_string();
        let mut storm = Storm::spawn(self, 20, &["--count", &count]);
        let status = storm.process.wait_exit(Duration::from_secs(60));
        let log = storm.process.log();
        assert!(status.success(), "logins without a fault:\n{log}");
    }

    /// `rate` logins a second from now on; the turn says that no other scenario is under load.
    pub fn storm(&self, _turn: &Turn, rate: usize) -> Storm {
        Storm::spawn(self, rate, &["--seconds", AT_MOST])
    }
}

impl Storm {
    fn spawn(target: &Target<'_>, rate: usize, more: &[&str]) -> Self {
        let (lab, mut command) = (Lab::get(), target.command());
        let folder = TempDir::new().expect("a folder");
        command
            .env("KRB5_CONFIG", lab.krb5_conf())
            .arg("--json")
            .args(["--url", "https://login.corp.example/wsfed"])
            .args(["--connect", target.address])
            .arg("--ca")
            .arg(lab.ca())
            .args(["--rate", &rate.to_string()])
            .args(more);
        for cache in target.caches {
            command.arg("--ccache").arg(cache);
        }
        Self {
            process: Running::start(&mut command, &folder.path().join("log")),
            rate,
            _folder: folder,
        }
    }

    /// Does something while the load is well under way; ends the load when good logins have come for
    /// some seconds after that.
    pub fn through(mut self, what: impl FnOnce(&Self)) -> Summary {
        self.await_good(self.rate * 3 / 2);
        what(&self);
        let ended = self.process.exited();
        assert!(
            ended.is_none(),
            "the load ended before the fault did: {ended:?}"
        );
        self.await_good(self.rate * AFTER);
        self.process.signal("TERM");
        let status = self.process.wait_exit(Duration::from_secs(40));
        let log = self.process.log();
        let line = log.lines().find(|line| line.starts_with('{'));
        let line = line.unwrap_or_else(|| panic!("storm gave no summary:\n{log}"));
        let summary: Summary = serde_json::from_str(line).expect("a summary");
        #[expect(clippy::cast_precision_loss, reason = "logins of a minute")]
        let (asked, rate) = (summary.asked as f64, self.rate as f64);
        assert!(
            asked >= 0.9 * rate * summary.asking_seconds,
            "{asked} logins in {} s are not {rate} a second",
            summary.asking_seconds
        );
        assert_eq!(status.success(), summary.failed == 0, "its exit code");
        summary
    }

    /// Waits for so many more good logins.
    pub fn await_good(&self, more: usize) {
        let wanted = self.good() + more;
        let what = format!("not {more} more good logins:\n{}", self.process.log());
        wait_until(Duration::from_secs(30), &what, || self.good() >= wanted);
    }

    /// Good logins so far, as it says every second.
    fn good(&self) -> usize {
        let log = self.process.log();
        let mut counts = log.lines().rev().filter_map(|line| {
            let (_, rest) = line.split_once(" s: ")?;
            rest.split_once(" good,")?.0.parse().ok()
        });
        counts.next().unwrap_or(0)
    }
}

impl Summary {
    /// Fails when a login failed for another reason than these (the beginning of one is enough); those of
    /// the second list may be `few`.
    pub fn only(&self, reasons: &[&str], at_a_cut: &[&str], few: usize) {
        let is_of = |why: &str, list: &[&str]| list.iter().any(|begin| why.starts_with(begin));
        let mut cut = 0;
        for (why, count) in &self.failures {
            if is_of(why, reasons) {
                continue;
            }
            assert!(is_of(why, at_a_cut), "{count} logins failed with: {why}");
            cut += count;
        }
        assert!(cut <= few, "{cut} logins were cut: {:?}", self.failures);
    }
}
