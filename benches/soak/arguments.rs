//! The command line.

use std::path::PathBuf;

use clap::Parser;

/// Logins of every kind on three instances behind the balancer, and what they leave in the instances.
#[derive(Debug, Parser)]
#[command(name = "soak")]
pub struct Arguments {
    /// Logins in all.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1000..))]
    pub logins: u64,
    /// Logins begun in a second.
    #[arg(long, default_value_t = 160, value_parser = clap::value_parser!(u32).range(20..=2000))]
    pub rate: u32,
    /// When it ends, whatever number has been reached.
    #[arg(long, default_value_t = 180, value_parser = clap::value_parser!(u64).range(1..=1440))]
    pub minutes: u64,
    /// Where each sample goes, as text.
    #[arg(long, value_name = "FILE", default_value = "target/soak.txt")]
    pub samples: PathBuf,
    /// What cargo gives to every bench.
    #[arg(long, hide = true)]
    bench: bool,
}
