#!/usr/bin/env bash
# Looks for memory that is used wrongly or lost: AddressSanitizer and LeakSanitizer on the unit tests and on
# an instance on the lab that meets some hundred logins and refusals of each kind, a
# reload and a drain. Everything is built anew for it, the crates' C code too: some ten minutes.
#
#   tests/sanitize.sh
#   tests/sanitize.sh --test integration kerberos   # instances of other tests, as tests/run.sh takes them
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
host=$(rustc -vV | sed -n 's/^host: //p')
target=${CARGO_TARGET_DIR:-$root/target}/sanitized
export AD_EDGE_ROUNDS=${AD_EDGE_ROUNDS:-40}
# The end of a process tells what it lost; a report ends it with the status 86.
export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:exitcode=86
# What judges a time of less than a second or how much memory is taken: in this build, all is slower and larger.
others=(
    login::attempts::tests::long_names_take_as_little_memory_as_short_ones
    login::attempts::tests::what_is_remembered_of_names_has_a_budget_and_is_shown
    profile::script::tests::a_script_that_keeps_what_it_sees_goes_on
    profile::script::tests::an_engine_that_ran_out_of_memory_is_not_used_again
    profile::script::tests::an_error_says_what_and_where
    profile::script::tests::loops_and_bombs_cost_one_login
)

# sanitized COMMAND...: the sanitizers are no stable option of rustc, but the stable toolchain has all that they
# need. Without capabilities, as tests/run.sh runs what needs no lab.
runner=CARGO_TARGET_$(printf %s "$host" | tr 'a-z-' 'A-Z_')_RUNNER
sanitized() {
    env RUSTC_BOOTSTRAP=1 CARGO_BUILD_TARGET="$host" CARGO_TARGET_DIR="$target" CARGO_INCREMENTAL=0 \
        RUSTFLAGS="-Zsanitizer=address --cfg sanitized -Cforce-frame-pointers=yes" \
        CFLAGS="-fsanitize=address -fno-omit-frame-pointer" \
        "$runner=setpriv --bounding-set=-all --inh-caps=-all --no-new-privs" "$@"
}

sanitized cargo build --features lab --bin ad-edge
export AD_EDGE_PROGRAM=$target/$host/debug/ad-edge
if [ $# -gt 0 ]; then
    exec tests/run.sh "$@"
fi
skip=()
for test in "${others[@]}"; do
    skip+=(--skip "$test")
done
sanitized cargo test --features lab --lib -- "${skip[@]}"
tests/run.sh --test integration whole_life::
