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
mod memory;
mod own_child;
mod serve;
mod setup;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Parser, Subcommand};

use self::exit::EXIT_CONFIG;
use crate::{
    clock::Clock,
    config::Settings,
    installation::ExportLayout,
    privileges::{Keeps, PrivilegeError, Standing},
    secret::guard_memory,
};

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
    Check,
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
        /// The file to write, `-` for standard output; by default connector_export_<time>.zip.
        file: Option<PathBuf>,
        /// For version 7 of the legacy connector, which has all under data/.
        #[arg(long)]
        data_layout: bool,
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
    let command = arguments.command.unwrap_or(Command::Serve);
    if let Command::Config(command) = &command
        && !command.is_about_home()
    {
        return config::run(&arguments.home, command);
    }
    match in_home(&arguments.home, clock, command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("ad-edge: {error}");
            ExitCode::from(EXIT_CONFIG)
        }
    }
}

/// Root's rights end before anything in the home folder is read: whoever owns it decides what lies there.
fn in_home(home: &Path, clock: &Clock, command: Command) -> Result<ExitCode, PrivilegeError> {
    let standing = if Settings::of_process(home).uses_files() {
        Standing::before(home)?
    } else {
        Standing::without_home(home)
    };
    let code = match command {
        Command::Serve => {
            serve::say_whose(&standing, home);
            standing.work(Keeps::LowPorts)?;
            serve::run(home, clock)
        }
        Command::Check => {
            standing.work(Keeps::Nothing)?;
            check::run(home, clock)
        }
        Command::Config(command) => {
            standing.work(Keeps::Nothing)?;
            config::run(home, &command)
        }
        Command::Setup(answers) => {
            if let Some(folder) = answers.policies()
                && standing.may_write_as_root(&setup::policies_above(folder))
            {
                return Ok(setup::write_policies_as_root(home, folder));
            }
            let handed = standing.hand(answers.files());
            standing.work(Keeps::Nothing)?;
            setup::run(home, clock, *answers, handed)
        }
        Command::Doctor { json } => {
            let holders = doctor::holders(&standing);
            standing.work(Keeps::LowPorts)?;
            doctor::run(home, clock, json, holders)
        }
        Command::Fleet { json } => {
            standing.work(Keeps::Nothing)?;
            fleet::run(home, clock, json)
        }
        Command::Export { file, data_layout } => {
            let layout = if data_layout {
                ExportLayout::Data
            } else {
                ExportLayout::Usual
            };
            let target = export::Target::of(file, clock);
            if target
                .folder()
                .is_some_and(|at| standing.may_write_as_root(at))
            {
                return Ok(export::run_as_root(home, &target, layout));
            }
            standing.work(Keeps::Nothing)?;
            export::run(home, clock, &target, layout)
        }
        Command::Import { from, dry_run } => {
            let source = import::open(&standing, &from);
            standing.work(Keeps::Nothing)?;
            import::run(home, clock, source, dry_run)
        }
    };
    Ok(code)
}
