#!/usr/bin/env bash
# Runs all tests: unit tests, and the integration tests on a domain of their own, which is made in
# a temporary folder on a free loopback address and removed at the end. Runs beside a running demo
# and beside itself. Arguments go to `cargo test`, for instance a test's name:
#
#   tests/run.sh
#   tests/run.sh kerberos
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
echo "+ cargo test --features stand-in,storm $*"
setsid cargo test --features stand-in,storm "$@" &
tests=$!
result=0
wait "$tests" || result=$?

phase "done, cleaning up"
exit "$result"
