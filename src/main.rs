//! The program; everything is in the library.

use std::process::ExitCode;

use ad_edge::clock::Clock;
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    ad_edge::cli::run(&Clock::system())
}
