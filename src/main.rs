//! The program; everything is in the library.

use std::{alloc::System, process::ExitCode};

use ad_edge::clock::Clock;
use zeroizing_alloc::ZeroAlloc;

/// Wipes what is given back. A password passes through buffers of HTTP, TLS and LDAP, which are other
/// people's and wipe nothing.
#[global_allocator]
static MEMORY: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    ad_edge::cli::run(&Clock::system())
}
