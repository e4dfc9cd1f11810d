//! The program; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ad_edge::cli::run()
}
