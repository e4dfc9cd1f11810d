//! How many instances a company needs: a simulation of a morning, fed by measured figures.
//!
//! Everybody opens an app within half an hour, most of them about its middle. Instances, their processors and the
//! domain controllers are queues; what they do for a login takes as long as was measured (`benches/run.sh`). At
//! the worst moment an instance dies. Checked against a real instance by `--check` (`benches/README.md`).

mod arguments;
mod check;
mod curve;
mod events;
mod figures;
mod hpa;
mod model;
mod random;
mod table;

use std::process::ExitCode;

use clap::Parser as _;

use self::arguments::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match &arguments.check {
        Some(file) => check::check(&arguments.figures, file),
        None => {
            table::print(&arguments);
            ExitCode::SUCCESS
        }
    }
}
