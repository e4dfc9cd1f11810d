//! The program; everything is in the library.

use std::process::ExitCode;

use ad_edge::clock::Clock;
use zeroizing_alloc::ZeroAlloc;

/// Where it takes memory from.
#[cfg(not(sanitized))]
type Heap = mimalloc::MiMalloc;
/// What watches the heap watches the C library's (`tests/sanitize.sh`).
#[cfg(sanitized)]
type Heap = std::alloc::System;

/// Wipes what is given back. A password passes through buffers of HTTP, TLS and LDAP, which are other
/// people's and wipe nothing.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<Heap> = ZeroAlloc(Heap {});

fn main() -> ExitCode {
    ad_edge::cli::run(&Clock::system())
}
