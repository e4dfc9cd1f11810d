//! The load: `storm`, as administrators run it.

use std::{collections::BTreeMap, process::Command, time::Duration};

use serde::Deserialize;
use tempfile::TempDir;

use super::namespace::Namespace;
use crate::lab::{Ccache, Lab, process::Running};

/// Logins that are being made; ended by [`Storm::finish`].
#[derive(Debug)]
pub struct Storm {
    process: Running,
    seconds: u64,
    _folder: TempDir,
    _ticket: Ccache,
}

/// What `storm --json` prints.
#[derive(Debug, Deserialize)]
pub struct Summary {
    pub asked: usize,
    pub failed: usize,
    pub longest_gap_ms: f64,
    pub median_ms: f64,
    pub p99_ms: f64,
    pub failures: BTreeMap<String, usize>,
    pub instances: BTreeMap<String, usize>,
}

impl Storm {
    /// `rate` logins a second through the balancer at `port`.
    pub fn start(port: u16, rate: u32, seconds: u64) -> Self {
        let lab = Lab::get();
        let command = Command::new(env!("CARGO_BIN_EXE_storm"));
        let address = format!("{}:{port}", lab.address);
        Self::run(command, &address, rate, seconds, lab.kinit("alice"))
    }

    /// The same on another host, with a ticket that is there already.
    pub fn start_in(
        host: &Namespace,
        address: &str,
        rate: u32,
        seconds: u64,
        ticket: Ccache,
    ) -> Self {
        let command = host.command(env!("CARGO_BIN_EXE_storm"));
        Self::run(command, address, rate, seconds, ticket)
    }

    fn run(mut command: Command, address: &str, rate: u32, seconds: u64, ticket: Ccache) -> Self {
        let lab = Lab::get();
        let folder = TempDir::new().expect("a folder");
        command
            .env("KRB5_CONFIG", lab.krb5_conf())
            .env("KRB5CCNAME", ticket.name())
            .arg("--json")
            .args(["--url", "https://login.corp.example/wsfed"])
            .args(["--connect", address])
            .arg("--ca")
            .arg(lab.ca())
            .args(["--rate", &rate.to_string()])
            .args(["--seconds", &seconds.to_string()]);
        Self {
            process: Running::start(&mut command, &folder.path().join("log")),
            seconds,
            _folder: folder,
            _ticket: ticket,
        }
    }

    /// What became of the logins, once all have ended.
    pub fn finish(mut self) -> Summary {
        self.process
            .wait_exit(Duration::from_secs(self.seconds + 40));
        let log = self.process.log();
        let line = log.lines().find(|line| line.starts_with('{'));
        let line = line.unwrap_or_else(|| panic!("storm gave no summary:\n{log}"));
        serde_json::from_str(line).expect("a summary")
    }
}
