#!/usr/bin/env bash
# Runs all tests: first those that need no lab, without any privilege; then those on a domain of their own,
# which is made in a temporary folder on a free loopback address and removed at the end; at last the faults.
# Runs beside a running demo and beside itself. Ends after AD_EDGE_TEST_MINUTES (60) at the latest.
# Arguments go to `cargo nextest run`, for instance a part of a test's name; `--lib`, `--bins` and `--test`
# choose a stage. More in tests/README.md.
#
#   tests/run.sh
#   tests/run.sh kerberos
#   tests/run.sh --test integration console::
#   tests/run.sh --test faults SIGKILL
#   AD_EDGE_REPORT=deploy/ha-report.md tests/run.sh --test faults
set -euo pipefail
export LC_NUMERIC=C
# A snapshot that differs is a failure and writes nothing, unless that is asked for.
export INSTA_UPDATE=${INSTA_UPDATE:-no}

root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=tests/lab/packages.sh
. "$root/tests/lab/packages.sh"
# shellcheck source=tests/lab/tools.sh
. "$root/tests/lab/tools.sh"
# shellcheck source=tests/lab/process.sh
. "$root/tests/lab/process.sh"
# shellcheck source=tests/lab/domain.sh
. "$root/tests/lab/domain.sh"
# shellcheck source=tests/lab/times.sh
. "$root/tests/lab/times.sh"

# Programs that belong to this lab: all that the tests start inherit its name, which therefore is exported to
# nothing else.
lab_processes() {
    grep --null-data --line-regexp --fixed-strings --files-with-matches \
        "AD_EDGE_LAB=$LAB_STATE" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3 || true
}

# shellcheck disable=SC2317  # wait_until calls it
no_lab_processes() {
    [ -z "$(lab_processes)" ]
}

# What the faults leave behind when they are killed (tests/faults/namespace.rs, resources.rs): hosts and
# cables that bear this lab's id, and file systems in its folder.
# shellcheck disable=SC2317  # the trap calls it
faults_cleanup() {
    local id=${LAB_STATE: -6} host disk
    for host in $(ip netns list | awk -v prefix="ad-edge-$id-" 'index($1, prefix) == 1 { print $1 }'); do
        # The programs in there, and nobody else's.
        ip netns pids "$host" | xargs -r kill -KILL 2>/dev/null || true
        ip netns del "$host" || true
    done
    ip link del "ae$id" 2>/dev/null || true
    for disk in "$LAB_STATE"/disk.*; do
        [ ! -d "$disk" ] || umount -l "$disk" 2>/dev/null || true
    done
}

LAB_STATE=
tests=
# shellcheck disable=SC2317  # the trap calls it
cleanup() {
    trap '' INT TERM
    if [ -n "$tests" ]; then
        # Nextest, which ends its tests before itself.
        kill -TERM -- "-$tests" 2>/dev/null || true
        if ! wait_until 25 "some tests are still there; they are killed" group_gone "$tests"; then
            kill -KILL -- "-$tests" 2>/dev/null || true
        fi
    fi
    if [ -n "$LAB_STATE" ]; then
        faults_cleanup
        # Controllers of a test that was killed (tests/lab/controllers.rs), and whatever else it had.
        local left
        for left in "$LAB_STATE"/pair.*/[12]; do
            [ ! -d "$left" ] || "$root/tests/lab/lab.sh" down "$left" || true
        done
        lab_processes | xargs -r kill -KILL 2>/dev/null || true
        "$root/tests/lab/lab.sh" down "$LAB_STATE" || true
        if [ -n "${AD_EDGE_KEEP:-}" ]; then
            echo "kept: $LAB_STATE (tests/README.md says how to use it)"
        else
            rm -rf "$LAB_STATE"
        fi
    fi
    times_end
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# What is asked for: the stages, and what goes to nextest in each.
stages=() filter=()
choose() {
    case $1 in
    source) stages+=(plain-source) ;;
    integration | faults) stages+=("$1") ;;
    *)
        echo "there is no test binary $1: integration, faults or source" >&2
        exit 64
        ;;
    esac
}
while [ $# -gt 0 ]; do
    case $1 in
    --test)
        choose "${2:-}"
        shift
        ;;
    --test=*) choose "${1#--test=}" ;;
    --lib | --bins) stages+=("plain$1") ;;
    *) filter+=("$1") ;;
    esac
    shift
done
[ ${#stages[@]} -gt 0 ] || stages=(plain integration faults)

times_begin
limit=$((times_began + ${AD_EDGE_TEST_MINUTES:-60} * 60))
result=0 found=
# stage NAME [ENVIRONMENT...] -- WHICH...: runs the tests of some binaries under what was asked for.
stage() {
    local name=$1 environment=() status=0 began
    shift
    while [ "$1" != -- ]; do
        environment+=("$1")
        shift
    done
    shift
    part "the tests: $name"
    began=$(date +%s)
    set -- cargo nextest run --features lab --no-tests fail "$@" "${filter[@]}"
    printf '+ %s\n' "$*"
    setsid timeout --kill-after=60 "$((limit - $(date +%s)))" env "${environment[@]}" "$@" &
    tests=$!
    wait "$tests" || status=$?
    tests=
    case $status in
    0) found=1 ;;
    # No test of these binaries has that name; of others, some may.
    4) return 0 ;;
    124 | 137)
        echo "the tests did not end within ${AD_EDGE_TEST_MINUTES:-60} minutes (AD_EDGE_TEST_MINUTES)" >&2
        exit 1
        ;;
    *)
        found=1
        result=$status
        ;;
    esac
    times_junit "$name" target/nextest/*/junit.xml
    stage_took=$(($(date +%s) - began))
    if ! wait_until 5 "the tests have left programs behind" no_lab_processes; then
        lab_processes | paste -sd, | xargs -r ps -o pid,etime,args -p >&2
        result=1
    fi
}

part "what the tests need"
need_root
need_packages "$LAB_PACKAGES" "$BUILD_PACKAGES" "$TEST_PACKAGES" "$NODE_PACKAGES"
need_cargo
need_cargo_tool nextest "$NEXTEST_VERSION"
cd "$root"
rm -f target/nextest/*/junit.xml
# Short, since the domain controller's sockets have long names under it.
LAB_STATE=$(mktemp -d /tmp/ad-edge-test.XXXXXX)
need_modules "$LAB_STATE/node"

# All of it, or what the chosen stages need.
targets=()
for name in "${stages[@]}"; do
    case $name in
    plain) targets+=(--lib --bins --test source) ;;
    plain-source) targets+=(--test source) ;;
    plain--*) targets+=("${name#plain}") ;;
    *) targets+=(--test "$name") ;;
    esac
done
part "build of the tests"
echo "+ cargo nextest run --features lab --no-run ${targets[*]}"
cargo nextest run --features lab --no-run "${targets[@]}"

# Plain tests need neither root nor a lab: they have no capabilities, so they can do no more than any user.
host=$(rustc -vV | sed -n 's/^host: //p' | tr 'a-z-' 'A-Z_')
plain=(-u AD_EDGE_LAB "CARGO_TARGET_${host}_RUNNER=setpriv --bounding-set=-all --inh-caps=-all --no-new-privs")
domain_is_up=
need_domain() {
    [ -z "$domain_is_up" ] || return 0
    part "the domain"
    echo "+ tests/lab/lab.sh tests $LAB_STATE"
    "$root/tests/lab/lab.sh" tests "$LAB_STATE"
    # shellcheck disable=SC1091
    . "$LAB_STATE/lab.env"
    echo "CORP.EXAMPLE on $LAB_ADDRESS"
    domain_is_up=1
}
for name in "${stages[@]}"; do
    case $name in
    plain) stage "without a lab" "${plain[@]}" -- --lib --bins --test source ;;
    plain-source) stage "without a lab" "${plain[@]}" -- --test source ;;
    plain--*) stage "without a lab" "${plain[@]}" -- "${name#plain}" ;;
    integration)
        need_domain
        stage "on the lab" "AD_EDGE_LAB=$LAB_STATE" -- --profile lab --test integration
        ;;
    faults)
        need_domain
        stage "faults" "AD_EDGE_LAB=$LAB_STATE" -- --profile lab --test faults
        # The report, and the domain as it was.
        AD_EDGE_LAB=$LAB_STATE cargo test --quiet --features lab --test faults -- --finish "${stage_took:-0}" || result=1
        ;;
    esac
done
if [ -z "$found" ]; then
    echo "no test has that in its name: ${filter[*]}" >&2
    result=4
fi
exit "$result"
