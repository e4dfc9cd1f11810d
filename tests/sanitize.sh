#!/usr/bin/env bash
# Looks for memory that is used wrongly or lost: AddressSanitizer and LeakSanitizer on the unit tests, each a
# process of its own, and on an instance on the lab that meets some hundred logins and refusals of each kind, a
# reload and a drain. Everything is built anew for it, the crates' C code too: some ten minutes.
#
#   tests/sanitize.sh
#   tests/sanitize.sh --test integration kerberos   # instances of other tests, as tests/run.sh takes them
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
host=$(rustc -vV | sed -n 's/^host: //p')
target=${CARGO_TARGET_DIR:-$root/target}/sanitized
export AD_EDGE_ROUNDS=${AD_EDGE_ROUNDS:-100}
# The end of a process tells what it lost; a report ends it with the status 86.
export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:exitcode=86
export LSAN_OPTIONS=print_suppressions=0

# sanitized COMMAND...: the sanitizers are no stable option of rustc, but the stable toolchain has all that they
# need.
sanitized() {
    env RUSTC_BOOTSTRAP=1 CARGO_BUILD_TARGET="$host" CARGO_TARGET_DIR="$target" CARGO_INCREMENTAL=0 \
        RUSTFLAGS="-Zsanitizer=address --cfg sanitized -Cforce-frame-pointers=yes" \
        CFLAGS="-fsanitize=address -fno-omit-frame-pointer" "$@"
}

sanitized cargo build --features lab --bin ad-edge
export AD_EDGE_PROGRAM=$target/$host/debug/ad-edge
if [ $# -gt 0 ]; then
    exec tests/run.sh "$@"
fi
sanitized tests/run.sh --lib
tests/run.sh --test integration whole_life::
