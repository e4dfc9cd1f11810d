#!/usr/bin/env bash
# Fuzzes what reads bytes from outside: libFuzzer, two targets at a time, each for some seconds.
#
#   tests/fuzz/run.sh                        # 5 s each
#   tests/fuzz/run.sh 600 proxy_header       # ten minutes, one target
#   AD_EDGE_FUZZ_KEEP=1 tests/fuzz/run.sh 60 # what reached new code goes into tests/fuzz/corpus
#
# Built on the stable toolchain: the project's own crates with libFuzzer's instrumentation, all else as the tests
# have it. AD_EDGE_FUZZ_LONG builds everything optimised and instrumented, for a long run. AD_EDGE_FUZZ_RUNS ends a
# target after so many executions, or an hour; with AD_EDGE_FUZZ_SEED they are the same each time. What fails is
# written to tests/fuzz/artifacts, and is run again by giving it to the target: target/debug/TARGET FILE.
set -euo pipefail
export LC_NUMERIC=C

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
seconds=${1:-5}
shift || true
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
    for file in "$here"/targets/*.rs; do
        targets+=("$(basename "$file" .rs)")
    done
fi

wanted=()
for target in "${targets[@]}"; do
    wanted+=(--bin "$target")
done
export CARGO_INCREMENTAL=0
build=(cargo build --quiet --locked --manifest-path "$root/Cargo.toml" --package ad-edge-fuzz "${wanted[@]}")
folder=${CARGO_TARGET_DIR:-$root/target}
if [ -n "${AD_EDGE_FUZZ_LONG:-}" ]; then
    host=$(rustc -vV | awk '$1 == "host:" { print $2 }')
    folder=$folder/fuzz
    # The arguments of the other script, for all crates but what builds them.
    flags=$("$here/instrumented.sh" echo)
    # Optimising each target once more as a whole takes minutes for each.
    RUSTFLAGS=$flags CARGO_PROFILE_RELEASE_LTO=off CARGO_TARGET_DIR=$folder "${build[@]}" --release --target "$host"
    built=$folder/$host/release
else
    RUSTC_WORKSPACE_WRAPPER=$here/instrumented.sh "${build[@]}"
    built=$folder/debug
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$here/artifacts"

# one TARGET: its last line says how many executions there were.
one() {
    local target=$1 limit=(-max_total_time="$seconds")
    [ -z "${AD_EDGE_FUZZ_RUNS:-}" ] || limit=(-runs="$AD_EDGE_FUZZ_RUNS" -max_total_time=3600)
    [ -z "${AD_EDGE_FUZZ_SEED:-}" ] || limit+=(-seed="$AD_EDGE_FUZZ_SEED")
    local known=$here/corpus/$target found=$work/$target
    mkdir -p "$known" "$found"
    if ! "$built/$target" "${limit[@]}" -timeout=10 -rss_limit_mb=2048 -max_len=16384 \
        -print_final_stats=1 -verbosity=1 -artifact_prefix="$here/artifacts/$target-" "$found" "$known" \
        >"$work/$target.log" 2>&1; then
        tail -n 40 "$work/$target.log"
        echo "$target FAILED"
        return 1
    fi
    if [ -n "${AD_EDGE_FUZZ_KEEP:-}" ]; then
        mkdir "$work/$target.kept"
        "$built/$target" -merge=1 -max_len=4096 "$work/$target.kept" "$known" "$found" >>"$work/$target.log" 2>&1
        rm -rf "$known"
        mv "$work/$target.kept" "$known"
    fi
    awk -v target="$target" -v inputs="$(find "$known" -type f | wc -l)" '
        /stat::number_of_executed_units/ { runs = $2 }
        /stat::peak_rss_mb/ { rss = $2 }
        /cov: / { for (i = 1; i < NF; i++) if ($i == "cov:") cov = $(i + 1) }
        END { printf "%-20s %12d executions %7d places covered %6d inputs kept %5d MB at most\n", target, runs, cov, inputs, rss }
    ' "$work/$target.log"
}

failed=0
running=()
for target in "${targets[@]}"; do
    one "$target" &
    running+=($!)
    while [ "$(jobs -rp | wc -l)" -ge 2 ]; do
        wait -n || failed=1
    done
done
for each in "${running[@]}"; do
    wait "$each" 2>/dev/null || failed=1
done
exit "$failed"
