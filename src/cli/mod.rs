//! The commands: what is typed, which exit code comes out. A file per command.

// First: what it defines is used below it.
#[macro_use]
mod terminal;
mod check;
mod config;
mod doctor;
mod exit;
mod export;
mod fleet;
mod import;
mod serve;
mod setup;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use self::exit::EXIT_CONFIG;
use crate::{clock::Clock, secret::guard_memory};

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

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve logins until SIGTERM (the default).
    Serve,
    /// Read the configuration only, and say what is wrong with it.
    Check {
        /// Print as JSON what the service cannot read, and nothing else: what the doctor asks.
        #[arg(long, hide = true)]
        out_of_reach: bool,
    },
    /// Which keys there are, which values count here, and the schema of config.json.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Set this installation up with the tenant's ticket; running it again is harmless.
    Setup(Box<setup::Answers>),
    /// Look at everything that this installation needs, and say how to correct what is wrong.
    Doctor {
        /// As JSON, for a monitor.
        #[arg(long)]
        json: bool,
    },
    /// Ask all instances of FLEET how they are, and say what differs among them; it changes nothing.
    Fleet {
        /// As JSON, for a monitor.
        #[arg(long)]
        json: bool,
    },
    /// Put this installation into a zip, keys and all: whoever has it can sign anyone in.
    Export {
        /// The file to write; by default connector_export_<time>.zip.
        file: Option<PathBuf>,
    },
    /// Take an installation from a zip, ours or the legacy connector's, or from a folder of the legacy connector.
    Import {
        from: PathBuf,
        /// Say what would be taken, and change nothing.
        #[arg(long)]
        dry_run: bool,
    },
}

/// Runs the command of this process's arguments, by this clock.
#[must_use]
pub fn run(clock: &Clock) -> ExitCode {
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
    if let Err(error) = guard_memory() {
        eprintln!("warning: other programs of this user can read this one's memory: {error}");
    }
    // Several crates bring a provider; the process uses one.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    match arguments.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run(&arguments.home, clock),
        Command::Check { out_of_reach } => check::run(&arguments.home, clock, out_of_reach),
        Command::Config(command) => config::run(&arguments.home, &command),
        Command::Setup(answers) => setup::run(&arguments.home, clock, *answers),
        Command::Doctor { json } => doctor::run(&arguments.home, clock, json),
        Command::Fleet { json } => fleet::run(&arguments.home, clock, json),
        Command::Export { file } => export::run(&arguments.home, clock, file),
        Command::Import { from, dry_run } => import::run(&arguments.home, clock, &from, dry_run),
    }
}
