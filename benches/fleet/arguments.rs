//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser};

/// How many instances so many users need.
#[derive(Debug, Parser)]
#[command(name = "fleet-model")]
pub struct Arguments {
    /// Users who sign in, each once; several times for several rows.
    #[arg(long, value_name = "N", default_values_t = [1_000, 10_000, 100_000, 300_000, 1_000_000])]
    pub users: Vec<u64>,
    /// In how many minutes.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=1440))]
    pub minutes: u32,
    /// Longest wait, in seconds, of 99 in a hundred users.
    #[arg(long, default_value_t = 2.0)]
    pub wait: f64,
    #[command(flatten)]
    pub figures: FigureArguments,
    /// Compares measured points with the model in place of the table: lines of a rate, a median in milliseconds and
    /// the busy share of the processors (benches/README.md). Fails when one is more than a fifth away.
    #[arg(long, value_name = "FILE")]
    pub check: Option<PathBuf>,
}

/// What a login takes, of one kind of machine.
#[derive(Debug, Clone, Args)]
pub struct FigureArguments {
    /// Processors of an instance.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=256))]
    pub cpus: u32,
    /// CPU time of a login in an instance, in microseconds.
    #[arg(long, default_value_t = 1200.0)]
    pub cpu: f64,
    /// A lookup at a controller, in microseconds of its time.
    #[arg(long, default_value_t = 700.0)]
    pub lookup: f64,
    /// Lookups of a user's first login at an instance: entry and groups.
    #[arg(long, default_value_t = 2)]
    pub lookups: u32,
    /// Domain controllers.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub controllers: u32,
    /// Lookups that a controller answers at the same time: its processors, or one where it answers a connection's
    /// requests one after the other.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=256))]
    pub at_once: u32,
    /// Network and client, in milliseconds: what a login takes when nobody waits for anybody, beside the above.
    #[arg(long, default_value_t = 3.0)]
    pub elsewhere: f64,
}
