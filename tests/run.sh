#!/usr/bin/env bash
# Runs all tests: unit tests, and the integration tests on a domain of their own, which is made in
# a temporary folder on a free loopback address and removed at the end. Runs beside a running demo
# and beside itself. Ends after AD_EDGE_TEST_MINUTES (60) at the latest. Arguments go to `cargo test`, for instance a test's name:
#
#   tests/run.sh
#   tests/run.sh kerberos
#   tests/run.sh --test faults SIGKILL
#   AD_EDGE_REPORT=deploy/ha-report.md tests/run.sh --test faults
set -euo pipefail
export LC_NUMERIC=C

root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=tests/lab/packages.sh
. "$root/tests/lab/packages.sh"
# shellcheck source=tests/lab/process.sh
. "$root/tests/lab/process.sh"
# shellcheck source=tests/lab/domain.sh
. "$root/tests/lab/domain.sh"
# shellcheck source=tests/lab/home.sh
. "$root/tests/lab/home.sh"

began=$(date +%s)
phase() {
    printf '\n[%4d s] %s\n' "$(($(date +%s) - began))" "$1"
}

# run COMMAND...: says it, then does it.
run() {
    printf '+ %s\n' "$*"
    "$@"
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

limit=${AD_EDGE_TEST_MINUTES:-60}
LAB_STATE=
tests=
# shellcheck disable=SC2317  # the trap calls it
cleanup() {
    trap '' INT TERM
    if [ -n "$tests" ]; then
        # Cargo, the tests and whatever they started: one group.
        kill -TERM -- "-$tests" 2>/dev/null || true
        if ! wait_until 5 "some tests are still there; they are killed" group_gone "$tests"; then
            kill -KILL -- "-$tests" 2>/dev/null || true
        fi
    fi
    if [ -n "$LAB_STATE" ]; then
        faults_cleanup
        # Controllers of a test that was killed (tests/lab/controllers.rs).
        local left
        for left in "$LAB_STATE"/pair.*/[12]; do
            [ ! -d "$left" ] || "$root/tests/lab/lab.sh" down "$left" || true
        done
        "$root/tests/lab/lab.sh" down "$LAB_STATE" || true
        if [ -n "${AD_EDGE_KEEP:-}" ]; then
            echo "kept: $LAB_STATE"
        else
            rm -rf "$LAB_STATE"
        fi
    fi
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

phase "what the tests need"
need_root
need_packages "$LAB_PACKAGES" "$BUILD_PACKAGES" "$TEST_PACKAGES" "$NODE_PACKAGES"
need_cargo
# Short, since the domain controller's sockets have long names under it.
LAB_STATE=$(mktemp -d /tmp/ad-edge-test.XXXXXX)

phase "xml-crypto, for a second opinion on signatures; playwright-core, to drive Chromium; adm-zip, the incumbent's"
run npm install --silent --no-audit --no-fund --prefix "$LAB_STATE/node" xml-crypto@6 @xmldom/xmldom@0.8 \
    playwright-core@1 adm-zip@0.5

phase "build"
cd "$root"
run cargo test --features stand-in,storm --no-run

phase "the domain"
run "$root/tests/lab/lab.sh" up "$LAB_STATE"
# shellcheck disable=SC1091
. "$LAB_STATE/lab.env"
home_make "$LAB_STATE/home"
echo "CORP.EXAMPLE on $LAB_ADDRESS"

phase "the tests"
export AD_EDGE_LAB=$LAB_STATE
# Then a filter is meant for the faults, and one that matches none of them is a mistake.
case " $* " in *" --test faults "* | *" --test=faults "*) export AD_EDGE_ONLY_FAULTS=1 ;; esac
echo "+ cargo test --features stand-in,storm $*"
setsid timeout --kill-after=30 "${limit}m" cargo test --features stand-in,storm "$@" &
tests=$!
result=0
wait "$tests" || result=$?
if [ "$result" -eq 124 ] || [ "$result" -eq 137 ]; then
    echo "the tests did not end within $limit minutes (AD_EDGE_TEST_MINUTES)" >&2
fi

phase "done, cleaning up"
exit "$result"
