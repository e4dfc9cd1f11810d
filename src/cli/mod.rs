//! The commands: what is typed, which exit code comes out. A file per command.

mod check;
mod serve;

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::config::{Config, Home, Invalid, Loaded};

/// Bad usage or configuration (`EX_USAGE` of sysexits).
const EXIT_CONFIG: u8 = 64;

/// The login edge in front of Active Directory.
#[derive(Debug, Parser)]
#[command(name = "ad-edge", version)]
struct Arguments {
    /// The home folder: config.json, certs/, lib/.
    #[arg(
        long,
        global = true,
        env = "AD_EDGE_HOME",
        default_value = ".",
        value_name = "DIR"
    )]
    home: PathBuf,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum Command {
    /// Serve logins until SIGTERM (the default).
    Serve,
    /// Read the configuration only, and say what is wrong with it.
    Check,
}

/// Runs the command of this process's arguments.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Nothing can be done when standard error is closed.
            let _ = error.print();
            return if error.use_stderr() {
                ExitCode::from(EXIT_CONFIG)
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    // Several crates bring a provider; the process uses one.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    match arguments.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run(&arguments.home),
        Command::Check => check::run(&arguments.home),
    }
}

/// Reads the configuration of `home` with this process's environment.
fn load(home: &std::path::Path) -> Result<Loaded, Invalid> {
    let environment: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    Config::load(Home::new(home), &environment)
}

/// Says on standard error why the configuration cannot be used.
fn refuse(home: &std::path::Path, error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("ad-edge: {} ({})", error, home.display());
    ExitCode::from(EXIT_CONFIG)
}
