//! The program; everything is in the library.

use std::process::ExitCode;

use ad_edge::clock::Clock;
use mimalloc::MiMalloc;
use zeroizing_alloc::ZeroAlloc;

/// Wipes what is given back. A password passes through buffers of HTTP, TLS and LDAP, which are other
/// people's and wipe nothing.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<MiMalloc> = ZeroAlloc(MiMalloc);

fn main() -> ExitCode {
    ad_edge::cli::run(&Clock::system())
}
